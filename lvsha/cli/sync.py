"""``lvsha sync``: whether connections survive a failover, and what they need for it."""

import json
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from lvsha.cli.exits import Exit, table
from lvsha.cli.instances import fail, rundir_option
from lvsha.engine.instance import run_directory
from lvsha.engine.tuning import Tuning
from lvsha.errors import KernelError
from lvsha.identity import Forwarding, Vip
from lvsha.ipvs import connections, sysctl, totals
from lvsha.ipvs.connections import Origin, Share
from lvsha.ipvs.counters import Counters, Daemon, Role
from lvsha.ipvs.kernel import Kernel
from lvsha.ipvs.profile import MOST_PORTS, Difference, Site, differences, profile
from lvsha.vip.addresses import Interfaces

_PORTS: Final = "sync_ports"
_SIZE: Final = "sync_sock_size"


@dataclass(frozen=True, slots=True)
class Report:
    """What ``status`` tells. *dropped* and *share* are None where nobody knows."""

    site: Site
    daemons: list[Daemon]
    dropped: int | None
    counters: Counters
    shares: Mapping[Origin, Share]
    share: float | None
    differences: list[Difference]

    @property
    def problems(self) -> list[str]:
        """Return what keeps connections from surviving, in words."""
        found = []
        if not self.daemons and not self.site.stateless:
            found.append("no sync daemon runs: the peer is told of no connection")
        return found + [_differs(one) for one in self.differences]


_STATUSES: Final = (
    (0, "status: connections survive; profile: shown, set or set back"),
    (1, "status: no daemon runs, or a sysctl differs; the kernel refused something"),
    (2, "the command line is wrong"),
)


@click.group(epilog=f"\b\nExit status:\n{table(_STATUSES)}")
def sync() -> None:
    """Have connections survive a failover, and see whether they would."""


@sync.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--peer-count",
    type=click.IntRange(0),
    metavar="N",
    help="Connections the peer has: tell which share the standby holds.",
)
@rundir_option
def status(as_json: bool, peer_count: int | None, rundir: Path | None) -> None:
    """Show the sync daemons, the connections, and the sysctls beside the profile.

    Status 1 when no daemon runs or a sysctl is not as the profile has it; the
    profile is the one that was applied last, or else the one for sync daemons.

    The kernel does not tell when it sent last. Messages it dropped are those
    for which a backup daemon had no room.
    """
    with _kernel() as kernel:
        site = _site(kernel, _tuning(rundir).site())
        report = _report(kernel, site, peer_count)
    if as_json:
        click.echo(json.dumps(_object(report), indent=2))
    else:
        for line in _lines(report):
            click.echo(line)
    sys.exit(Exit.FAILED if report.problems else Exit.DONE)


@sync.command(name="profile")
@click.option("--show", "do", flag_value="show", default=True, help="The default.")
@click.option("--apply", "do", flag_value="apply", help="Set what differs.")
@click.option("--restore", "do", flag_value="restore", help="Set all back.")
@click.option(
    "--stateless",
    is_flag=True,
    help="Without sync daemons; every virtual service needs scheduler mh or sh.",
)
@click.option(
    "--sync-ports",
    type=click.IntRange(1, MOST_PORTS),
    metavar="N",
    help="Ports of the daemons: a power of two, as many as the peer has.",
)
@rundir_option
def profile_of(
    do: str, stateless: bool, sync_ports: int | None, rundir: Path | None
) -> None:
    """Show the sysctls with which connections survive; set them, and set them back.

    With --apply the values from before are kept, until --restore, below the
    run directory. Applied again, also with other options, they stay the ones
    from before the first time. What somebody else has changed meanwhile is
    left as it is by --restore.
    """
    try:
        asked = Site(stateless=stateless, sync_ports=sync_ports)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    tuning = _tuning(rundir)
    if do == "restore":
        with _refusals():
            for left in tuning.restore():
                click.echo(f"{left}: changed by somebody else, left as it is", err=True)
        return
    with _kernel() as kernel:
        site = _site(kernel, asked)
        running = kernel.daemons()
    wanted = profile(site)
    if do == "show":
        with _refusals():
            before = sysctl.read(wanted)
        for name, setting in wanted.items():
            actual = before.get(name, "missing")
            now = "" if actual == setting.value else f" (is {actual})"
            click.echo(f"net.ipv4.vs.{name} = {setting.value}{now}: {setting.reason}")
        return
    with _refusals():
        changed = tuning.apply(site, wanted)
    for one in changed:
        click.echo(f"net.ipv4.vs.{one.name}: {one.actual} -> {one.wanted}")
    late = [one.name for one in changed if one.name in {_PORTS, _SIZE}]
    if running and late:
        names = " and ".join(late)
        click.echo(f"{names}: the daemons that run keep theirs until started again")


