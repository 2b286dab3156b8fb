"""What an operation on the table means to the operator: pure.

The kernel's vocabulary goes in (rows), the operator's comes out (real server,
fallback, quiesced).
"""

from collections.abc import Mapping

from lvsha.desired import fallback_row, last_resort, reals
from lvsha.events import Change, Role, ServerChanged, ServiceChanged
from lvsha.health import HealthMap
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
from lvsha.model import Configuration, VirtualService


def by_key(configuration: Configuration) -> dict[ServiceKey, VirtualService]:
    """Return the virtual services of *configuration* by their key."""
    return {virtual.key: virtual for virtual in configuration.virtuals}


def told(
    operation: Operation,
    virtuals: Mapping[ServiceKey, VirtualService],
    health: HealthMap,
    *,
    readd: bool = False,
) -> ServiceChanged | ServerChanged:
    """Return the event that *operation* is once the kernel has accepted it."""
    match operation:
        case AddService(service):
            return ServiceChanged(Change.ADDED, service)
        case EditService(service):
            return ServiceChanged(Change.CHANGED, service)
        case DeleteService(service):
            return ServiceChanged(Change.PURGED, service)
        case AddDestination() | EditDestination() | DeleteDestination():
            return _server(operation, virtuals, health, readd=readd)


def _server(
    operation: AddDestination | EditDestination | DeleteDestination,
    virtuals: Mapping[ServiceKey, VirtualService],
    health: HealthMap,
    *,
    readd: bool,
) -> ServerChanged:
    key, at = operation.service, operation.endpoint
    virtual = virtuals.get(key)
    role, server = _who(virtual, at, health)
    weight = (
        None
        if isinstance(operation, DeleteDestination)
        else operation.destination.weight
    )
    known = server is not None
    change = _change(operation, known=known, role=role, weight=weight, readd=readd)
    if change in (Change.ADDED, Change.RESTORED) and virtual and role is Role.REAL:
        seat = health.get((key, at))
        if seat is not None and not seat.up:
            change = Change.READDED if readd and change is Change.ADDED else Change.QUIESCED
    return ServerChanged(change, role, server or at, key, weight, virtual)


def _who(
    virtual: VirtualService | None, at: Endpoint, health: HealthMap
) -> tuple[Role, Endpoint | None]:
    if virtual is None:
        return Role.REAL, None
    real = reals(virtual).get(at)
    is_last = at == fallback_row(virtual)
    if is_last and virtual.fallback is not None:
        lost = last_resort(virtual, health, settled=True)
        if real is None or lost:
            return Role.FALLBACK, virtual.fallback.endpoint
    return Role.REAL, real.endpoint if real else None


def _change(
    operation: AddDestination | EditDestination | DeleteDestination,
    *,
    known: bool,
    role: Role,
    weight: int | None,
    readd: bool,
) -> Change:
    match operation:
        case AddDestination():
            return Change.ADDED
        case EditDestination():
            return Change.RESTORED
        case DeleteDestination():
            return Change.DELETED if known else Change.PURGED
