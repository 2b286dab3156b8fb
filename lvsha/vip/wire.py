"""What is said to the kernel of links, addresses and routes, as bytes; no socket.

Names and numbers are those of ``linux/rtnetlink.h``, ``linux/if_addr.h``,
``linux/if_link.h`` and ``linux/if.h``.
"""

import enum
from ipaddress import ip_address
from struct import Struct
from typing import Final, NamedTuple

from lvsha.address import Address
from lvsha.netlink import NETLINK, Buffer, attribute, attributes

# struct ifinfomsg, struct ifaddrmsg, struct rtmsg and struct ifa_cacheinfo.
_LINK: Final = Struct("=BxHiII")
_ADDRESS: Final = Struct("=BBBBI")
_ROUTE: Final = Struct("=BBBBBBBBI")
_LIFE: Final = Struct("=IIII")
_NUMBER: Final = Struct("=I")

FOREVER: Final = 0xFFFFFFFF
# IFNAMSIZ, without the zero at its end.
NAME_LENGTH: Final = 15


class Request(enum.IntEnum):
    """``RTM_*``, as far as they are asked here."""

    NEW_LINK = 16
    GET_LINK = 18
    NEW_ADDRESS = 20
    DELETE_ADDRESS = 21
    GET_ADDRESS = 22
    NEW_ROUTE = 24
    GET_ROUTE = 26


class Make(enum.IntFlag):
    """``NLM_F_*`` of requests that make something."""

    EXCLUSIVE = 0x200
    CREATE = 0x400


class LinkFlag(enum.IntFlag):
    """``IFF_*``."""

    UP = 0x1
    LOOPBACK = 0x8
    NO_ARP = 0x80
    LOWER_UP = 0x10000


class AddressFlag(enum.IntFlag):
    """``IFA_F_*``."""

    NO_DAD = 0x02
    DAD_FAILED = 0x08
    DEPRECATED = 0x20
    TENTATIVE = 0x40
    PERMANENT = 0x80


class Family(enum.IntEnum):
    """``AF_*`` of the two versions of IP."""

    INET = 2
    INET6 = 10


class Link(NamedTuple):
    """A network interface; *hardware* is its address on the link, or empty."""

    index: int  # type: ignore[assignment] # nobody looks for a value in it
    name: str
    flags: int
    hardware: bytes = b""

    @property
    def carrier(self) -> bool:
        """Tell whether it is up and something is at the other end of it."""
        needed = LinkFlag.UP | LinkFlag.LOWER_UP
        return self.flags & needed == needed

    @property
    def loopback(self) -> bool:
        """Tell whether what is sent to it comes back."""
        return bool(self.flags & LinkFlag.LOOPBACK)

    @property
    def announces(self) -> bool:
        """Tell whether neighbours are found on it by ARP or neighbour discovery."""
        return not self.flags & (LinkFlag.LOOPBACK | LinkFlag.NO_ARP)


class Grant(NamedTuple):
    """An address to be put on an interface.

    Without *source* no connection of the machine's own begins at it: the
    kernel is told that it is past its preferred life. Only IPv6 knows that;
    an IPv4 address after an interface's first is never chosen. *life* is how many
    seconds it is preferred and how many it is valid, when that has an end.
    """

    address: Address
    prefix: int
    label: str = ""
    dad: bool = False
    source: bool = False
    host_scope: bool = False
    life: tuple[int, int] | None = None


class Held(NamedTuple):
    """An address that an interface has."""

    address: Address
    prefix: int
    index: int  # type: ignore[assignment] # nobody looks for a value in it
    flags: int
    label: str = ""
    preferred: int = FOREVER
    valid: int = FOREVER

    @property
    def life(self) -> tuple[int, int] | None:
        """Return its preferred and valid seconds, None when it has no end."""
        both = self.preferred, self.valid
        return None if both == (FOREVER, FOREVER) else both

    @property
    def tentative(self) -> bool:
        """Tell whether it waits for the end of duplicate address detection."""
        return bool(self.flags & AddressFlag.TENTATIVE) and not self.duplicate

    @property
    def duplicate(self) -> bool:
        """Tell whether the kernel found somebody else who has it."""
        return bool(self.flags & AddressFlag.DAD_FAILED)


