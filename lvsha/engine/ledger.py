"""What we hold of every real server, and what each verdict changes. Pure state.

The ledger is told what happened and answers with events; it touches nothing
and knows no time but the one it is given.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from lvsha.desired import adopted, counted, last_resort, panicking, reals
from lvsha.engine.allowance import Allowances
from lvsha.engine.narrate import by_key
from lvsha.engine.rounds import AGENT, MAIN, Place
from lvsha.events import (
    Advised,
    Checked,
    Event,
    FailuresForgotten,
    LastResort,
    Panicked,
    SoftFailure,
    StandingChanged,
)
from lvsha.health import (
    UNCHECKED,
    Health,
    Seat,
    Standing,
    combined,
    judged,
    maintained,
)
from lvsha.identity import Endpoint, ServiceKey
from lvsha.ipvs.table import Table
from lvsha.model import (
    Check,
    CheckMode,
    CheckType,
    Configuration,
    RealServer,
    Verdict,
    VirtualService,
)

# What monitor files say whatever a server in maintenance answers.
_MAINTAINED: Final = Verdict(passed=False, detail="Server in maintenance")


@dataclass(frozen=True, slots=True)
class Heard:
    """A verdict and when it was heard, in the loop's seconds."""

    verdict: Verdict
    at: float


@dataclass(frozen=True, slots=True)
class Turn:
    """From one configuration to the next: what is new or changed, what is gone."""

    configuration: Configuration
    changed: tuple[VirtualService, ...]
    gone: frozenset[ServiceKey]

    @property
    def keys(self) -> frozenset[ServiceKey]:
        """The virtual services to look at."""
        return self.gone | {virtual.key for virtual in self.changed}


