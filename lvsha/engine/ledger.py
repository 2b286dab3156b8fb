"""What we hold of every real server, and what each verdict changes. Pure state.

The ledger is told what happened and answers with events; it touches nothing
and knows no time but the one it is given.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from lvsha.desired import adopted, last_resort, reals
from lvsha.engine.narrate import by_key
from lvsha.engine.rounds import Place
from lvsha.events import (
    Checked,
    Event,
    FailuresForgotten,
    LastResort,
    SoftFailure,
    StandingChanged,
)
from lvsha.health import UNCHECKED, Health, Seat, Standing, judged, maintained
from lvsha.identity import Endpoint, ServiceKey
from lvsha.ipvs.table import Table
from lvsha.model import (
    Check,
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
        self._desperate: dict[ServiceKey, bool] = {}
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
        vouched = adopted(Configuration(virtuals=turn.changed), actual)
        for seat, check in _checks(turn.changed).items():
            if checks.get(seat) == check:
                self.health[seat] = known[seat]
            else:
                self.health[seat] = vouched.get(seat, UNCHECKED)
                self.last.pop(seat, None)
        for seat in known.keys() - self.health.keys():
            self.last.pop(seat, None)
        for key in turn.gone:
            self._desperate.pop(key, None)
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
        self._waiting.discard(place.seat)
        before = self.health.get(place.seat)
        if before is None:
            return []
        virtual, server = place.virtual, place.real.endpoint
        if before.maintenance:
            return [Checked(virtual, place.real, _MAINTAINED)]
        after = judged(before, passed=verdict.passed, limit=virtual.failurecount)
        self.health[place.seat] = after
        self.last[place.seat] = Heard(verdict, at)
        events: list[Event] = [Checked(virtual, place.real, verdict)]
        if verdict.passed and before.failures:
            events.append(FailuresForgotten(server, virtual.key))
        elif not verdict.passed and after.up:
            events.append(
                SoftFailure(server, virtual.key, after.failures, virtual.failurecount)
            )
        if before.standing is not after.standing:
            events.append(
                StandingChanged(server, virtual, up=after.up, detail=verdict.detail)
            )
        return events

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
                self.health[seat] = maintained(before)
                virtual = self.virtuals[seat[0]]
                server = self.rows[seat[0]][seat[1]].endpoint
                events.append(
                    StandingChanged(
                        server, virtual, up=False, detail="server in maintenance"
                    )
                )
            else:
                self.health[seat] = Health(Standing.DOWN)
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

    def pending(self) -> bool:
        """Tell whether some real server still waits for its first verdict."""
        return bool(self._waiting)


def _checks(virtuals: Iterable[VirtualService]) -> dict[Seat, Check]:
    return {
        (virtual.key, row): real.check
        for virtual in virtuals
        for row, real in reals(virtual).items()
    }
