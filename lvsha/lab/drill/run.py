"""Runs drills: a lab a scenario, from the first boot to the last row."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lvsha.lab.drill.machines import machines
from lvsha.lab.drill.play import Play
from lvsha.lab.drill.record import Cancelled, Record
from lvsha.lab.drill.scenario import SCENARIOS
from lvsha.lab.drill.stage import Stage
from lvsha.lab.drill.torture import Torture, kill9
from lvsha.lab.drill.verdict import Outcome, Row
from lvsha.lab.errors import LabError
from lvsha.lab.image import Image
from lvsha.lab.lab import Lab

KILL9: Final = "kill9"
"""The scenario that kills the engine again and again; not part of ``all``."""

_BOOT: Final = 120.0


@dataclass(frozen=True, slots=True)
class News:
    """What goes on: *event* of *scenario* begins, or has led to *row*."""

    scenario: str
    event: str
    row: Row | None = None
    outcome: Outcome | None = None


Tell = Callable[[News], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How drills are run: where their logs go, from what, how often, who may stop them.

    *times* and *seed* are for ``kill9``.
    """

    folder: Path
    image: Image
    jobs: int = 1
    times: int = 50
    seed: int = 1
    tell: Tell = lambda _news: None
    cancelled: threading.Event = field(default_factory=threading.Event)


def drill(names: Sequence[str], options: Options) -> list[Outcome]:
    """Run the scenarios *names*, *jobs* at a time; return what became of each."""
    with ThreadPoolExecutor(options.jobs, "drill") as threads:
        running = [threads.submit(one, name, options) for name in names]
        try:
            return [future.result() for future in running]
        except BaseException:
            options.cancelled.set()
            raise


def one(name: str, options: Options) -> Outcome:
    """Run the scenario *name* in a lab of its own."""
    began = time.monotonic()
    folder = options.folder / name
    folder.mkdir(parents=True, exist_ok=True)
    found: list[Row] = []
    table: tuple[str, ...] = ()
    broken = ""

    def begins(event: str) -> None:
        options.tell(News(name, event))

    def told(row: Row) -> None:
        found.append(row)
        options.tell(News(name, row.event, row))

    scenario = SCENARIOS["gate" if name == KILL9 else name]
    record = Record(folder, options.cancelled)
    try:
        begins("boot")
        with Lab(folder, machines(scenario), image=options.image) as lab:
            lab.up(seconds=_BOOT)
            begins("prepare")
            stage = Stage(lab, scenario, record)
            stage.prepare()
            play = Play(stage, record, begins, told)
            try:
                if name == KILL9:
                    play.opening()
                    told_how = Torture(options.times, options.seed)
                    kill9(stage, record, told_how, begins, told)
                    stage.hush()
                else:
                    play.whole()
            finally:
                if lab.node("director").alive:
                    table = stage.table()
                    (folder / "connections.txt").write_text(stage.numbers())
    except LabError as error:
        broken = str(error)
        if isinstance(error, Cancelled):
            raise
    outcome = Outcome(
        name,
        tuple(found),
        table=table,
        seconds=time.monotonic() - began,
        broken=broken,
    )
    options.tell(News(name, "", outcome=outcome))
    return outcome
