"""From the table we have to the table we want, as a list of operations.

Nothing here talks to the kernel. ``diff`` is called with two values and
returns a third; the engine performs it, and after any error simply reads the
table again and asks for another.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from lvsha.identity import Endpoint, ServiceKey
from lvsha.ipvs.table import Destination, Service, Settings, Table


@dataclass(frozen=True, slots=True)
class AddService:
    """``ipvsadm -A``."""

    service: ServiceKey
    settings: Settings


@dataclass(frozen=True, slots=True)
class EditService:
    """``ipvsadm -E``."""

    service: ServiceKey
    settings: Settings


@dataclass(frozen=True, slots=True)
class DeleteService:
    """``ipvsadm -D``, which takes the destinations along."""

    service: ServiceKey


@dataclass(frozen=True, slots=True)
class AddDestination:
    """``ipvsadm -a``."""

    service: ServiceKey
    endpoint: Endpoint
    destination: Destination


@dataclass(frozen=True, slots=True)
class EditDestination:
    """``ipvsadm -e``; established connections live on, whatever the weight."""

    service: ServiceKey
    endpoint: Endpoint
    destination: Destination


@dataclass(frozen=True, slots=True)
class DeleteDestination:
    """``ipvsadm -d``, which strands established connections."""

    service: ServiceKey
    endpoint: Endpoint


Operation = (
    AddService
    | EditService
    | DeleteService
    | AddDestination
    | EditDestination
    | DeleteDestination
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Two lists to perform in order: what adds service, then what takes it away."""

    gains: tuple[Operation, ...] = ()
    losses: tuple[Operation, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.gains or self.losses)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Return all operations, gains first."""
        return self.gains + self.losses


def diff(desired: Table, actual: Table, owned: AbstractSet[ServiceKey]) -> Plan:
    """Return the operations that turn *actual* into *desired*.

    Make before break: every operation that brings weight precedes every one
    that takes it away. The fallback is therefore in place before the last real
    server leaves, and at no step has a virtual service fewer live destinations
    than in the poorer of the two tables.

    The kernel has one table and the director may share it, so a virtual
    service which is not *desired* is deleted only if it is *owned*.
    """
    gains: list[Operation] = []
    losses: list[Operation] = []
    for key, want in desired.items():
        for operation, loses in _converge(key, want, actual.get(key)):
            (losses if loses else gains).append(operation)
    surplus = owned & (actual.keys() - desired.keys())
    losses += [DeleteService(key) for key in sorted(surplus, key=str)]
    return Plan(tuple(gains), tuple(losses))


def affordable(
    losses: Sequence[Operation],
    table: Table,
    failed: AbstractSet[ServiceKey],
) -> list[Operation]:
    """Return the *losses* that may be performed after some gains *failed*.

    In a virtual service whose replacement did not arrive, the last live
    destination of *table* stays: a doubtful server is worth more than none.
    Everything else goes as planned.
    """
    live = {key: _live(table[key]) for key in failed if key in table}
    kept: list[Operation] = []
    for operation in losses:
        key = operation.service
        if key in live and isinstance(operation, EditDestination | DeleteDestination):
            present = table[key].destinations.get(operation.endpoint)
            ends = isinstance(operation, DeleteDestination) or (
                operation.destination.weight == 0
            )
            if present is not None and present.weight > 0 and ends:
                if live[key] <= 1:
                    continue
                live[key] -= 1
        kept.append(operation)
    return kept


def _converge(
    key: ServiceKey, want: Service, have: Service | None
) -> Iterator[tuple[Operation, bool]]:
    if have is None:
        yield AddService(key, want.settings), False
        have = Service(want.settings)
    elif have.settings != want.settings:
        yield EditService(key, want.settings), False

    for endpoint, destination in want.destinations.items():
        present = have.destinations.get(endpoint)
        if present is None:
            yield AddDestination(key, endpoint, destination), False
        elif present != destination:
            loses = destination.weight < present.weight
            yield EditDestination(key, endpoint, destination), loses
    for endpoint in sorted(
        have.destinations.keys() - want.destinations.keys(), key=str
    ):
        yield DeleteDestination(key, endpoint), True


def _live(service: Service) -> int:
    return sum(d.weight > 0 for d in service.destinations.values())