def _report(kernel: Kernel, site: Site, peer_count: int | None) -> Report:
    daemons = kernel.daemons()
    wanted = profile(site)
    actual = sysctl.read([*wanted, _PORTS])
    number = int(actual.get(_PORTS, "1"))
    ports = {
        port
        for daemon in daemons
        if daemon.role is Role.BACKUP
        for first in [daemon.port or totals.SYNC_PORT]
        for port in range(first, first + number)
    }
    shares = connections.count()
    return Report(
        site=site,
        daemons=daemons,
        dropped=totals.read_drops(ports) if ports else None,
        counters=totals.read(),
        shares=shares,
        share=None if peer_count is None else _share(kernel, shares, peer_count),
        differences=differences(wanted, actual),
    )


def _share(kernel: Kernel, shares: Mapping[Origin, Share], peer_count: int) -> float:
    """Return how much of the active director's connections the standby has."""
    ours = sum(one.connections for one in shares.values())
    roles = {daemon.role for daemon in kernel.daemons()}
    standby = is_standby(roles, shares, served=_served(kernel))
    held, every = (ours, peer_count) if standby else (peer_count, ours)
    return min(1.0, held / every) if every else 1.0


def is_standby(
    roles: Collection[Role], shares: Mapping[Origin, Share], *, served: bool | None
) -> bool:
    """Tell whether the peer is the active director, and not this one.

    A backup daemon alone tells it. Otherwise, both daemons run on each of two: the
    active one has the VIPs (*served*; None where no virtual service has any), or else
    more connections of its own than the peer told it of.
    """
    if Role.BACKUP not in roles:
        return False
    if Role.MASTER not in roles:
        return True
    if served is not None:
        return not served
    return shares[Origin.LOCAL].connections < shares[Origin.SYNC].connections


def _served(kernel: Kernel) -> bool | None:
    """Tell whether a VIP of the table is on an interface; None if there is none.

    On the loopback a director has it that is a real server as well.
    """
    vips = {key.endpoint.address for key in kernel.read() if isinstance(key, Vip)}
    if not vips:
        return None
    with Interfaces() as interfaces:
        loopback = interfaces.link("lo").index
        held = interfaces.held()
    return any(one.address in vips and one.index != loopback for one in held)


def _object(report: Report) -> dict[str, object]:
    counters = report.counters
    return {
        "well": not report.problems,
        "profile": "stateless" if report.site.stateless else "sync",
        "daemons": [
            {
                "role": one.role.name.lower(),
                "id": one.sync_id,
                "interface": one.interface,
                "max_length": one.max_length,
                "group": str(one.group) if one.group else None,
                "port": one.port or totals.SYNC_PORT,
            }
            for one in report.daemons
        ],
        "dropped": report.dropped,
        "counters": {
            "connections": counters.connections,
            "packets_in": counters.packets_in,
            "packets_out": counters.packets_out,
            "bytes_in": counters.bytes_in,
            "bytes_out": counters.bytes_out,
        },
        "connections": {
            origin.name.lower(): {
                "connections": one.connections,
                "established": one.established,
            }
            for origin, one in report.shares.items()
        },
        "share": report.share,
        "differences": [one._asdict() for one in report.differences],
        "problems": report.problems,
    }


def _lines(report: Report) -> Iterator[str]:
    for one in report.daemons:
        line = f"{one.role.name.lower()}: id {one.sync_id} on {one.interface}"
        line += f", messages up to {one.max_length} bytes"
        if one.role is Role.BACKUP and report.dropped is not None:
            line += f", {report.dropped} messages dropped"
        yield line
    local, synced = report.shares[Origin.LOCAL], report.shares[Origin.SYNC]
    established = local.established + synced.established
    yield (
        f"connections: {local.connections} of our own, {synced.connections} from"
        f" the peer; {established} established"
    )
    yield (
        f"forwarded: {report.counters.connections} connections,"
        f" {report.counters.packets_in} packets in"
    )
    if report.share is not None:
        yield f"the standby holds {report.share:.1%} of the connections"
    yield from report.problems


def _differs(one: Difference) -> str:
    actual = one.actual or "missing"
    return f"net.ipv4.vs.{one.name} is {actual}, not {one.wanted}: {one.reason}"


def _site(kernel: Kernel, asked: Site) -> Site:
    """Return what was *asked* for, with the forwarding methods there are."""
    methods: set[Forwarding] = {
        destination.forwarding
        for service in kernel.read().values()
        for destination in service.destinations.values()
    }
    return Site(frozenset(methods), asked.stateless, asked.sync_ports)


def _tuning(rundir: Path | None) -> Tuning:
    return Tuning(run_directory(rundir) / "sync")


@contextmanager
def _kernel() -> Iterator[Kernel]:
    with _refusals(), Kernel.open() as kernel:
        yield kernel


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except KernelError as error:
        fail(str(error), Exit.FAILED)
