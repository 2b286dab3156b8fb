"""What the kernel's table should be: the bridge from what is meant to what is held.

Pure. The engine reads the table, asks :func:`desired`, and performs the
difference; nothing here remembers anything.
"""

from collections.abc import Mapping

from lvsha.health import ADOPTED, UNCHECKED, Health, HealthMap, Seat, Standing
from lvsha.identity import Endpoint, Forwarding, ServiceKey, Vip
from lvsha.ipvs.table import (
    HOST_MASK,
    Destination,
    Scheduling,
    Service,
    Settings,
    Table,
)
from lvsha.model import Configuration, Fallback, RealServer, VirtualService
from lvsha.share import WHOLE, multiplier, portion

# The names ipvsadm's -b knows, by scheduler-independent bit.
_FLAGS: Mapping[str, Scheduling] = {
    "sh-fallback": Scheduling.FLAG_1,
    "mh-fallback": Scheduling.FLAG_1,
    "flag-1": Scheduling.FLAG_1,
    "sh-port": Scheduling.FLAG_2,
    "mh-port": Scheduling.FLAG_2,
    "flag-2": Scheduling.FLAG_2,
    "flag-3": Scheduling.FLAG_3,
}


def row(key: ServiceKey, endpoint: Endpoint, forwarding: Forwarding) -> Endpoint:
    """Return the endpoint the kernel knows a server by.

    Direct routing and tunnelling cannot change a port, so the row carries the
    virtual service's, whatever was configured (ipvsadm does the same, and
    ldirectord then failed to find its own row again). A mark has no port to
    carry over.
    """
    if forwarding is Forwarding.MASQ or not isinstance(key, Vip):
        return endpoint
    return Endpoint(endpoint.address, key.endpoint.port)


def reals(virtual: VirtualService) -> dict[Endpoint, RealServer]:
    """Return the real servers of *virtual* by their row; the last of two wins."""
    return {row(virtual.key, r.endpoint, r.forwarding): r for r in virtual.reals}


def fallback_row(virtual: VirtualService) -> Endpoint | None:
    """Return the row of the fallback server, None without one."""
    if virtual.fallback is None:
        return None
    return row(virtual.key, virtual.fallback.endpoint, virtual.fallback.forwarding)


def settings(virtual: VirtualService) -> Settings:
    """Return what the kernel keeps for *virtual* besides its destinations."""
    flags = Scheduling.NONE
    for word in virtual.schedflags.split(","):
        flags |= _FLAGS.get(word, Scheduling.NONE)
    netmask = HOST_MASK[virtual.key.version]
    if virtual.persistent and virtual.netmask is not None:
        netmask = int(virtual.netmask)
    return Settings(
        scheduler=virtual.scheduler,
        netmask=netmask,
        persistent=virtual.persistent,
        one_packet=virtual.ops,
        flags=flags,
    )


def adopted(configuration: Configuration, actual: Table) -> dict[Seat, Health]:
    """Return the health a table vouches for: what has weight in it counts as up.

    This is what makes a restart invisible. A fallback in place proves nothing
    about a real server that shares its row.
    """
    return {
        (virtual.key, endpoint): ADOPTED
        for virtual in configuration.virtuals
        if virtual.key in actual
        for endpoint in reals(virtual)
        if endpoint != fallback_row(virtual)
        and (present := actual[virtual.key].destinations.get(endpoint)) is not None
        and present.weight > 0
    }


def last_resort(
    virtual: VirtualService, health: HealthMap, *, settled: bool
) -> bool | None:
    """Tell whether *virtual* has no real server left; None while it is too early.

    Before it is *settled*, a server that was never checked may still turn out
    to be up.
    """
    seats = [health.get((virtual.key, at), UNCHECKED) for at in reals(virtual)]
    if any(seat.serving for seat in seats) or panicking(virtual, health):
        return False
    if not settled and any(map(_open, seats)):
        return None
    return True


def panicking(virtual: VirtualService, health: HealthMap) -> bool:
    """Tell whether so many real servers are down that all of them are used."""
    if not virtual.panicthreshold:
        return False
    down, asked = counted(virtual, health)
    return down * 100 > virtual.panicthreshold * asked


def counted(virtual: VirtualService, health: HealthMap) -> tuple[int, int]:
    """Return how many real servers are down by their checks, and of how many.

    Those that the operator or their agent took out are neither here nor there.
    """
    seats = [health.get((virtual.key, at), UNCHECKED) for at in reals(virtual)]
    asked = [seat for seat in seats if not (seat.maintenance or seat.vetoed)]
    return sum(seat.standing is Standing.DOWN for seat in asked), len(asked)


def desired(
    configuration: Configuration,
    health: HealthMap,
    actual: Table,
    *,
    settled: bool,
    fresh: bool,
) -> dict[ServiceKey, Service]:
    """Return the table that *configuration* and *health* ask for.

    Until it is *settled*, a real server that was never checked keeps the row
    it has, and no fallback replaces it: a check is under way. *fresh* is the
    first look after a start or reload: a quiescent virtual service then places
    down servers with weight 0; later ``readdquiescent = no`` leaves a row away
    that somebody deleted.
    """
    readd = fresh or configuration.settings.readdquiescent
    table: dict[ServiceKey, Service] = {}
    for virtual in configuration.virtuals:
        have = actual.get(virtual.key)
        present = have.destinations if have else {}
        table[virtual.key] = Service(
            settings(virtual),
            _destinations(virtual, health, present, settled=settled, readd=readd),
        )
    return table


def _destinations(
    virtual: VirtualService,
    health: HealthMap,
    present: Mapping[Endpoint, Destination],
    *,
    settled: bool,
    readd: bool,
) -> dict[Endpoint, Destination]:
    rows: dict[Endpoint, Destination] = {}
    servers = reals(virtual)
    panic = panicking(virtual, health)
    factor = _factor(virtual, servers, health)
    for at, real in servers.items():
        held = health.get((virtual.key, at), UNCHECKED)
        if held.up:
            rows[at] = _destination(real, portion(real.weight, held.share, factor))
        elif panic and not (held.maintenance or held.vetoed):
            rows[at] = _destination(real, real.weight * factor)
        elif _open(held) and not settled:
            if at in present:
                rows[at] = present[at]
        elif virtual.quiescent and (readd or at in present):
            rows[at] = _destination(real, 0)

    last = fallback_row(virtual)
    if virtual.fallback is not None and last is not None:
        lost = last_resort(virtual, health, settled=settled)
        if lost:
            rows[last] = _last_destination(virtual.fallback)
        elif lost is None and last in present:
            rows.setdefault(last, present[last])
    return rows


def _open(held: Health) -> bool:
    """Tell whether a server may still turn out to be up."""
    return held.standing is Standing.UNKNOWN and not held.vetoed


def _factor(
    virtual: VirtualService, servers: Mapping[Endpoint, RealServer], health: HealthMap
) -> int:
    """Return by what the weights are multiplied so that shares of them exist."""
    if not virtual.slowstart and not any(real.agent for real in virtual.reals[:1]):
        return 1
    parts = [
        (real.weight, held.share)
        for at, real in servers.items()
        if (held := health.get((virtual.key, at), UNCHECKED)).serving
    ]
    if all(share == WHOLE for _, share in parts):
        return 1
    return multiplier(parts, max(real.weight for real in servers.values()))


def _destination(real: RealServer, weight: int) -> Destination:
    return Destination(
        forwarding=real.forwarding, weight=weight, upper=real.upper, lower=real.lower
    )


def _last_destination(fallback: Fallback) -> Destination:
    return Destination(forwarding=fallback.forwarding, weight=1)
