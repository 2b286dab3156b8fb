"""Keeps the kernel's table as it should be: read, decide, perform.

No belief about the kernel outlives a call. What is remembered is only which
rows are ours, and that is on disk before the kernel hears of a new one.
"""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Protocol

from lvsha.desired import desired
from lvsha.engine.narrate import Rows, departed, told
from lvsha.errors import KernelError
from lvsha.events import Drifted, Event, Refused
from lvsha.health import HealthMap
from lvsha.identity import ServiceKey
from lvsha.ipvs.plan import AddService, Operation, Plan, affordable, diff
from lvsha.ipvs.refusal import described
from lvsha.ipvs.table import Service, Table
from lvsha.model import Configuration, VirtualService


class Failure(Protocol):
    """An operation the kernel refused, and its reason."""

    @property
    def operation(self) -> Operation:
        """What was refused."""

    @property
    def error(self) -> KernelError:
        """Why."""


class Kernel(Protocol):
    """The table itself: the real one, or one in memory."""

    def read(self, keys: Collection[ServiceKey] | None = None) -> Table:
        """Return the rows of *keys*, or all."""

    def perform(self, operations: Sequence[Operation]) -> Sequence[Failure]:
        """Do *operations* in order and return those that were refused."""


class Record(Protocol):
    """The rows that are ours, on record."""

    def read(self) -> frozenset[ServiceKey]:
        """Return them."""

    def write(
        self, keys: AbstractSet[ServiceKey], kept: AbstractSet[ServiceKey]
    ) -> None:
        """Replace them; those in *kept* stay when the director stops."""


@dataclass(frozen=True, slots=True)
class View:
    """What a decision about the table is made from."""

    configuration: Configuration
    virtuals: Mapping[ServiceKey, VirtualService]
    rows: Rows
    health: HealthMap
    settled: bool
    fresh: bool


class Keeper:
    """The only one that changes the table; it deletes nothing that is not ours."""

    def __init__(self, kernel: Kernel, record: Record) -> None:
        """Know the rows an earlier life left behind from *record*."""
        self._kernel = kernel
        self._record = record
        self._owned = record.read()
        self._kept: frozenset[ServiceKey] = frozenset()
        self._configuration: Configuration | None = None
        self._wanted: dict[ServiceKey, Service] = {}
        self._refused: dict[ServiceKey, frozenset[str]] = {}

    @property
    def owned(self) -> frozenset[ServiceKey]:
        """The virtual services we answer for."""
        return self._owned

    def read(self, keys: Collection[ServiceKey] | None = None) -> Table:
        """Return the kernel's rows of *keys*, or all."""
        return self._kernel.read(keys)

    def converge(
        self, view: View, keys: Collection[ServiceKey] | None = None
    ) -> list[Event]:
        """Make the table what *view* asks for, in the rows of *keys* or in all.

        Raises KernelError when the table cannot even be read.
        """
        configuration = view.configuration
        if configuration is not self._configuration:
            self._configuration = configuration
            self._keep(
                frozenset(v.key for v in configuration.virtuals if not v.cleanstop)
            )
        if keys is not None:
            some = [view.virtuals[key] for key in keys if key in view.virtuals]
            configuration = replace(configuration, virtuals=tuple(some))
        actual = self._kernel.read(keys)
        want = desired(
            configuration,
            view.health,
            actual,
            settled=view.settled,
            fresh=view.fresh,
        )
        owned = self._owned if keys is None else self._owned & frozenset(keys)
        plan = diff(want, actual, owned)
        events: list[Event] = []
        if drift := self._drift(want, plan):
            events.append(drift)
        self._own(self._owned | want.keys())
        for key in want.keys() - {operation.service for operation in plan.operations}:
            self._refused.pop(key, None)
        events += self._perform(plan, view)
        self._wanted.update(want)
        if keys is None:
            left = self._owned & self._refused.keys()
            self._own(frozenset(want) | left)
            self._wanted = want
        return events

    def differences(self, view: View) -> tuple[str, ...]:
        """Return what would have to be done for the table to be right.

        Raises KernelError when the table cannot be read.
        """
        actual = self._kernel.read()
        want = desired(
            view.configuration,
            view.health,
            actual,
            settled=view.settled,
            fresh=view.fresh,
        )
        plan = diff(want, actual, self._owned)
        return tuple(described(operation) for operation in plan.operations)

    def withdraw(self, view: View, keys: AbstractSet[ServiceKey]) -> list[Event]:
        """Take the virtual services *keys* out, as far as they are ours."""
        actual = self._kernel.read(keys)
        ours = self._owned & keys & actual.keys()
        leaving = [view.virtuals[key] for key in ours if key in view.virtuals]
        events: list[Event] = []
        for virtual in leaving:
            events += departed(virtual, view.health)
        events += self._perform(diff({}, actual, ours), view)
        self._own(self._owned - keys)
        return events

    def _drift(self, want: Mapping[ServiceKey, Service], plan: Plan) -> Drifted | None:
        """Tell what others changed: operations nothing of ours asked for."""
        what = tuple(
            described(operation)
            for operation in plan.operations
            if (key := operation.service) not in self._refused
            and key in self._wanted
            and self._wanted[key] == want.get(key)
        )
        return Drifted(what) if what else None

    def _perform(self, plan: Plan, view: View) -> list[Event]:
        if not plan:
            return []
        refused = list(self._kernel.perform(plan.gains))
        losses: Sequence[Operation] = plan.losses
        if refused and losses:
            failed = {failure.operation.service for failure in refused}
            losses = affordable(losses, self._kernel.read(failed), failed)
        refused += self._kernel.perform(losses)

        not_done = {id(failure.operation) for failure in refused}
        readd = view.configuration.settings.readdquiescent
        events: list[Event] = [
            told(
                operation,
                view.virtuals,
                view.rows,
                view.health,
                readd=readd,
                before=self._wanted,
            )
            for operation in (*plan.gains, *losses)
            if id(operation) not in not_done
        ]
        return events + self._complaints(plan, refused)

    def _complaints(self, plan: Plan, refused: Sequence[Failure]) -> list[Event]:
        """Return what has to be said of *refused*: each reason once while it lasts."""
        reasons: dict[ServiceKey, list[str]] = {}
        headless: set[ServiceKey] = set()
        for failure in refused:
            operation = failure.operation
            if operation.service in headless:
                continue
            if isinstance(operation, AddService):
                headless.add(operation.service)
            reasons.setdefault(operation.service, []).append(str(failure.error))
        events: list[Event] = [
            Refused(key, reason)
            for key, found in reasons.items()
            for reason in found
            if reason not in self._refused.get(key, frozenset())
        ]
        for operation in plan.operations:
            self._refused.pop(operation.service, None)
        self._refused.update({k: frozenset(found) for k, found in reasons.items()})
        return events

    def _own(self, keys: AbstractSet[ServiceKey]) -> None:
        if keys != self._owned:
            self._write(keys, self._kept)
            self._owned = frozenset(keys)

    def _keep(self, kept: frozenset[ServiceKey]) -> None:
        if kept != self._kept and (kept | self._kept) & self._owned:
            self._write(self._owned, kept)
        self._kept = kept

    def _write(
        self, keys: AbstractSet[ServiceKey], kept: AbstractSet[ServiceKey]
    ) -> None:
        try:
            self._record.write(keys, kept)
        except OSError as cause:
            raise KernelError(
                cause.errno, f"cannot record which rows are ours: {cause}"
            ) from cause