class Ledger:
    """The health of every seat of one configuration."""

    def __init__(self) -> None:
        """Begin with no configuration and nothing known."""
        self.configuration = Configuration()
        self.virtuals: dict[ServiceKey, VirtualService] = {}
        self.rows: dict[ServiceKey, dict[Endpoint, RealServer]] = {}
        self.health: dict[Seat, Health] = {}
        self.last: dict[Seat, Heard] = {}
        self.allowances = Allowances()
        # Of servers with several checks: what we hold of each of them.
        self.parts: dict[Seat, list[Health]] = {}
        self._desperate: dict[ServiceKey, bool] = {}
        self._panicking: set[ServiceKey] = set()
        self._waiting: set[Seat] = set()

    def turn(self, configuration: Configuration) -> Turn:
        """Return what differs in *configuration* from the one before."""
        before, after = self.virtuals, by_key(configuration)
        changed = tuple(
            virtual
            for key, virtual in after.items()
            if (old := before.get(key)) is not virtual and old != virtual
        )
        return Turn(configuration, changed, frozenset(before.keys() - after.keys()))

    def follow(self, turn: Turn, actual: Table) -> None:
        """Make the *turn*.

        A seat whose check did not change keeps its health. Of the others those
        with weight in *actual* count as up until their check says otherwise.
        """
        left = [self.virtuals[key] for key in turn.keys if key in self.virtuals]
        checks = _checks(left)
        known = {seat: self.health.pop(seat) for seat in checks}
        divided = {seat: self.parts.pop(seat) for seat in checks if seat in self.parts}
        vouched = adopted(Configuration(virtuals=turn.changed), actual)
        for seat, asked in _checks(turn.changed).items():
            if checks.get(seat) == asked:
                self.health[seat] = known[seat]
                if seat in divided:
                    self.parts[seat] = divided[seat]
            else:
                held = vouched.get(seat, UNCHECKED)
                self.last.pop(seat, None)
                if asked.also:
                    self.parts[seat] = [held] * (1 + len(asked.also))
                self.allowances.end(seat)
                if seat in checks and checks[seat].agent != asked.agent:
                    self.allowances.forget((seat,))
                self.health[seat] = self.allowances.applied(seat, held, 0.0)
        for seat in known.keys() - self.health.keys():
            self.last.pop(seat, None)
            self.allowances.forget((seat,))
        for key in turn.gone:
            self._desperate.pop(key, None)
            self._panicking.discard(key)
            del self.rows[key]
        for virtual in turn.changed:
            self.rows[virtual.key] = reals(virtual)
        self.configuration = turn.configuration
        self.virtuals = by_key(turn.configuration)
        self._waiting = {
            seat
            for seat, held in self.health.items()
            if held.standing is Standing.UNKNOWN
            and self.virtuals[seat[0]].checktype is not CheckType.OFF
        }

    def down(self) -> frozenset[Seat]:
        """Return the seats that are not up."""
        return frozenset(seat for seat, held in self.health.items() if not held.up)

    def heard(self, place: Place, verdict: Verdict, at: float) -> list[Event]:
        """Return what *verdict* changes at *place*."""
        seat, virtual, server = place.seat, place.virtual, place.real.endpoint
        if place.part == AGENT:
            return self._advised(place, verdict, at)
        before = self.health.get(seat)
        if before is None:
            self._waiting.discard(seat)
            return []
        if before.maintenance:
            self._waiting.discard(seat)
            return [Checked(virtual, place.real, _MAINTAINED)]
        if seat in self.parts:
            after = self._part_judged(place, before, passed=verdict.passed)
        else:
            after = judged(
                before,
                passed=verdict.passed,
                limit=virtual.failurecount,
                rise=virtual.successcount,
            )
        if after.standing is not Standing.UNKNOWN:
            self._waiting.discard(seat)
        if virtual.slowstart:
            after = self._grown(place, before, after, at)
        self.health[seat] = after
        self.last[seat] = Heard(verdict, at)
        events: list[Event] = [Checked(virtual, _examined(place), verdict)]
        if verdict.passed and before.failures and not after.failures:
            events.append(FailuresForgotten(server, virtual.key))
        elif not verdict.passed and after.up and after.failures:
            events.append(
                SoftFailure(server, virtual.key, after.failures, virtual.failurecount)
            )
        if before.standing is not after.standing and not after.vetoed:
            events.append(
                StandingChanged(server, virtual, up=after.up, detail=verdict.detail)
            )
        return events

    def _part_judged(self, place: Place, whole: Health, *, passed: bool) -> Health:
        """Return *whole* after a verdict of one of a real server's checks."""
        parts, virtual = self.parts[place.seat], place.virtual
        parts[place.part] = judged(
            parts[place.part],
            passed=passed,
            limit=virtual.failurecount,
            rise=virtual.successcount,
        )
        return combined(parts, whole, all_pass=virtual.checkmode is CheckMode.ALL)

    def _grown(self, place: Place, before: Health, after: Health, at: float) -> Health:
        """Return *after* with the share of a server that may have just come back."""
        if before.standing is Standing.DOWN and after.standing is Standing.UP:
            self._grow(place.seat, place.virtual, at)
        elif after.standing is Standing.DOWN:
            self.allowances.end(place.seat)
        else:
            return after
        return self.allowances.applied(place.seat, after, at)

    def _grow(self, seat: Seat, virtual: VirtualService, at: float) -> None:
        if virtual.slowstart:
            self.allowances.begin(seat, at, virtual.slowstart)

    def _advised(self, place: Place, verdict: Verdict, at: float) -> list[Event]:
        """Return what an agent's word changes; silence changes nothing."""
        seat, virtual, server = place.seat, place.virtual, place.real.endpoint
        before = self.health.get(seat)
        if before is None or not verdict.passed:
            return []
        advice = self.allowances.hear(seat, verdict.detail)
        if advice is None:
            return []
        if before.standing is Standing.UP and before.vetoed and not advice.vetoed:
            self._grow(seat, virtual, at)
        after = self.health[seat] = self.allowances.applied(seat, before, at)
        events: list[Event] = [Advised(server, virtual.key, str(advice))]
        if before.vetoed is not after.vetoed and before.standing is Standing.UP:
            detail = f"its agent says: {advice}"
            events.append(StandingChanged(server, virtual, up=after.up, detail=detail))
        return events

    def grow(self, now: float) -> frozenset[ServiceKey]:
        """Give servers that came back what they may have *now*; return whose."""
        changed: set[ServiceKey] = set()
        for seat in list(self.allowances.growing()):
            before = self.health[seat]
            after = self.health[seat] = self.allowances.applied(seat, before, now)
            if after != before:
                changed.add(seat[0])
        return frozenset(changed)

    def maintain(self, seats: AbstractSet[Seat]) -> tuple[list[Event], frozenset[Seat]]:
        """Have exactly *seats* in maintenance, but none that is never checked.

        Returns the events, and the seats that left it: down, until a check
        passes.
        """
        events: list[Event] = []
        released: set[Seat] = set()
        for seat, before in list(self.health.items()):
            if before.maintenance == (seat in seats):
                continue
            if self.virtuals[seat[0]].checktype is CheckType.OFF:
                continue  # nothing would ever bring it back
            if seat in seats:
                self._waiting.discard(seat)
                self.allowances.end(seat)
                self.health[seat] = maintained(before)
                virtual = self.virtuals[seat[0]]
                server = self.rows[seat[0]][seat[1]].endpoint
                events.append(
                    StandingChanged(
                        server, virtual, up=False, detail="server in maintenance"
                    )
                )
            else:
                down = Health(Standing.DOWN)
                self.health[seat] = replace(
                    down, vetoed=before.vetoed, share=before.share
                )
                if seat in self.parts:
                    self.parts[seat] = [down] * len(self.parts[seat])
                released.add(seat)
        return events, frozenset(released)

    def desperate(
        self, keys: Iterable[ServiceKey], *, settled: bool
    ) -> list[LastResort]:
        """Return which of *keys* lost their last real server or found one again."""
        events: list[LastResort] = []
        for key in keys:
            virtual = self.virtuals.get(key)
            if virtual is None:
                continue
            lost = last_resort(virtual, self.health, settled=settled)
            if lost is not None and lost is not self._desperate.get(key):
                self._desperate[key] = lost
                events.append(LastResort(virtual, lost))
        return events

    def panics(self, keys: Iterable[ServiceKey]) -> list[Panicked]:
        """Return which of *keys* began or ceased to use servers that are down."""
        events: list[Panicked] = []
        for key in keys:
            virtual = self.virtuals.get(key)
            if virtual is None or not (virtual.panicthreshold or self._panicking):
                continue
            active = panicking(virtual, self.health)
            if active is not (key in self._panicking):
                (self._panicking.add if active else self._panicking.discard)(key)
                down, asked = counted(virtual, self.health)
                events.append(Panicked(virtual, active, down, asked))
        return events

    def pending(self) -> bool:
        """Tell whether some real server still waits for its first verdict."""
        return bool(self._waiting)


def _examined(place: Place) -> RealServer:
    """Return the real server with the check that a verdict is of."""
    real = place.real
    if place.part == MAIN:
        return real
    return replace(real, check=real.also[place.part - 1])


class _Asked(NamedTuple):
    """All that decides what we hold of a seat."""

    check: Check
    also: tuple[Check, ...]
    agent: Check | None


def _checks(virtuals: Iterable[VirtualService]) -> dict[Seat, _Asked]:
    return {
        (virtual.key, row): _Asked(real.check, real.also, real.agent)
        for virtual in virtuals
        for row, real in reals(virtual).items()
    }
