"""Which real servers a connection is held to, and who is checked when one ends."""

from collections.abc import Callable, Iterable
from typing import Protocol

from lvsha.engine.ledger import Ledger
from lvsha.engine.rounds import Place
from lvsha.health import Seat
from lvsha.identity import Endpoint
from lvsha.identity import Protocol as Transport
from lvsha.model import RealServer, VirtualService


class Wires(Protocol):
    """Connections whose end is news: :class:`lvsha.checks.tripwire.Tripwires`."""

    def follow(
        self, ends: Iterable[Endpoint], tripped: Callable[[Endpoint], None]
    ) -> None:
        """Hold one to each of *ends* from now on, and tell *tripped* of its end."""

    def mend(self, end: Endpoint) -> None:
        """Do not wait any longer with connecting to *end* again."""

    def close(self) -> None:
        """Hold none any more."""


class Wiring:
    """Holds the wires of one configuration at a time."""

    def __init__(self, wires: Wires, hasten: Callable[[Iterable[Seat]], None]) -> None:
        """Hold nothing yet; *hasten* is called for who is to be checked at once."""
        self._wires = wires
        self._hasten = hasten
        self._seats: dict[Endpoint, set[Seat]] = {}

    def follow(self, ledger: Ledger) -> None:
        """Hold a connection to each real server that shall have one."""
        seats: dict[Endpoint, set[Seat]] = {}
        for key, virtual in ledger.virtuals.items():
            if virtual.tripwire:
                for at, real in ledger.rows[key].items():
                    if (end := _end(virtual, real)) is not None:
                        seats.setdefault(end, set()).add((key, at))
        if seats or self._seats:
            self._seats = seats
            self._wires.follow(seats, self._tripped)

    def mend(self, place: Place) -> None:
        """Connect at once to a server that is up again."""
        if place.virtual.tripwire and (end := _end(place.virtual, place.real)):
            self._wires.mend(end)

    def close(self) -> None:
        """Hold nothing any more."""
        self._wires.close()

    def _tripped(self, end: Endpoint) -> None:
        """Have checked whose connection has ended; that alone proves nothing."""
        self._hasten(self._seats.get(end, ()))


def _end(virtual: VirtualService, real: RealServer) -> Endpoint | None:
    """Return where a connection to *real* is held, if one can be."""
    check = real.check
    if Transport.UDP in (virtual.transport, check.transport) or not check.port:
        return None
    return Endpoint(check.address, check.port)
