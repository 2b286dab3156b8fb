"""What would change in the kernel, for reading: pure."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, fields

from lvsha.desired import desired, reals
from lvsha.engine.narrate import by_key, told
from lvsha.events import Role, ServerChanged
from lvsha.health import UNCHECKED, HealthMap, Standing
from lvsha.identity import Forwarding, ServiceKey
from lvsha.ipvs.plan import (
    AddDestination,
    AddService,
    DeleteDestination,
    DeleteService,
    EditDestination,
    EditService,
    Operation,
    diff,
)
from lvsha.ipvs.table import Destination, Settings, Table
from lvsha.model import Configuration

# The operator's words for the kernel's fields.
_WORDS: Mapping[str, str] = {
    "forwarding": "forward",
    "one_packet": "ops",
    "flags": "schedflags",
    "engine": "persistence engine",
}

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that would be added (``+``), edited (``~``) or removed (``-``).

    *server* is empty for a virtual service itself. *before* and *after* hold
    the row's values in the operator's words; None for no row.
    """

    sign: str
    what: str
    service: str
    server: str
    before: Values | None
    after: Values | None

    def __str__(self) -> str:
        """Say it on a line: what, where, and the values that matter."""
        name = f"{self.server} ({self.service})" if self.server else self.service
        return f"{self.sign} {self.what} {name}{self._values()}"

    def _values(self) -> str:
        if self.after is None:
            return ""
        if self.before is None:
            shown = [f"{n} {v}" for n, v in self.after.items() if v not in ("", 0)]
        else:
            shown = [
                f"{n} {self.before[n]} -> {v}"
                for n, v in self.after.items()
                if self.before[n] != v
            ]
        return f" {', '.join(shown)}" if shown else ""


@dataclass(frozen=True, slots=True)
class Pending:
    """A real server whose check decides; *present* if the kernel has it already."""

    service: str
    server: str
    present: bool

    def __str__(self) -> str:
        """Say what depends on the check."""
        then = "stays if" if self.present else "is added when"
        return f"? real server {self.server} ({self.service}) {then} its check passes"


@dataclass(frozen=True, slots=True)
class Outlook:
    """All that would change, and what depends on checks nobody has made yet."""

    differences: tuple[Difference, ...]
    pending: tuple[Pending, ...]

    def __bool__(self) -> bool:
        """Tell whether something would, or may, be different."""
        return bool(self.differences) or any(not p.present for p in self.pending)


def outlook(
    configuration: Configuration,
    health: HealthMap,
    actual: Table,
    owned: AbstractSet[ServiceKey],
) -> Outlook:
    """Return what following *configuration* would do to *actual*."""
    pending = tuple(_pending(configuration, health, actual))
    settled = not pending
    wanted = desired(configuration, health, actual, settled=settled, fresh=True)
    virtuals = by_key(configuration)
    rows = {key: reals(virtual) for key, virtual in virtuals.items()}
    differences = []
    for operation in diff(wanted, actual, owned).operations:
        event = told(operation, virtuals, rows, health)
        what, server = "virtual server", ""
        if isinstance(event, ServerChanged):
            role = "real" if event.role is Role.REAL else "fallback"
            what, server = f"{role} server", str(event.server)
        sign, before, after = _rows(operation, actual)
        differences.append(
            Difference(sign, what, str(operation.service), server, before, after)
        )
    return Outlook(tuple(differences), pending)


def as_json(found: Outlook) -> dict[str, object]:
    """Return *found* for programs."""
    return {
        "version": 1,
        "changes": [asdict(difference) for difference in found.differences],
        "pending": [asdict(pending) for pending in found.pending],
    }


def _pending(
    configuration: Configuration, health: HealthMap, actual: Table
) -> Iterator[Pending]:
    for virtual in configuration.virtuals:
        have = actual.get(virtual.key)
        present = have.destinations if have else {}
        for at, real in reals(virtual).items():
            held = health.get((virtual.key, at), UNCHECKED)
            if held.standing is Standing.UNKNOWN:
                yield Pending(str(virtual.key), str(real.endpoint), at in present)


def _rows(
    operation: Operation, actual: Table
) -> tuple[str, Values | None, Values | None]:
    match operation:
        case AddService(_, settings):
            return "+", None, _values(settings)
        case EditService(service, settings):
            return "~", _values(actual[service].settings), _values(settings)
        case DeleteService(service):
            return "-", _values(actual[service].settings), None
        case AddDestination(_, _, destination):
            return "+", None, _values(destination)
        case EditDestination(service, endpoint, destination):
            present = actual[service].destinations[endpoint]
            return "~", _values(present), _values(destination)
        case DeleteDestination(service, endpoint):
            present = actual[service].destinations[endpoint]
            return "-", _values(present), None


def _values(row: Settings | Destination) -> dict[str, object]:
    found: dict[str, object] = {}
    for field in fields(row):
        value: object = getattr(row, field.name)
        # A host's own mask and IPIP without ornaments are what nobody writes.
        if field.name == "netmask" or field.name.startswith("tunnel"):
            continue
        if isinstance(value, Forwarding):
            value = value.name.lower()
        found[_WORDS.get(field.name, field.name)] = int(value) if value == 0 else value
    return found
