"""``lvsha drill``: shows in the lab how a director behaves when things go wrong."""

import json
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

from lvsha.cli import cluster_drill
from lvsha.cli.exits import Exit
from lvsha.cli.vagrant_drill import Place, standing
from lvsha.cli.watching import Watching
from lvsha.lab import image
from lvsha.lab.drill.report import summary, text, to_json
from lvsha.lab.drill.run import KILL9, Options
from lvsha.lab.drill.run import drill as run_drills
from lvsha.lab.drill.scenario import SCENARIOS
from lvsha.lab.drill.verdict import Outcome
from lvsha.lab.errors import LabError

_ALL = "all"
_EMBEDDED = "embedded"
_VAGRANT = "vagrant"
_WIDTH = 120  # of the tables where no terminal says what fits
_KILL9 = "kill -9 of the engine, again and again at random moments (not in 'all')"
_EPILOG = """\b
Examples:
  lvsha drill                     every scenario: a few minutes
  lvsha drill gate                direct routing alone: about a minute
  lvsha drill kill9 --times 50    only kill the engine, but often
  lvsha drill power-cut           two directors in a cluster, both stacks
  lvsha drill all --stack warm    all failovers on one stack
  lvsha drill soak --seed 7       fifty random faults in a row, on the warm stack
  lvsha drill --lab vagrant move  on the machines that 'vagrant up' has made
\b
Exit status:
  0    every row is as expected
  1    one is not, or a scenario could not be played; the logs are kept
  2    the command line is wrong
"""


@click.command(epilog=_EPILOG)
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@click.option("--list", "listing", is_flag=True, help="List the scenarios and end.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the result there, too ('-' for standard output).",
)
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the report and logs.  [default: reports/drill-DATE-TIME]",
)
@click.option("--keep", is_flag=True, help="Keep the logs when all is well, too.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 8),
    default=2,
    show_default=True,
    help="Scenarios at a time, each in a lab of its own.",
)
@click.option(
    "--times",
    type=click.IntRange(2, 10000),
    default=50,
    show_default=True,
    help="How often kill9 kills, how many faults soak has.",
)
@click.option(
    "--runs",
    type=click.IntRange(1, 100),
    default=1,
    show_default=True,
    help="How often each drill of a cluster is played; medians are shown.",
)
@click.option(
    "--seed",
    type=int,
    help="The seed of kill9's moments and soak's faults.  [default: by the clock]",
)
@click.option(
    "--lab",
    "where",
    type=click.Choice([_EMBEDDED, _VAGRANT]),
    default=_EMBEDDED,
    show_default=True,
    help="Where directors of a cluster run: in a lab of the drill's own, or on the "
    "machines that 'vagrant up' has made.",
)
@click.option(
    "--stack",
    "--topology",
    "stacks",
    multiple=True,
    type=click.Choice(cluster_drill.STACK_NAMES),
    help="What directors of a cluster run; several are shown side by side."
    "  [default: classic, warm; for soak: warm]",
)
def drill(  # noqa: PLR0913, PLR0917 - a parameter an option
    scenarios: tuple[str, ...],
    listing: bool,
    json_file: Path | None,
    report: Path | None,
    keep: bool,
    jobs: int,
    times: int,
    runs: int,
    seed: int | None,
    where: str,
    stacks: tuple[str, ...],
) -> None:
    """Watch a director work while things go wrong, in the lab.

    Each SCENARIO boots a client, a director with the engine of this very checkout and
    three real servers, all with kernels of their own. Under steady traffic real
    servers stop, start, say nonsense and hang, the configuration is edited wrongly
    and rightly, and the engine is killed. Each of these is a row: what was expected of
    the kernel's table and of the clients' answers, what was seen, how long the
    director took to react, and how many requests were lost.

    Failovers are drills, too: each --stack has a lab of two directors under six kinds
    of clients, and something happens to the active one. 'soak' lets many things happen
    in a row, and looks at what they leave on the directors.

    Without SCENARIO, or with 'all', all but kill9 are played. The lab needs no root,
    only its image: see 'lvsha lab build'.
    """
    if listing:
        for name, scenario in SCENARIOS.items():
            click.echo(f"{name:<8} {scenario.summary}")
        click.echo(f"{KILL9:<8} {_KILL9}")
        click.echo("drills of a cluster (not in 'all'):")
        for line in cluster_drill.listing():
            click.echo(line)
        return
    seed = int(time.time()) if seed is None else seed
    folder = report or Path("reports") / time.strftime("drill-%Y%m%d-%H%M%S")
    clustered = scenarios and set(scenarios) <= set(cluster_drill.known())
    if stacks or clustered or where == _VAGRANT:
        words = _failovers(scenarios)
        place = (
            standing(words, stacks, all_of_them=cluster_drill.CLUSTER)
            if where == _VAGRANT
            else Place(words, stacks, _image())
        )
        cluster_drill.failovers(
            cluster_drill.Wanted(
                words=place.words,
                stacks=place.stacks,
                folder=folder,
                json_file=json_file,
                grounds=place.grounds,
                cancelled=_cancelled_by_sigterm(),
                times=times,
                seed=seed,
                runs=runs,
                known=place.known,
            )
        )
    names = _names(scenarios)
    console = Console(stderr=str(json_file) == "-")
    if not console.is_terminal:
        console.width = _WIDTH
    if KILL9 in names:
        console.print(f"kill9: {times} kills, seed {seed}", highlight=False)
    with Watching(console) as watching:
        options = Options(
            folder=folder,
            image=_image(),
            jobs=jobs,
            times=times,
            seed=seed,
            tell=watching.tell,
            cancelled=_cancelled_by_sigterm(),
        )
        outcomes = run_drills(names, options)
    _write(outcomes, folder, json_file)
    good = all(outcome.good for outcome in outcomes)
    console.print(summary(outcomes), highlight=False, soft_wrap=True)
    if good and not keep:
        for name in names:
            shutil.rmtree(folder / name, ignore_errors=True)
    logs = "" if good and not keep else f", logs in {folder}/<scenario>/"
    console.print(f"report: {folder}/report.txt{logs}", highlight=False, soft_wrap=True)
    sys.exit(Exit.DONE if good else Exit.FAILED)


