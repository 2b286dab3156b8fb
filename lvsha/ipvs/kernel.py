"""The kernel's table itself, over generic netlink: read it, perform operations.

No belief is kept between two calls. Every call has a deadline, and what the
kernel refuses is a *KernelError* that says of what, with which errno, and why.
"""

import errno
import subprocess
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from lvsha.errors import KernelError
from lvsha.identity import Endpoint, ServiceKey
from lvsha.ipvs import answers, wire
from lvsha.ipvs.channel import Channel, RefusedError, Take
from lvsha.ipvs.counters import (
    Counters,
    Daemon,
    DestinationStatistics,
    Role,
    ServiceStatistics,
    Timeouts,
    Version,
)
from lvsha.ipvs.numbers import Command
from lvsha.ipvs.plan import Operation
from lvsha.ipvs.refusal import Failure, refusal, refused
from lvsha.ipvs.table import Destination, Service, Settings, Table

SECONDS: Final = 5.0
MODULE_SECONDS: Final = 10.0
# A dump that was disturbed is read again; a table that never rests is taken as it is.
ATTEMPTS: Final = 3

_DAEMON: Final = {
    errno.EEXIST: "already running",
    errno.ESRCH: "not running",
    errno.ENODEV: "no such interface",
    errno.EINVAL: "a value out of range or a destination of another address family",
}
_TIMEOUTS: Final = {errno.EINVAL: "a timeout out of range"}


