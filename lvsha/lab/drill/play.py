"""Plays a scenario: lets things happen under traffic and writes a row for each."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from lvsha.lab.drill.happenings import (
    ANY,
    ANY_OF_BOTH,
    BEFORE_EDITS,
    JOINED,
    WITH_JOINED,
    Happening,
    Pair,
    busiest,
)
from lvsha.lab.drill.pinned import Held, Pinned
from lvsha.lab.drill.record import Record
from lvsha.lab.drill.scenario import (
    JOINING,
    REALS,
    brief,
    configuration,
    mistaken,
    rows,
)
from lvsha.lab.drill.stage import Stage
from lvsha.lab.drill.traffic import between, tally
from lvsha.lab.drill.verdict import (
    Answering,
    Fact,
    Row,
    Window,
    clients_facts,
    table_fact,
)
from lvsha.lab.drill.waiting import (
    wait_answers,
    wait_log,
    wait_ready,
    wait_table,
)
from lvsha.lab.errors import LabError

_UNTOUCHED: Final = 2.0
"""Seconds to look on while nothing may happen."""


class Play:
    """One scenario on its stage; each row is told as soon as it is known."""

    def __init__(
        self,
        stage: Stage,
        record: Record,
        begins: Callable[[str], None],
        told: Callable[[Row], None],
    ) -> None:
        """Say what *begins* and tell each row to *told*."""
        self._stage = stage
        self._scenario = stage.scenario
        self._record = record
        self._begins = begins
        self._told = told
        self._pair = Pair(*REALS)

    def whole(self) -> None:
        """Let everything happen, in order."""
        self.opening()
        for happening in BEFORE_EDITS:
            self.happen(happening)
        held = Held(self._stage, self._record)
        self.wrong_edit(held)
        self.right_edit(held)
        self.engine_killed(held)
        held.end()
        self._stage.hush()

    def opening(self) -> None:
        """Start the engine, then the traffic."""
        self.engine_starts()
        self._stage.traffic()
        wait_answers(self._record, time.time(), ANY_OF_BOTH.wanted)

    def engine_starts(self) -> None:
        """Start the engine: the table must be right before there is any traffic."""
        began = self._begin("the engine starts")
        self._stage.run_engine()
        wanted = rows(self._scenario, dict.fromkeys(REALS, 1))
        reacted = wait_table(self._record, wanted, began)
        ready = wait_ready(self._record, began)
        self._row(
            "the engine starts",
            (self._table_fact(wanted), _ready_fact(ready)),
            Window(began, reacted, time.time()),
        )

    def happen(self, happening: Happening) -> None:
        """Let one thing happen to the real servers and see what comes of it."""
        began = self._begin(happening.event)
        if happening.picks:
            self._pair = busiest(self._record.now().requests)
        pair = self._pair
        pinned = None
        if happening.pinned:
            pinned = Pinned(self._stage, self._record, pair)
            began = time.time()
        happening.act(self._stage, pair)
        weights = happening.wanted(pair)
        wanted = rows(self._scenario, weights, fallback=happening.fallback)
        answering = happening.answering(pair)
        reacted = wait_table(self._record, wanted, began)
        wait_answers(self._record, reacted or time.time(), answering.wanted)
        extra = pinned.facts(reacted) if pinned else ()
        window = Window(began, reacted, time.time())
        facts = (
            self._table_fact(wanted),
            *self._clients(window, answering),
            *extra,
        )
        self._row(happening.event, facts, window)

    def wrong_edit(self, held: Held) -> None:
        """Spoil the file: an error with its line is logged, nothing else happens."""
        event = "the file is edited wrongly"
        began = self._begin(event)
        text, line = mistaken(self._scenario)
        self._stage.write(text)
        reacted = wait_log(self._record, began, f"at line {line}:", "Error")
        self._record.pause(_UNTOUCHED)
        wait_answers(self._record, reacted or time.time(), ANY_OF_BOTH.wanted)
        window = Window(began, reacted, time.time())
        words = f"error with line {line} logged"
        facts = (
            Fact(words, words if reacted else "no such line logged", bool(reacted)),
            self._untouched(dict.fromkeys(REALS, 1), began),
            *self._clients(window, ANY_OF_BOTH),
            held.fact(window),
        )
        self._row(event, facts, window)

    def right_edit(self, held: Held) -> None:
        """Mend the file: the third real server joins."""
        event = "the file is edited rightly"
        began = self._begin(event)
        self._stage.write(configuration(self._scenario, (*REALS, JOINING)))
        wanted = rows(self._scenario, JOINED)
        reacted = wait_table(self._record, wanted, began)
        wait_answers(self._record, reacted or time.time(), WITH_JOINED.wanted)
        window = Window(began, reacted, time.time())
        facts = (
            self._table_fact(wanted),
            *self._clients(window, WITH_JOINED),
            held.fact(window),
        )
        self._row(event, facts, window)

    def engine_killed(self, held: Held) -> None:
        """Kill the engine and start it again: nobody but its log may notice."""
        event = "kill -9 of the engine, and start"
        began = self._begin(event)
        self._stage.kill_engine()
        self._record.pause(_UNTOUCHED)
        started = time.time()
        self._stage.run_engine()
        ready = wait_ready(self._record, started)
        self._record.pause(_UNTOUCHED)
        wait_answers(self._record, ready or time.time(), ANY.wanted)
        window = Window(began, ready, time.time())
        facts = (
            self._untouched(JOINED, began),
            _ready_fact(ready),
            *self._clients(window, ANY),
            held.fact(window),
        )
        shown = Window(started, ready, window.ended)
        self._row(event, facts, shown, counted=window)

    # -- within ----------------------------------------------------------

    def _begin(self, event: str) -> float:
        self._begins(event)
        return time.time()

    def _row(
        self,
        event: str,
        facts: tuple[Fact, ...],
        window: Window,
        counted: Window | None = None,
    ) -> None:
        during = counted or window
        count = tally(between(self._record.now().requests, during.began, during.ended))
        seconds = None if window.reacted is None else window.reacted - window.began
        self._told(Row(event, facts, seconds, count.lost, count.sent))
        if not self._stage.engine_alive():
            raise LabError("director: the engine has died, see engine.log")

    def _clients(self, window: Window, answering: Answering) -> tuple[Fact, ...]:
        return clients_facts(self._record.now().requests, window, answering)

    def _table_fact(self, wanted: frozenset[str]) -> Fact:
        found = frozenset(self._stage.table())
        return table_fact(
            brief(self._scenario, wanted),
            brief(self._scenario, found),
            equal=found == wanted,
        )

    def _untouched(self, weights: Mapping[str, int], since: float) -> Fact:
        wanted = rows(self._scenario, weights)
        now = self._table_fact(wanted)
        changes = [one for one in self._record.now().tables if one.at >= since]
        expected = f"table untouched: {brief(self._scenario, wanted)}"
        if now.good and not changes:
            return Fact(expected, "table untouched", good=True)
        between_times = ", then ".join(
            brief(self._scenario, one.lines) for one in changes
        )
        return Fact(expected, f"table changed: {between_times or now.seen}", good=False)


def _ready_fact(ready: float | None) -> Fact:
    words = "engine ready"
    return Fact(words, words if ready else "engine not ready", ready is not None)