def _failovers(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return *words*, which must be drills of a cluster; all of them by default."""
    known = cluster_drill.known()
    words = tuple(cluster_drill.CLUSTER if word == _ALL else word for word in words)
    for word in words:
        if word not in known:
            raise click.UsageError(
                f"no drill of a cluster {word!r}; there are: {', '.join(known)}"
            )
    if cluster_drill.SOAK in words and len(words) > 1:
        raise click.UsageError("a soak is played without other drills")
    return words or (cluster_drill.CLUSTER,)


def _names(words: tuple[str, ...]) -> list[str]:
    """Return the scenarios *words* name, each once, in their order."""
    known = [*SCENARIOS, KILL9]
    if set(words) & set(cluster_drill.known()):
        raise click.UsageError("drills of a cluster are played without other scenarios")
    found: list[str] = []
    for word in words or (_ALL,):
        if word != _ALL and word not in known:
            raise click.UsageError(
                f"no scenario {word!r}; there are: {', '.join(known)}, {_ALL}"
            )
        found += SCENARIOS if word == _ALL else [word]
    return list(dict.fromkeys(found))


def _image() -> image.Image:
    try:
        return image.find()
    except LabError as error:
        raise click.ClickException(str(error)) from error


def _cancelled_by_sigterm() -> threading.Event:
    """Return an event that is set when the drill is asked to end."""
    cancelled = threading.Event()

    def end(number: int, _frame: FrameType | None) -> None:
        cancelled.set()
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, end)
    return cancelled


def _write(outcomes: list[Outcome], folder: Path, json_file: Path | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.txt").write_text(text(outcomes))
    words = json.dumps(to_json(outcomes), indent=2) + "\n"
    (folder / "report.json").write_text(words)
    if json_file is not None:
        with click.open_file(str(json_file), "w") as stream:
            stream.write(words)
