"""``lvsha vip``: the director's addresses by hand, where no cluster has them."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import NamedTuple

import click

from lvsha.cli.exits import MEANINGS, Exit, table
from lvsha.cli.instances import fail
from lvsha.errors import KernelError
from lvsha.identity import Address
from lvsha.vip.addresses import Interfaces
from lvsha.vip.announce import announce, owners
from lvsha.vip.background import Pace, announcing
from lvsha.vip.wire import NAME_LENGTH, Grant, Held, Link

_ASKING = 0.1


def address(word: str) -> IPv4Interface | IPv6Interface:
    """Return an address with or without a prefix length, as it was given."""
    try:
        return ip_interface(word)
    except ValueError:
        raise click.BadParameter(f"expected an address, got '{word}'") from None


_vips = click.argument("vips", nargs=-1, required=True, type=address, metavar="VIP...")
_nic = click.option("--nic", metavar="NAME", help="The interface (default: found).")
_times = click.option(
    "--times",
    type=click.IntRange(1, 1000),
    default=5,
    show_default=True,
    help="How often to tell the neighbours, the first time at once.",
)
_pace = click.option(
    "--pace",
    type=click.FloatRange(0.001),
    default=0.2,
    show_default=True,
    help="Seconds from one time to the next; they pass in the background.",
)


class _Place(NamedTuple):
    """An address of the machine, and the interface that has it."""

    held: Held
    link: Link


@click.group(
    epilog="Clusters have ocf:lvsha:vip for this.\n\n"
    f"\b\nExit status:\n{table(MEANINGS)}"
)
def vip() -> None:
    """Take and give up virtual addresses, and tell the neighbours.

    \b
    lvsha vip add 192.0.2.10 2001:db8::10
    lvsha vip del 192.0.2.10
    """  # noqa: D301 - click looks for a backspace


@vip.command()
@_vips
@_nic
@click.option("--label", default="", help="Label of IPv4 addresses (eth0:LABEL).")
@click.option("--no-test", is_flag=True, help="Take one that somebody else has, too.")
@click.option(
    "--source", is_flag=True, help="Let connections begin at an IPv6 address."
)
@_times
@_pace
def add(  # noqa: PLR0913, PLR0917 - one for each option
    vips: Sequence[IPv4Interface | IPv6Interface],
    nic: str | None,
    label: str,
    no_test: bool,
    source: bool,
    times: int,
    pace: float,
) -> None:
    """Take each VIP, unless somebody else answers for it, and announce it.

    Without a prefix length it is 32 or 128, which brings no route. A VIP that
    is here already is announced again.
    """
    with _kernel() as interfaces:
        for one in vips:
            link = interfaces.link(nic) if nic else interfaces.toward(one.ip)
            here = {held.address for held in interfaces.held()}
            if one.ip not in here and not no_test and link.carrier:
                for claim in owners(link, [one.ip], seconds=_ASKING):
                    at = claim.hardware.hex(":") or "an unknown address"
                    fail(f"{one.ip} is in use on '{link.name}' at {at}", Exit.FAILED)
            words = f"{link.name}:{label}"[:NAME_LENGTH] if label else ""
            grant = Grant(
                one.ip,
                one.network.prefixlen,
                words if one.version == 4 else "",  # noqa: PLR2004
                source=source,
            )
            interfaces.add(grant, link)
            interfaces.wait_settled([one.ip], seconds=5)
            _tell(link, [one.ip], Pace(times, pace))


@vip.command(name="del")
@_vips
@_nic
def delete(vips: Sequence[IPv4Interface | IPv6Interface], nic: str | None) -> None:
    """Give each VIP up; one that is not here is fine.

    An address on lo is left to lvsha realserver. Announcements that go on in
    the background end by themselves.
    """
    with _kernel() as interfaces:
        names = {link.name for link in interfaces.links() if not link.loopback}
        if nic is not None:
            names = {interfaces.link(nic).name}
        for one in vips:
            interfaces.remove(one.ip, within=names)


@vip.command(name="announce")
@_vips
@_times
@_pace
def announce_again(
    vips: Sequence[IPv4Interface | IPv6Interface], times: int, pace: float
) -> None:
    """Tell the neighbours of each VIP that it is here.

    With ARP, as a request and as a reply, or with an unsolicited neighbour
    advertisement. Nobody is told of a VIP that is not here: that is status 3.
    """
    wanted = [one.ip for one in vips]
    with _kernel() as interfaces:
        places = _places(interfaces, wanted)
        for place in places:
            _tell(place.link, [place.held.address], Pace(times, pace))
    missing = [
        str(one) for one in wanted if one not in {p.held.address for p in places}
    ]
    if missing:
        fail(f"not here: {', '.join(missing)}", Exit.OTHERWISE)


@vip.command()
@click.argument("vips", nargs=-1, type=address, metavar="[VIP]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(
    vips: Sequence[IPv4Interface | IPv6Interface],
    as_json: bool,
) -> None:
    """Show each VIP: whether it is here, where, and whether it can be used.

    Without a VIP, all addresses but those of loopback. Status 3 when one is
    missing, and 1 when one is here and cannot be used.
    """
    wanted = [one.ip for one in vips]
    with _kernel() as interfaces:
        places = _places(interfaces, wanted or None)
    rows = [_row(place) for place in places]
    found = {place.held.address for place in places}
    rows += [
        {"address": str(one), "present": False} for one in wanted if one not in found
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        for row in rows:
            click.echo(_line(row))
    if any(not row["present"] for row in rows):
        sys.exit(Exit.OTHERWISE)
    usable = all(row["carrier"] and not row["tentative"] for row in rows)
    sys.exit(Exit.DONE if usable else Exit.FAILED)


@contextmanager
def _kernel() -> Iterator[Interfaces]:
    try:
        with Interfaces() as interfaces:
            yield interfaces
    except KernelError as error:
        fail(str(error), Exit.FAILED)


def _places(
    interfaces: Interfaces, addresses: Sequence[Address] | None
) -> list[_Place]:
    links = {link.index: link for link in interfaces.links() if not link.loopback}
    return [
        _Place(held, links[held.index])
        for held in interfaces.held()
        if held.index in links and (addresses is None or held.address in addresses)
    ]


def _tell(link: Link, addresses: Sequence[Address], pace: Pace) -> None:
    if link.carrier:
        announce(link, addresses)
    announcing(link.name, addresses, pace)


def _row(place: _Place) -> dict[str, object]:
    held, link = place
    return {
        "address": str(held.address),
        "present": True,
        "prefix": held.prefix,
        "nic": link.name,
        "label": held.label,
        "hardware": link.hardware.hex(":"),
        "carrier": link.carrier,
        "tentative": held.tentative or held.duplicate,
        "duplicate": held.duplicate,
        "source": bool(held.preferred),
    }


def _line(row: dict[str, object]) -> str:
    if not row["present"]:
        return f"{row['address']}: not here"
    words = [f"{row['address']}/{row['prefix']} on {row['nic']}"]
    words += ["no carrier"] if not row["carrier"] else []
    if row["duplicate"]:
        words.append("somebody else has it")
    elif row["tentative"]:
        words.append("tentative")
    return ", ".join(words)
