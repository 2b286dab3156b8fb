"""A table that behaves as the kernel's does, for tests and rehearsals; pure.

The errno answers and their order are those of ``ip_vs_genl_set_cmd``, measured
on Linux 6.1. Contract tests hold this module and the real kernel together.
"""

import errno
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Final

from lvsha.errors import KernelError
from lvsha.identity import Address, Endpoint, Forwarding, ServiceKey
from lvsha.ipvs.plan import (
    AddDestination,
    AddService,
    DeleteDestination,
    DeleteService,
    EditDestination,
    EditService,
    Operation,
)
from lvsha.ipvs.refusal import (
    ENGINE_LENGTH,
    HEAVIEST,
    SCHEDULER_LENGTH,
    Failure,
    refusal,
)
from lvsha.ipvs.table import Destination, Service, Settings, Table, Tunnel

SCHEDULERS: Final = frozenset(
    [
        "rr",
        "wrr",
        "lc",
        "wlc",
        "lblc",
        "lblcr",
        "dh",
        "sh",
        "mh",
        "sed",
        "nq",
        "fo",
        "ovf",
        "none",
    ]
)
ENGINES: Final = frozenset(["sip"])

Script = Callable[[Operation], int]


class MemoryKernel:
    """What :class:`lvsha.ipvs.kernel.Kernel` is to the engine, without a kernel.

    *script* is asked before each operation; an errno other than 0 refuses it.
    """

    def __init__(
        self,
        table: Table | None = None,
        *,
        schedulers: Collection[str] = SCHEDULERS,
        script: Script | None = None,
    ) -> None:
        """Begin with *table*; *schedulers* are the modules there are."""
        self.table: Table = dict(table or {})
        self.performed: list[Operation] = []
        self.script = script
        self._schedulers = frozenset(schedulers)

    def read(self, keys: Collection[ServiceKey] | None = None) -> Table:
        """Return the table, or what there is of the services *keys* name."""
        if keys is None:
            return self.table
        return {key: self.table[key] for key in keys if key in self.table}

    def perform(self, operations: Sequence[Operation]) -> list[Failure]:
        """Perform *operations* in order, all of them; return what was refused."""
        failures: list[Failure] = []
        for operation in operations:
            self.performed.append(operation)
            number = self.script(operation) if self.script is not None else 0
            try:
                if number:
                    raise refusal(operation, number)
                self.table = perform_one(operation, self.table, self._schedulers)
            except KernelError as error:
                failures.append(Failure(operation, error))
        return failures

    def close(self) -> None:
        """Do nothing: there is no socket."""


def perform_one(
    operation: Operation, table: Table, schedulers: Collection[str] = SCHEDULERS
) -> Table:
    """Return *table* after *operation*; raises *KernelError* when it is refused."""
    number = _refused(operation, table, schedulers)
    if number:
        raise refusal(operation, number)
    changed = dict(table)
    match operation:
        case AddService(key, settings):
            changed[key] = Service(settings)
        case EditService(key, settings):
            changed[key] = replace(table[key], settings=settings)
        case DeleteService(key):
            del changed[key]
        case AddDestination(key, endpoint, destination) | EditDestination(
            key, endpoint, destination
        ):
            rows = {**table[key].destinations, endpoint: destination}
            changed[key] = replace(table[key], destinations=rows)
        case DeleteDestination(key, endpoint):
            rows = dict(table[key].destinations)
            del rows[endpoint]
            changed[key] = replace(table[key], destinations=rows)
    return changed


def _refused(operation: Operation, table: Table, schedulers: Collection[str]) -> int:
    key = operation.service
    if isinstance(operation, AddService | EditService):
        settings, there = operation.settings, 0
        if isinstance(operation, AddService) and key in table:
            there = errno.EEXIST
        elif isinstance(operation, EditService) and key not in table:
            there = errno.ESRCH
        return _named(settings) or there or _served(key, settings, schedulers)
    if key not in table:
        return errno.ESRCH
    match operation:
        case DeleteService():
            return 0
        case AddDestination(_, endpoint, destination):
            return _reached(key, endpoint, destination) or _added(endpoint, table[key])
        case EditDestination(_, endpoint, destination):
            reached = _reached(key, endpoint, destination)
            return reached or _present(endpoint, table[key])
        case DeleteDestination(_, endpoint):
            return _present(endpoint, table[key])


def _named(settings: Settings) -> int:
    long = len(settings.scheduler) > SCHEDULER_LENGTH
    return errno.EINVAL if long or len(settings.engine) > ENGINE_LENGTH else 0


def _served(key: ServiceKey, settings: Settings, schedulers: Collection[str]) -> int:
    if settings.scheduler not in schedulers:
        return errno.ENOENT
    if settings.engine and settings.engine not in ENGINES:
        return errno.ENOENT
    if key.version == 6 and not 1 <= settings.netmask <= 128:  # noqa: PLR2004
        return errno.EINVAL
    return 0


def _reached(key: ServiceKey, endpoint: Endpoint, destination: Destination) -> int:
    mixed = endpoint.address.version != key.version
    if mixed and destination.forwarding is not Forwarding.IPIP:
        return errno.EINVAL
    if destination.weight > HEAVIEST or destination.lower > destination.upper:
        return errno.ERANGE
    if destination.tunnel is Tunnel.GUE and not destination.tunnel_port:
        return errno.EINVAL
    return 0


def _added(endpoint: Endpoint, service: Service) -> int:
    if endpoint in service.destinations:
        return errno.EEXIST
    return 0 if _unicast(endpoint.address) else errno.EINVAL


def _present(endpoint: Endpoint, service: Service) -> int:
    return 0 if endpoint in service.destinations else errno.ENOENT


def _unicast(address: Address) -> bool:
    """Tell what ``inet_addr_type`` and ``ipv6_addr_type`` say of a far address.

    The broadcast addresses of the director's own networks are not known here.
    """
    if address.is_multicast or address.is_unspecified:
        return False
    if isinstance(address, IPv4Address):
        return address != IPv4Address("255.255.255.255")
    return not address.is_link_local
