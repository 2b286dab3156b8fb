"""``lvsha drill`` with names of cluster drills: failovers, stacks side by side."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console

from lvsha import VERSION
from lvsha.cli.cluster_watching import ClusterWatching
from lvsha.cli.exits import Exit
from lvsha.lab.cluster.faults import EVERY, FAULTS, played_on
from lvsha.lab.cluster.grounds import Grounds
from lvsha.lab.cluster.outcome import Outcome, brief
from lvsha.lab.cluster.page import page
from lvsha.lab.cluster.play import Play
from lvsha.lab.cluster.report import summary, table, text, to_json
from lvsha.lab.cluster.soak import Soak, soak, told
from lvsha.lab.cluster.stacks import STACKS, Stack
from lvsha.lab.errors import LabError

STACK_NAMES = tuple(STACKS)
BESIDE = ("classic", "warm")
"""The stacks that are shown side by side when none is named."""

SOAKED = ("warm",)
"""The stack that is soaked when none is named."""

CLUSTER = "cluster"
"""The word for all drills of a cluster."""

SOAK = "soak"
"""The word for many faults in a row."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    words: Sequence[str]
    stacks: Sequence[str]
    folder: Path
    json_file: Path | None
    grounds: Grounds
    cancelled: threading.Event
    times: int
    seed: int
    runs: int = 1
    known: Mapping[str, Stack] = field(default_factory=lambda: STACKS)
    """What the names of stacks stand for, on these grounds."""


def known() -> list[str]:
    """Return the names of the drills of a cluster."""
    return [*FAULTS, CLUSTER, SOAK]


def listing() -> list[str]:
    """Return a line for each drill of a cluster, with the stacks it is only for."""
    lines = [
        f"{name:<16} {fault.summary}"
        + ("" if fault.stacks == EVERY else f" ({', '.join(sorted(fault.stacks))})")
        for name, fault in FAULTS.items()
    ]
    return [
        *lines,
        f"{CLUSTER:<16} all failovers, on each --stack; so is 'all' with --stack",
        f"{SOAK:<16} --times random faults in a row, and a look at what they leave",
    ]


def failovers(wanted: Wanted) -> NoReturn:
    """Play the drills on each of the stacks; report and end the program."""
    console = Console(stderr=str(wanted.json_file) == "-")
    if SOAK in wanted.words:
        _soaked(wanted, console)
    found: list[Outcome] = []
    with ClusterWatching(console) as watching:
        for stack in wanted.stacks or BESIDE:
            found += _on(stack, wanted, watching)
    console.print(table(found))
    console.print(summary(found), highlight=False, soft_wrap=True)
    _write(wanted, "report", text(found), to_json(found))
    (wanted.folder / "report.html").write_text(page(found, _conditions(wanted)))
    console.print(
        f"report: {wanted.folder}/report.html and .txt, logs beside them",
        highlight=False,
    )
    good = bool(found) and all(one.good for one in found)
    sys.exit(Exit.DONE if good else Exit.FAILED)


def _on(stack: str, wanted: Wanted, watching: ClusterWatching) -> list[Outcome]:
    """Play what can be played on *stack*, in a lab of its own."""
    names = [
        name
        for word in wanted.words
        for name in (FAULTS if word == CLUSTER else [word])
        if stack in FAULTS[name].stacks
    ]
    names = list(dict.fromkeys(names))
    if not names:
        watching.tell(f"{stack}: none of these drills can be played on it")
        return []
    found: list[Outcome] = []
    try:
        with Play(
            wanted.known[stack],
            wanted.folder / stack,
            wanted.grounds,
            watching.tell,
            wanted.cancelled,
        ) as play:
            watching.progress = play.progress
            for number, name in enumerate(names * wanted.runs):
                again = number // len(names)
                title = f"{name}-{again + 1}" if again else name
                found.append(play.fault(FAULTS[name], title))
                watching.tell(f"{stack}: {brief(found[-1])}")
    except LabError as error:
        played = {one.drill for one in found}
        found += [
            Outcome(name, stack, problems=(str(error),))
            for name in names
            if name not in played
        ]
    finally:
        watching.progress = str
    return found


def _conditions(wanted: Wanted) -> dict[str, str]:
    """Return what a reader must know to compare this run with another."""
    load = os.getloadavg()[2]
    return {
        "Played": time.strftime("%Y-%m-%d %H:%M %Z"),
        "Version": f"lvsha {VERSION}",
        "Machine": f"{os.cpu_count()} processors, shared by all nodes of a lab and all "
        f"else on it; {load:.1f} programs wanted one, on average",
        "Nodes": "two directors, two real servers and a client, each with a kernel",
        "Runs": f"{wanted.runs} of each drill on each stack, one stack after the other",
    }


def _soaked(wanted: Wanted, console: Console) -> NoReturn:
    """Soak the first stack; report and end the program."""
    stack = STACKS[(*wanted.stacks, *SOAKED)[0]]
    if not played_on(stack.name):
        raise click.UsageError(f"nothing can be soaked on {stack.name}")
    with ClusterWatching(console) as watching:
        watching.tell(
            f"soak: {wanted.times} faults on {stack.name}, seed {wanted.seed}"
        )

        def follow(progress: Callable[[], str]) -> None:
            watching.progress = progress

        found: Soak = soak(
            stack,
            (wanted.times, wanted.seed),
            (wanted.folder / stack.name, wanted.grounds),
            watching.tell,
            wanted.cancelled,
            follow,
        )
    console.print(told(found), highlight=False, soft_wrap=True, markup=False)
    _write(wanted, "soak", told(found) + "\n", found.to_json())
    sys.exit(Exit.DONE if found.good else Exit.FAILED)


def _write(wanted: Wanted, name: str, words: str, data: object) -> None:
    wanted.folder.mkdir(parents=True, exist_ok=True)
    (wanted.folder / f"{name}.txt").write_text(words)
    said = json.dumps(data, indent=2) + "\n"
    (wanted.folder / f"{name}.json").write_text(said)
    if wanted.json_file is not None:
        with click.open_file(str(wanted.json_file), "w") as stream:
            stream.write(said)
