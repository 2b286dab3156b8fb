"""What a director sees of its real servers, in a few numbers: pure.

The agents for addresses ask for it often, so it is short: ``status`` is for people.
"""

from collections.abc import Collection, Iterator, Mapping
from ipaddress import ip_address

from lvsha.address import Address
from lvsha.desired import reals
from lvsha.engine.ledger import Ledger
from lvsha.engine.state import Connections
from lvsha.health import Seat, Standing
from lvsha.identity import ServiceKey, Vip
from lvsha.model import VirtualService


def asked(question: Mapping[str, object]) -> set[Address]:
    """Return the addresses that *question* names; raises *ValueError*."""
    words = question.get("addresses")
    return (
        {ip_address(str(word)) for word in words} if isinstance(words, list) else set()
    )


def at(ledger: Ledger, addresses: Collection[Address]) -> list[VirtualService]:
    """Return the virtual services at *addresses*, or all when there is none there.

    One with a mark has no address.
    """
    every = ledger.configuration.virtuals
    here = [virtual for virtual in every if _address(virtual.key) in addresses]
    return here or list(every)


def lost(ledger: Ledger, virtuals: Collection[VirtualService]) -> float:
    """Return the share of weight of *virtuals* that is out of reach, 0 to 1.

    What is in maintenance does not count, nor is a server lost of which nothing
    is known yet.
    """
    total = gone = 0
    for seat, weight in _weights(virtuals):
        health = ledger.health[seat]
        if not health.maintenance:
            total += weight
            gone += weight if health.standing is Standing.DOWN else 0
    return gone / total if total else 0.0


def active(
    connections: Connections, virtuals: Collection[VirtualService]
) -> dict[str, int]:
    """Return how many connections *virtuals* have, and how many of them are active."""
    keys = {virtual.key for virtual in virtuals}
    counted = [both for (key, _), both in connections.items() if key in keys]
    return {
        "active": sum(one for one, _ in counted),
        "inactive": sum(other for _, other in counted),
    }


def _weights(virtuals: Collection[VirtualService]) -> Iterator[tuple[Seat, int]]:
    for virtual in virtuals:
        for row, real in reals(virtual).items():
            yield (virtual.key, row), real.weight


def _address(key: ServiceKey) -> Address | None:
    return key.endpoint.address if isinstance(key, Vip) else None
