"""The checks of a configuration, each run at its own pace.

Equal checks of several virtual services are run once, and the verdict is
given to each of them. What a verdict means is not decided here.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from lvsha.desired import reals
from lvsha.engine.schedule import Timeline, following, scattered, spread, varied
from lvsha.health import Seat
from lvsha.identity import Address, ServiceKey
from lvsha.model import Check, CheckType, RealServer, Verdict, VirtualService


class Checker(Protocol):
    """What runs a check: :class:`lvsha.checks.prober.Prober`, or a script in tests."""

    def start(
        self, check: Check, done: Callable[[Verdict], None]
    ) -> Callable[[], None]:
        """Run *check*, then call *done* once; return what cancels it."""


# Which of a real server's checks a verdict is of: its own, one of the others
# counted from 1, or its agent.
MAIN: Final = 0
AGENT: Final = -1


@dataclass(frozen=True, slots=True)
class Place:
    """A real server in its virtual service: where a verdict counts, and as what."""

    seat: Seat
    virtual: VirtualService
    real: RealServer
    part: int = MAIN


@dataclass(eq=False, slots=True)
class Examination:
    """One check, the places it speaks for, and how far it has come."""

    check: Check
    interval: float
    ordinal: int
    jitter: int = 0
    places: tuple[Place, ...] = ()
    started: float = 0.0
    connects_left: int = 0
    runs: int = 0
    cancel: Callable[[], None] | None = field(default=None, repr=False)


# A verdict, the places it counts for, and when it was heard in the loop's seconds.
Heard = Callable[[tuple[Place, ...], Verdict, float], None]

# What equal checks have in common at least, and is quick to hash.
_Alike = tuple[Address, int | None, float, int]

_ALWAYS_UP = Verdict(passed=True, detail="not checked")


def _plain(check: Check) -> CheckType:
    """Return the kind of *check*, where ``none`` asks nothing of anybody.

    ldirectord's ``checktype = N`` with service ``none`` let a dead server flap
    up and down for ever, its negotiate part never looking; here the connect
    part does all the work.
    """
    if check.service == "none":
        if check.kind is CheckType.NEGOTIATE:
            return CheckType.ON
        if check.kind is CheckType.COMBINED:
            return CheckType.CONNECT
    return check.kind


class Rounds:
    """Runs every check of a configuration when it is due, from an asyncio loop."""

    def __init__(self, checker: Checker, heard: Heard) -> None:
        """Give each verdict to *heard* with the places it counts for."""
        self._checker = checker
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._timeline: Timeline[Examination] = Timeline()
        self._examinations: dict[ServiceKey, list[Examination]] = {}
        self._alike: dict[_Alike, list[Examination]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._count = 0

    def follow(
        self,
        changed: Iterable[VirtualService],
        gone: Iterable[ServiceKey],
        urgent: Iterable[Seat] = (),
    ) -> None:
        """Run the checks of *changed* from now on, and none for *gone*.

        A check that stays the same keeps its pace, unless one of its places is
        *urgent*; new ones run at once.
        """
        changed = tuple(changed)
        starting = not self._count
        # One that speaks for several virtual services is met once for each.
        touched: set[Examination] = set()
        for key in [*gone, *(virtual.key for virtual in changed)]:
            for examination in self._examinations.pop(key, ()):
                examination.places = tuple(
                    place for place in examination.places if place.virtual.key != key
                )
                touched.add(examination)
        now = self._loop.time()
        for virtual in changed:
            for row, real in reals(virtual).items():
                if _plain(real.check) is CheckType.OFF:
                    continue
                delay = virtual.startspread if starting else 0
                self._place(Place((virtual.key, row), virtual, real), now, delay)
                if real.also or real.agent:
                    for place in _others((virtual.key, row), virtual, real):
                        self._place(place, now, delay)
        for examination in touched:
            if not examination.places:
                self._drop(examination)
        self.hasten(urgent)

    def _place(self, place: Place, now: float, delay: float) -> None:
        """Have an examination speak for *place*: one there is, or a new one.

        A new one runs at once, or when it is its turn within *delay* seconds.
        """
        check, interval = _asked(place)
        jitter = place.virtual.jitter
        which = (check.address, check.port, interval, jitter)
        alike = self._alike.setdefault(which, [])
        for examination in alike:
            if examination.check == check:
                break
        else:
            self._count += 1
            examination = Examination(check, interval, self._count, jitter)
            alike.append(examination)
            due = now + scattered(self._count, delay) if delay else now
            self._timeline.set(examination, due)
        examination.places += (place,)
        of_service = self._examinations.setdefault(place.virtual.key, [])
        if examination not in of_service[-1:]:
            of_service.append(examination)

    def hasten(self, seats: Iterable[Seat]) -> None:
        """Check *seats* at once, if they are not being checked already."""
        wanted = frozenset(seats)
        now = self._loop.time()
        for key in {key for key, _ in wanted}:
            for examination in self._examinations.get(key, ()):
                idle = examination.cancel is None
                if idle and wanted & {place.seat for place in examination.places}:
                    self._timeline.set(examination, now)
        self._arm()

    def close(self) -> None:
        """Run nothing any more; verdicts under way are not delivered."""
        for alike in list(self._alike.values()):
            for examination in list(alike):
                self._drop(examination)
        self._examinations.clear()
        self._arm()

    def _drop(self, examination: Examination) -> None:
        check = examination.check
        interval, jitter = examination.interval, examination.jitter
        which = (check.address, check.port, interval, jitter)
        self._alike[which].remove(examination)
        if not self._alike[which]:
            del self._alike[which]
        self._timeline.forget(examination)
        if examination.cancel is not None:
            examination.cancel()
            examination.cancel = None

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        due = self._timeline.next()
        self._timer = None if due is None else self._loop.call_at(due, self._run_due)

    def _run_due(self) -> None:
        now = self._loop.time()
        unasked: list[Examination] = []
        for examination in self._timeline.take(now):
            examination.started = now
            if _plain(examination.check) is CheckType.ON:
                unasked.append(examination)
            else:
                self._ask(examination)
        for examination in unasked:
            self._done(examination, CheckType.ON, _ALWAYS_UP, now)
        self._arm()

    def _ask(self, examination: Examination) -> None:
        check = examination.check
        kind = _plain(check)
        if kind is CheckType.COMBINED:
            connecting = examination.connects_left > 0
            kind = CheckType.CONNECT if connecting else CheckType.NEGOTIATE

        def done(verdict: Verdict) -> None:
            self._done(examination, kind, verdict, self._loop.time())

        asked = check if kind is check.kind else replace(check, kind=kind)
        examination.cancel = self._checker.start(asked, done)

    def _done(
        self, examination: Examination, kind: CheckType, verdict: Verdict, now: float
    ) -> None:
        examination.cancel = None
        examination.runs += 1
        if examination.check.kind is CheckType.COMBINED:
            examination.connects_left = _connects_left(examination, kind, verdict)
        interval = examination.interval
        if examination.jitter:
            ordinal, run = examination.ordinal, examination.runs
            interval = varied(interval, examination.jitter, ordinal, run)
        if examination.runs == 1:
            due = examination.started + spread(examination.ordinal, interval)
        else:
            due = following(examination.started, now, interval)
        self._timeline.set(examination, due)
        if self._timer is None or due < self._timer.when():
            self._arm()
        self._heard(examination.places, verdict, now)


def _others(seat: Seat, virtual: VirtualService, real: RealServer) -> Iterator[Place]:
    """Yield where verdicts of what *real* is asked beside its own check count."""
    for part, _ in enumerate(real.also, MAIN + 1):
        yield Place(seat, virtual, real, part)
    if real.agent is not None:
        yield Place(seat, virtual, real, AGENT)


def _asked(place: Place) -> tuple[Check, float]:
    """Return the check whose verdicts count at *place*, and how often it is made."""
    virtual, real = place.virtual, place.real
    if place.part == AGENT and real.agent is not None:
        return real.agent, virtual.agentinterval
    if place.part > MAIN:
        return real.also[place.part - 1], virtual.checkinterval
    return real.check, virtual.checkinterval


def _connects_left(examination: Examination, kind: CheckType, verdict: Verdict) -> int:
    """Return how many connects may follow before the next negotiate."""
    if not verdict.passed:
        return 0
    if kind is CheckType.NEGOTIATE:
        return examination.check.connects
    return max(0, examination.connects_left - 1)