class Kernel:
    """IPVS of the network namespace in which it was opened."""

    def __init__(self, channel: Channel, family: int) -> None:
        """Talk over *channel* to the family with the number *family*."""
        self._channel = channel
        self._family = family

    @classmethod
    def open(cls, seconds: float = SECONDS) -> Self:
        """Find IPVS, loading its module if need be; *seconds* for every answer.

        Raises *KernelError* when the kernel has no ip_vs.
        """
        channel = Channel.open(seconds)
        try:
            return cls(channel, _family(channel))
        except BaseException:
            channel.close()
            raise

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Give the socket back; the table stays as it is."""
        self._channel.close()

    def read(self, keys: Collection[ServiceKey] | None = None) -> Table:
        """Return the table, or what there is of the services *keys* name.

        A service deleted by somebody meanwhile is left out.
        """
        found = self._services() if keys is None else self._named(keys)
        table: dict[ServiceKey, Service] = {}
        for key, settings in found.items():
            destinations = self._destinations(key)
            # To the kernel a dump of a service that is gone is an empty dump.
            if destinations or self._named([key]):
                table[key] = Service(settings, destinations)
        return table

    def perform(self, operations: Sequence[Operation]) -> list[Failure]:
        """Perform *operations* in order, all of them; return what was refused."""
        requests = [
            (wire.COMMANDS[type(operation)], wire.operation_payload(operation))
            for operation in operations
        ]
        numbers = self._channel.perform(self._family, requests)
        return [
            Failure(operations[index], refusal(operations[index], number))
            for index, number in sorted(numbers.items())
        ]

    def statistics(self) -> Mapping[ServiceKey, ServiceStatistics]:
        """Return what every virtual service and destination has counted."""
        counted: dict[ServiceKey, Counters] = {}

        def take(page: bytearray, start: int, end: int) -> None:
            key, _ = answers.service(page, start, end)
            counted[key] = answers.service_counters(page, start, end)

        self._dump("read the virtual services", Command.GET_SERVICE, b"", take)
        return {
            key: ServiceStatistics(counters, self._destination_statistics(key))
            for key, counters in counted.items()
        }

    def zero(self, key: ServiceKey | None = None) -> None:
        """Start the counters of one virtual service, or of all, at 0 again."""
        payload = wire.service_named(key) if key is not None else b""
        of = str(key) if key is not None else "all virtual services"
        self._ask(f"zero {of}", Command.ZERO, payload)

    def timeouts(self) -> Timeouts:
        """Return after how many idle seconds a connection is forgotten."""
        found: list[Timeouts] = []
        self._ask(
            "read the timeouts",
            Command.GET_CONFIG,
            b"",
            lambda *at: found.append(answers.timeouts(*at)),
        )
        return found[0]

    def set_timeouts(self, timeouts: Timeouts) -> None:
        """Change the timeouts; 0 leaves one as it is."""
        payload = wire.timeouts_payload(timeouts)
        self._ask("set the timeouts", Command.SET_CONFIG, payload, meanings=_TIMEOUTS)

    def version(self) -> Version:
        """Return the version of IPVS and the size of its connection table."""
        found: list[Version] = []
        self._ask(
            "read the version",
            Command.GET_INFO,
            b"",
            lambda *at: found.append(answers.version(*at)),
        )
        return found[0]

    def daemons(self) -> list[Daemon]:
        """Return the sync daemons that run, at most one a role."""
        found: list[Daemon] = []
        self._dump(
            "read the sync daemons",
            Command.GET_DAEMON,
            b"",
            lambda *at: found.append(answers.daemon(*at)),
        )
        return found

    def start_daemon(self, daemon: Daemon) -> None:
        """Start a sync daemon; a second one of its role is refused."""
        what = f"start the {daemon.role.name.lower()} sync daemon"
        what += f" on {daemon.interface!r}"
        payload = wire.daemon_payload(daemon)
        self._ask(what, Command.NEW_DAEMON, payload, meanings=_DAEMON)

    def stop_daemon(self, role: Role) -> None:
        """Stop the sync daemon of *role*."""
        what = f"stop the {role.name.lower()} sync daemon"
        payload = wire.role_payload(role)
        self._ask(what, Command.DEL_DAEMON, payload, meanings=_DAEMON)

    def _services(self) -> dict[ServiceKey, Settings]:
        found: dict[ServiceKey, Settings] = {}

        def take(page: bytearray, start: int, end: int) -> None:
            key, settings = answers.service(page, start, end)
            found[key] = settings

        self._dump("read the virtual services", Command.GET_SERVICE, b"", take, found)
        return found

    def _named(self, keys: Collection[ServiceKey]) -> dict[ServiceKey, Settings]:
        found: dict[ServiceKey, Settings] = {}

        def take(page: bytearray, start: int, end: int) -> None:
            key, settings = answers.service(page, start, end)
            found[key] = settings

        for key in keys:
            payload = wire.service_named(key)
            try:
                self._channel.ask(self._family, Command.GET_SERVICE, payload, take)
            except RefusedError as answer:
                if answer.number != errno.ESRCH:
                    raise refused(f"read {key}", answer.number, {}) from answer
        return found

    def _destinations(self, key: ServiceKey) -> dict[Endpoint, Destination]:
        found: dict[Endpoint, Destination] = {}
        version = key.version
        read = answers.destination

        def take(page: bytearray, start: int, end: int) -> None:
            endpoint, destination = read(page, start, end, version)
            found[endpoint] = destination

        payload = wire.service_named(key)
        self._dump(f"read {key}", Command.GET_DEST, payload, take, found)
        return found

    def _destination_statistics(
        self, key: ServiceKey
    ) -> dict[Endpoint, DestinationStatistics]:
        found: dict[Endpoint, DestinationStatistics] = {}

        def take(page: bytearray, start: int, end: int) -> None:
            endpoint, counted = answers.destination_statistics(
                page, start, end, key.version
            )
            found[endpoint] = counted

        payload = wire.service_named(key)
        self._dump(f"read {key}", Command.GET_DEST, payload, take)
        return found

    def _dump(
        self,
        what: str,
        command: Command,
        payload: bytes,
        take: Take,
        found: dict[ServiceKey, Settings] | dict[Endpoint, Destination] | None = None,
    ) -> None:
        """Dump until nobody disturbs it, at most *ATTEMPTS* times."""
        for _ in range(ATTEMPTS):
            if found is not None:
                found.clear()
            try:
                if self._channel.dump(self._family, command, payload, take):
                    return
            except RefusedError as answer:
                raise refused(what, answer.number, {}) from answer

    def _ask(
        self,
        what: str,
        command: Command,
        payload: bytes,
        take: Take = lambda *_: None,
        meanings: Mapping[int, str] | None = None,
    ) -> None:
        try:
            self._channel.ask(self._family, command, payload, take)
        except RefusedError as answer:
            raise refused(what, answer.number, meanings or {}) from answer


def _family(channel: Channel) -> int:
    for load in (False, True):
        if load:
            _load_module()
        try:
            return _family_now(channel)
        except RefusedError as answer:
            if answer.number != errno.ENOENT:
                raise refused("find ip_vs", answer.number, {}) from answer
    raise KernelError(
        errno.ENOENT,
        "the kernel has no ip_vs: the module is not there or may not be loaded",
    )


def _family_now(channel: Channel) -> int:
    found: list[int] = []
    channel.ask(
        wire.CONTROLLER,
        wire.GET_FAMILY,
        wire.FAMILY_NAMED,
        lambda *at: found.append(answers.family_number(*at)),
    )
    return found[0]


def _load_module() -> None:
    """Ask for the module; whether it came shows when the family is looked up."""
    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            ["modprobe", "ip_vs"],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=MODULE_SECONDS,
        )
