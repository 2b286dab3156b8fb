"""IPVS connection synchronisation as resources ask for it: parameters and daemons.

The kernel has one daemon a role in a network namespace, whoever started it.
"""

from collections.abc import Collection
from ipaddress import ip_address
from typing import NamedTuple, Self

from lvsha.address import Address
from lvsha.errors import KernelError
from lvsha.ocf.environment import Environment, Malformed
from lvsha.vip.wire import NAME_LENGTH

# From ip_vs_sync.c and ip_vs_genl_new_daemon.
HIGHEST_ID = 255
_HIGHEST_PORT = 65535
_HIGHEST_TTL = 255
_SHORTEST = 96
_LONGEST = 65535

MASTER = "master"
BACKUP = "backup"
BOTH = (BACKUP, MASTER)


class Sync(NamedTuple):
    """What the daemons are started with; 0 and None leave it to the kernel."""

    interface: str
    sync_id: int = 0
    backup_id: int = 0
    group: Address | None = None
    port: int = 0
    ttl: int = 0
    maxlen: int = 0

    @classmethod
    def of(cls, environment: Environment) -> Self | None:
        """Return what *environment* asks for, None without an interface.

        Raises Malformed.
        """
        interface = environment.text("sync_interface")
        if not interface:
            return None
        if len(interface) > NAME_LENGTH:
            raise Malformed(
                f"parameter 'sync_interface': {interface!r} is longer than"
                f" {NAME_LENGTH} characters"
            )
        number = environment.number
        maxlen = number("sync_maxlen", default=0, most=_LONGEST)
        if 0 < maxlen < _SHORTEST:
            raise Malformed(
                f"parameter 'sync_maxlen': expected {_SHORTEST} or more, got {maxlen}"
            )
        identity = number("sync_id", default=0, most=HIGHEST_ID)
        return cls(
            interface=interface,
            sync_id=identity,
            backup_id=number("backup_id", default=identity, most=HIGHEST_ID),
            group=_group(environment.text("sync_group")),
            port=number("sync_port", default=0, most=_HIGHEST_PORT),
            ttl=number("sync_ttl", default=0, most=_HIGHEST_TTL),
            maxlen=maxlen,
        )


def _group(word: str) -> Address | None:
    if not word:
        return None
    try:
        group = ip_address(word)
    except ValueError:
        group = None
    if group is None or not group.is_multicast:
        raise Malformed(
            f"parameter 'sync_group': expected a multicast address, got {word!r}"
        )
    return group


def running() -> set[str]:
    """Return the roles whose daemon runs; raises *KernelError*."""
    from lvsha.ipvs.kernel import Kernel  # noqa: PLC0415 - only who synchronises waits

    with Kernel.open() as kernel:
        return {daemon.role.name.lower() for daemon in kernel.daemons()}


def start(sync: Sync, roles: Collection[str]) -> None:
    """Have the daemons of *roles* run as *sync* says; raises *KernelError*.

    One that runs otherwise is stopped first.
    """
    from lvsha.ipvs.counters import Daemon, Role  # noqa: PLC0415
    from lvsha.ipvs.kernel import Kernel  # noqa: PLC0415

    with Kernel.open() as kernel:
        running = {daemon.role: daemon for daemon in kernel.daemons()}
        for role in roles:
            wanted = Daemon(
                role=Role[role.upper()],
                interface=sync.interface,
                sync_id=sync.sync_id if role == MASTER else sync.backup_id,
                max_length=sync.maxlen,
                group=sync.group,
                port=sync.port,
                ttl=sync.ttl,
            )
            daemon = running.get(wanted.role)
            if daemon is not None:
                if _same(
                    (daemon.interface, daemon.sync_id, daemon.group, daemon.port),
                    (wanted.interface, wanted.sync_id, wanted.group, wanted.port),
                ):
                    continue
                kernel.stop_daemon(wanted.role)
            kernel.start_daemon(wanted)


def _same(has: tuple[object, ...], wants: tuple[object, ...]) -> bool:
    """Tell whether all that is wished for is so; the rest was left to the kernel."""
    interface_and_id, rest = wants[:2], wants[2:]
    return has[:2] == interface_and_id and all(
        not want or want == have for have, want in zip(has[2:], rest, strict=True)
    )


def stop(roles: Collection[str]) -> list[str]:
    """Stop the daemons of *roles*; return what went wrong, which harms nobody."""
    from lvsha.ipvs.counters import Role  # noqa: PLC0415
    from lvsha.ipvs.kernel import Kernel  # noqa: PLC0415

    wrong: list[str] = []
    try:
        with Kernel.open() as kernel:
            there = {daemon.role.name.lower() for daemon in kernel.daemons()}
            for role in sorted(there & set(roles)):
                kernel.stop_daemon(Role[role.upper()])
    except KernelError as error:
        wrong.append(str(error))
    return wrong
