"""``lvsha realserver``: the VIP on a real server, for machines outside the cluster."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Interface, IPv6Interface
from pathlib import Path

import click

from lvsha.cli.exits import MEANINGS, Exit, table
from lvsha.cli.instances import fail, rundir_option
from lvsha.cli.vip import address
from lvsha.engine.instance import run_directory
from lvsha.errors import KernelError
from lvsha.vip.realserver import Place, RealServer, Status, placed

_vips = click.argument("vips", nargs=-1, required=True, type=address, metavar="VIP...")
_nic = click.option(
    "--nic",
    type=click.Choice(["lo", "tunl0", "ip6tnl0"]),
    default="lo",
    show_default=True,
    help="lo for gate, tunl0 for ipip (ip6tnl0 for IPv6).",
)


@click.group(
    epilog="Clusters have ocf:lvsha:realserver for this.\n\n"
    f"\b\nExit status:\n{table(MEANINGS)}"
)
def realserver() -> None:
    """Let a real server take packets for VIPs, and keep quiet about them.

    The director forwards with gate or ipip: the packets still have the VIP as
    destination. With masq there is nothing to do.
    """


@realserver.command()
@_vips
@_nic
@rundir_option
def up(
    vips: Sequence[IPv4Interface | IPv6Interface], nic: str, rundir: Path | None
) -> None:
    """Have each VIP on lo or the tunnel; ARP does not tell anybody.

    The previous arp_ignore, arp_announce and rp_filter are kept until the last
    VIP goes down.
    """
    with _here(rundir) as here:
        here.up([placed(one.ip, nic) for one in vips])


@realserver.command()
@_vips
@rundir_option
def down(vips: Sequence[IPv4Interface | IPv6Interface], rundir: Path | None) -> None:
    """Give each VIP up; with the last one everything is as it was before.

    A VIP that is not here is fine.
    """
    with _here(rundir) as here:
        here.down([one.ip for one in vips])


@realserver.command()
@click.argument("vips", nargs=-1, type=address, metavar="[VIP]...")
@_nic
@rundir_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(
    vips: Sequence[IPv4Interface | IPv6Interface],
    nic: str,
    rundir: Path | None,
    as_json: bool,
) -> None:
    """Show whether each VIP is here and kept quiet about; all that are up without VIP.

    Status 3 when one is missing, and 1 when the network would hear of one.
    """
    with _here(rundir) as here:
        known = {place.address: place for place in here.places()}
        places: list[Place] = [
            known.get(one.ip, placed(one.ip, nic)) for one in vips
        ] or list(known.values())
        told = here.status(places)
    if as_json:
        click.echo(json.dumps([_row(one) for one in told], indent=2))
    else:
        for one in told:
            click.echo(_line(one))
    if not told or not all(one.present for one in told):
        sys.exit(Exit.OTHERWISE)
    sys.exit(Exit.DONE if all(one.well for one in told) else Exit.FAILED)


@contextmanager
def _here(rundir: Path | None) -> Iterator[RealServer]:
    try:
        yield RealServer(run_directory(rundir) / "realserver")
    except KernelError as error:
        fail(str(error), Exit.FAILED)


def _row(one: Status) -> dict[str, object]:
    return {
        "address": str(one.place.address),
        "nic": one.place.nic,
        "present": one.present,
        "problems": list(one.problems),
    }


def _line(one: Status) -> str:
    if not one.present:
        return f"{one.place.address}: not here"
    words = [f"{one.place.address} on {one.place.nic}", *one.problems]
    return ", ".join(words)
