"""What we hold of every real server, and what each verdict changes. Pure state.

The ledger is told what happened and answers with events; it touches nothing
and knows no time but the one it is given.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

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
from lvsha.identity import ServiceKey
from lvsha.ipvs.table import Table
from lvsha.model import CheckType, Configuration, Verdict, VirtualService


@dataclass(frozen=True, slots=True)
class Heard:
    """A verdict and when it was heard, in the loop's seconds."""

    verdict: Verdict
    at: float


class Ledger:
    """The health of every seat of one configuration."""

    def __init__(self) -> None:
        """Begin with no configuration and nothing known."""
        self.configuration = Configuration()
        self.virtuals: dict[ServiceKey, VirtualService] = {}
        self.health: dict[Seat, Health] = {}
        self.last: dict[Seat, Heard] = {}
        self._desperate: dict[ServiceKey, bool] = {}
        self._waiting: set[Seat] = set()

    def follow(self, configuration: Configuration, actual: Table) -> frozenset[Seat]:
        """Take *configuration* over; return the seats that want a check at once.

        A seat whose check did not change keeps its health. Of the others those
        with weight in *actual* count as up until their check says otherwise.
        """
        kept = _checks(self.configuration)
        vouched = adopted(configuration, actual)
        health: dict[Seat, Health] = {}
        for seat, check in _checks(configuration).items():
            if seat in self.health and kept.get(seat) == check:
                health[seat] = self.health[seat]
            else:
                health[seat] = vouched.get(seat, UNCHECKED)
        self.configuration = configuration
        self.virtuals = by_key(configuration)
        self.health = health
        self.last = {seat: h for seat, h in self.last.items() if seat in health}
        self._desperate = {
            key: lost for key, lost in self._desperate.items() if key in self.virtuals
        }
        self._waiting = {
            seat
            for seat, held in health.items()
            if held.standing is Standing.UNKNOWN
            and self.virtuals[seat[0]].checktype is not CheckType.OFF
        }
        return frozenset(seat for seat, held in health.items() if not held.up)

    def heard(self, place: Place, verdict: Verdict, at: float) -> list[Event]:
        """Return what *verdict* changes at *place*."""
        self._waiting.discard(place.seat)
        before = self.health.get(place.seat)
        if before is None or before.maintenance:
            return []
        virtual, server = place.virtual, place.real.endpoint
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
        """Have exactly *seats* in maintenance.

        Returns the events, and the seats that left it: down, until a check
        passes.
        """
        events: list[Event] = []
        released: set[Seat] = set()
        for seat, before in list(self.health.items()):
            if before.maintenance == (seat in seats):
                continue
            if seat in seats:
                self._waiting.discard(seat)
                self.health[seat] = maintained(before)
                virtual = self.virtuals[seat[0]]
                server = reals(virtual)[seat[1]].endpoint
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


def _checks(configuration: Configuration) -> dict[Seat, object]:
    return {
        (virtual.key, row): real.check
        for virtual in configuration.virtuals
        for row, real in reals(virtual).items()
    }
