"""What an operation on the table means to the operator: pure.

The kernel's vocabulary goes in (rows), the operator's comes out (real server,
fallback, quiesced).
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from lvsha.desired import fallback_row, last_resort, reals
from lvsha.events import Change, Role, ServerChanged, ServiceChanged
from lvsha.health import ADOPTED, UNCHECKED, HealthMap
from lvsha.identity import Endpoint, ServiceKey
from lvsha.ipvs.plan import (
    AddDestination,
    AddService,
    DeleteDestination,
    DeleteService,
    EditDestination,
    EditService,
    Operation,
)
from lvsha.ipvs.table import Service
from lvsha.model import Configuration, RealServer, VirtualService


def by_key(configuration: Configuration) -> dict[ServiceKey, VirtualService]:
    """Return the virtual services of *configuration* by their key."""
    return {virtual.key: virtual for virtual in configuration.virtuals}


# The real servers of each virtual service by their row: what :func:`reals` returns.
Rows = Mapping[ServiceKey, Mapping[Endpoint, RealServer]]


def told(  # noqa: PLR0913 - all that an operation's meaning depends on
    operation: Operation,
    virtuals: Mapping[ServiceKey, VirtualService],
    rows: Rows,
    health: HealthMap,
    *,
    readd: bool = False,
    before: Mapping[ServiceKey, Service] = MappingProxyType({}),
) -> ServiceChanged | ServerChanged:
    """Return the event that *operation* is once the kernel has accepted it.

    *before* is what was wanted until now.
    """
    match operation:
        case AddService(service):
            return ServiceChanged(Change.ADDED, service)
        case EditService(service):
            return ServiceChanged(Change.CHANGED, service)
        case DeleteService(service):
            return ServiceChanged(Change.PURGED, service)
        case AddDestination() | EditDestination() | DeleteDestination():
            virtual = virtuals.get(operation.service)
            real = rows.get(operation.service, {}).get(operation.endpoint)
            event = _server(operation, virtual, real, health, readd=readd)
            if _reweighed(operation, virtual, health, before):
                return replace(event, change=Change.CHANGED)
            return event


def _reweighed(
    operation: Operation,
    virtual: VirtualService | None,
    health: HealthMap,
    before: Mapping[ServiceKey, Service],
) -> bool:
    """Tell whether a server that stays in use is only given more or less of it.

    That happens by itself in slow starts and on an agent's word; whoever wants to
    know what came back must not be told of it.
    """
    if not isinstance(operation, EditDestination) or virtual is None:
        return False
    if not virtual.slowstart and not any(real.agent for real in virtual.reals[:1]):
        return False
    key, at = operation.service, operation.endpoint
    had = before[key].destinations.get(at) if key in before else None
    return (
        had is not None
        and had.weight > 0
        and operation.destination.weight > 0
        and health.get((key, at), UNCHECKED).up
    )


def departed(virtual: VirtualService, health: HealthMap) -> list[ServerChanged]:
    """Return the events of the real servers that go when *virtual* is withdrawn."""
    return [
        ServerChanged(
            Change.PURGED, Role.REAL, real.endpoint, virtual.key, None, virtual
        )
        for at, real in reals(virtual).items()
        if health.get((virtual.key, at), UNCHECKED).up
    ]


def _server(
    operation: AddDestination | EditDestination | DeleteDestination,
    virtual: VirtualService | None,
    real: RealServer | None,
    health: HealthMap,
    *,
    readd: bool,
) -> ServerChanged:
    key, at = operation.service, operation.endpoint
    role, server = _who(virtual, real, at, health)
    # A server that is down has weight only while there is panic.
    quiesced = role is Role.REAL and not health.get((key, at), ADOPTED).serving
    if not isinstance(operation, DeleteDestination) and operation.destination.weight:
        quiesced = False
    weight: int | None = None
    match operation:
        case AddDestination(destination=destination):
            weight = destination.weight
            change = Change.ADDED
            if quiesced:
                change = Change.READDED if readd else Change.QUIESCED
        case EditDestination(destination=destination):
            weight = destination.weight
            change = Change.QUIESCED if quiesced else Change.RESTORED
        case DeleteDestination():
            change = Change.PURGED if server is None else Change.DELETED
    return ServerChanged(change, role, server or at, key, weight, virtual)


def _who(
    virtual: VirtualService | None,
    real: RealServer | None,
    at: Endpoint,
    health: HealthMap,
) -> tuple[Role, Endpoint | None]:
    """Return what the server at a row is, and its endpoint as configured."""
    if virtual is None:
        return Role.REAL, None
    if (
        virtual.fallback is not None
        and at == fallback_row(virtual)
        and (real is None or last_resort(virtual, health, settled=True))
    ):
        return Role.FALLBACK, virtual.fallback.endpoint
    return Role.REAL, real.endpoint if real else None
