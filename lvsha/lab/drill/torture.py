"""Kills the engine again and again, at random moments, and starts it again."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lvsha.lab.drill.lives import Life, lives_fact, untouched_fact
from lvsha.lab.drill.pinned import Held
from lvsha.lab.drill.record import Record
from lvsha.lab.drill.scenario import REALS, brief, rows
from lvsha.lab.drill.stage import Stage
from lvsha.lab.drill.traffic import between, tally
from lvsha.lab.drill.verdict import Answering, Row, Window, clients_facts
from lvsha.lab.drill.waiting import PATIENCE, wait_answers

_UP: Final = (0.05, 4.0)
"""Between these many seconds after its start the engine is killed."""

_DOWN: Final = (0.0, 1.5)
"""Between these many seconds after its end it is started again."""

_EVERYBODY: Final = Answering(frozenset(), frozenset(REALS))


@dataclass(frozen=True, slots=True)
class Torture:
    """How often to kill, and the seed of the moments."""

    times: int
    seed: int


def kill9(
    stage: Stage,
    record: Record,
    torture: Torture,
    begins: Callable[[str], None],
    told: Callable[[Row], None],
) -> None:
    """Kill and start the engine, which runs, *times* times, under traffic.

    In the second half real servers fail their checks, and recover, while the engine is
    dead; they go on serving, so that whoever loses a request lost it by the kill.
    """
    chance = random.Random(torture.seed)  # noqa: S311
    held = Held(stage, record)
    weights = dict.fromkeys(REALS, 1)
    calm = torture.times // 2
    halves = (
        (f"{calm} kills, real servers well", calm, False),
        (
            f"{torture.times - calm} kills, real servers failing and recovering",
            torture.times - calm,
            True,
        ),
    )
    started = time.time()
    count = 0
    for event, times, stirring in halves:
        if not times:
            continue
        began = time.time()
        found: list[Life] = []
        for _ in range(times):
            count += 1
            begins(f"kill {count} of {torture.times}")
            wanted = rows(stage.scenario, weights)
            record.pause(chance.uniform(*_UP))
            stage.kill_engine()
            killed = time.time()
            if stirring:
                _stir(stage, weights, chance.choice(REALS))
            record.pause(chance.uniform(*_DOWN))
            found.append(Life(started, killed, time.time(), wanted))
            started = time.time()
            stage.run_engine()
        wanted = rows(stage.scenario, weights)
        record.wait(lambda heard: heard.tables[-1].lines == wanted, PATIENCE)  # noqa: B023
        record.pause(2.5)
        wait_answers(record, time.time(), frozenset())
        ended = time.time()
        found.append(Life(started, ended, ended, wanted))
        window = Window(began, None, ended)
        told(_row(event, window, found, stage, record, held))
    held.end()


def _row(  # noqa: PLR0913, PLR0917
    event: str,
    window: Window,
    found: list[Life],
    stage: Stage,
    record: Record,
    held: Held,
) -> Row:
    heard = record.now()
    equal, longest = lives_fact(heard.tables, found)
    _, lost = clients_facts(heard.requests, window, _EVERYBODY)
    count = tally(between(heard.requests, window.began, window.ended))
    facts = (
        equal,
        untouched_fact(heard.tables, found, lambda lines: brief(stage.scenario, lines)),
        lost,
        held.fact(window),
    )
    return Row(event, facts, longest, count.lost, count.sent)


def _stir(stage: Stage, weights: dict[str, int], name: str) -> None:
    """Make *name* fail its checks, or well again; never both real servers at once."""
    other = next(real for real in REALS if real != name)
    if not weights[name]:
        stage.unmark(name, "unwell")
        weights[name] = 1
    elif weights[other]:
        stage.mark(name, "unwell")
        weights[name] = 0
