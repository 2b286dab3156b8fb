"""``lvsha drill`` with names of cluster drills: failovers, stacks side by side."""

import json
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from lvsha.cli.exits import Exit
from lvsha.lab.cluster.faults import FAULTS
from lvsha.lab.cluster.outcome import Outcome
from lvsha.lab.cluster.play import Play
from lvsha.lab.cluster.report import summary, table, text, to_json
from lvsha.lab.cluster.stacks import STACKS
from lvsha.lab.errors import LabError
from lvsha.lab.image import Image

STACK_NAMES = tuple(STACKS)
BESIDE = ("classic", "warm")
"""The stacks that are shown side by side when none is named."""

CLUSTER = "cluster"
"""The word for all drills of a cluster."""


def known() -> list[str]:
    """Return the names of the drills of a cluster."""
    return [*FAULTS, CLUSTER]


def listing() -> list[str]:
    """Return a line for each drill of a cluster."""
    lines = [f"{name:<16} {fault.summary}" for name, fault in FAULTS.items()]
    return [*lines, f"{CLUSTER:<16} all failovers, on each --stack"]


def failovers(  # noqa: PLR0913, PLR0917 - the command line's own words
    words: Sequence[str],
    stacks: Sequence[str],
    folder: Path,
    image: Image,
    json_file: Path | None,
    cancelled: threading.Event,
) -> None:
    """Play the drills *words* on each of *stacks*; report and end the program."""
    names = [n for word in words for n in (FAULTS if word == CLUSTER else [word])]
    console = Console(stderr=str(json_file) == "-")
    found: list[Outcome] = []
    for stack in stacks:
        found += _on(stack, list(dict.fromkeys(names)), folder, image, cancelled)
    console.print(table(found))
    console.print(summary(found), highlight=False, soft_wrap=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.txt").write_text(text(found))
    said = json.dumps(to_json(found), indent=2) + "\n"
    (folder / "report.json").write_text(said)
    if json_file is not None:
        with click.open_file(str(json_file), "w") as stream:
            stream.write(said)
    console.print(f"report: {folder}/report.txt, logs beside it", highlight=False)
    good = bool(found) and all(one.good for one in found)
    sys.exit(Exit.DONE if good else Exit.FAILED)


def _on(
    stack: str,
    names: Sequence[str],
    folder: Path,
    image: Image,
    cancelled: threading.Event,
) -> list[Outcome]:
    """Play the drills *names* on *stack*, in a lab of its own."""

    def tell(news: str) -> None:
        click.echo(news, err=True)

    try:
        with Play(STACKS[stack], folder / stack, image, tell, cancelled) as play:
            return [play.fault(FAULTS[name]) for name in names if _fits(name, stack)]
    except LabError as error:
        return [Outcome(name, stack, problems=(str(error),)) for name in names]


def _fits(name: str, stack: str) -> bool:
    return stack in FAULTS[name].stacks