def family(address: Address) -> Family:
    """Return the kernel's number of the version of *address*."""
    return Family.INET if address.version == 4 else Family.INET6  # noqa: PLR2004


def request(kind: Request, flags: int, sequence: int, payload: bytes) -> bytes:
    """Return a whole message."""
    return NETLINK.pack(NETLINK.size + len(payload), kind, flags, sequence, 0) + payload


def every_link() -> bytes:
    """Return what asks for all interfaces, and not for their statistics."""
    skip_statistics = 1 << 3
    return _LINK.pack(0, 0, 0, 0, 0) + attribute(29, _NUMBER.pack(skip_statistics))


def switched(index: int, *, up: bool) -> bytes:
    """Return what switches the interface *index* on or off."""
    return _LINK.pack(0, 0, index, LinkFlag.UP if up else 0, LinkFlag.UP)


def every_address() -> bytes:
    """Return what asks for all addresses of both families."""
    return _ADDRESS.pack(0, 0, 0, 0, 0)


def route_to(address: Address) -> bytes:
    """Return what asks by which route a packet to *address* would go."""
    head = _ROUTE.pack(family(address), address.max_prefixlen, 0, 0, 0, 0, 0, 0, 0)
    return head + attribute(1, address.packed)


def granted(grant: Grant, index: int) -> bytes:
    """Return what adds *grant* to the interface *index*."""
    address = grant.address
    flags = 0 if grant.dad else int(AddressFlag.NO_DAD)
    scope = 254 if grant.host_scope else 0
    head = _ADDRESS.pack(family(address), grant.prefix, flags, scope, index)
    body = attribute(2, address.packed) + attribute(1, address.packed)
    if grant.label:
        body += attribute(3, grant.label.encode("ascii") + b"\0")
    if grant.life is not None:
        body += attribute(6, _LIFE.pack(*grant.life, 0, 0))
    elif address.version == 6 and not grant.source:  # noqa: PLR2004
        body += attribute(6, _LIFE.pack(0, FOREVER, 0, 0))
    return head + body


def withdrawn(address: Address, prefix: int, index: int) -> bytes:
    """Return what takes *address* from the interface *index*."""
    head = _ADDRESS.pack(family(address), prefix, 0, 0, index)
    return head + attribute(2, address.packed)


def link(buffer: Buffer, start: int, end: int) -> Link:
    """Return the interface an answer tells of."""
    _, _, index, flags, _ = _LINK.unpack_from(buffer, start)
    found = attributes(buffer, start + _LINK.size, end)
    hardware = bytes(buffer[slice(*found[1])]) if 1 in found else b""
    return Link(index, _text(buffer, found[3]), flags, hardware)


def held(buffer: Buffer, start: int, end: int) -> Held | None:
    """Return the address an answer tells of; None of another family."""
    kind, prefix, flags, _, index = _ADDRESS.unpack_from(buffer, start)
    found = attributes(buffer, start + _ADDRESS.size, end)
    # IFA_LOCAL is ours, IFA_ADDRESS the peer's of a point-to-point link.
    place = found.get(2) or found.get(1)
    if kind not in set(Family) or place is None:
        return None
    preferred = valid = FOREVER
    if 6 in found:  # noqa: PLR2004
        preferred, valid = _LIFE.unpack_from(buffer, found[6][0])[:2]
    if 8 in found:  # noqa: PLR2004
        (flags,) = _NUMBER.unpack_from(buffer, found[8][0])
    return Held(
        address=ip_address(bytes(buffer[slice(*place)])),
        prefix=prefix,
        index=index,
        flags=flags,
        label=_text(buffer, found[3]) if 3 in found else "",  # noqa: PLR2004
        preferred=preferred,
        valid=valid,
    )


def outgoing(buffer: Buffer, start: int, end: int) -> int | None:
    """Return the index of the interface by which a route goes."""
    found = attributes(buffer, start + _ROUTE.size, end)
    oif = found.get(4)
    return None if oif is None else int(_NUMBER.unpack_from(buffer, oif[0])[0])


def _text(buffer: Buffer, place: tuple[int, int]) -> str:
    return bytes(buffer[slice(*place)]).rstrip(b"\0").decode(errors="replace")
