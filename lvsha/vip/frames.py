"""ARP and neighbour discovery as bytes: announcements, questions, answers.

Gratuitous ARP is RFC 5227 and RFC 826, the unsolicited neighbour
advertisement RFC 4861 section 7.2.6, the question before an address is used
RFC 5227 section 2.1.1 and RFC 4862 section 5.4.2. No socket here.
"""

from ipaddress import IPv4Address, IPv6Address
from struct import Struct, unpack
from typing import Final, NamedTuple

from lvsha.address import Address

ETHERNET_LENGTH: Final = 6
BROADCAST: Final = b"\xff" * ETHERNET_LENGTH
ARP_TYPE: Final = 0x0806
IPV6_TYPE: Final = 0x86DD
ICMPV6: Final = 58
# RFC 4861: whoever receives another limit has a router between.
HOP_LIMIT: Final = 255
ALL_NODES: Final = IPv6Address("ff02::1")

_ETHERNET: Final = Struct("!6s6sH")
# Hardware type and length, protocol type and length, operation, then two pairs.
_ARP: Final = Struct("!HHBBH6s4s6s4s")
_IPV6: Final = Struct("!IHBB16s16s")
_DISCOVERY: Final = Struct("!BBHI16s")
_REQUEST: Final = 1
_REPLY: Final = 2
_SOLICITATION: Final = 135
_ADVERTISEMENT: Final = 136
_TARGET_OPTION: Final = 2
_OVERRIDE: Final = 0x20000000
_ROUTER: Final = 0x80000000
_NOBODY: Final = bytes(ETHERNET_LENGTH)
_ETHERNET_HARDWARE: Final = 1
_IPV4_TYPE: Final = 0x0800


class Claim(NamedTuple):
    """Somebody on the link says that *address* is at *hardware*."""

    address: Address
    hardware: bytes


def announcements(address: Address, hardware: bytes) -> list[bytes]:
    """Return the frames that move *address* to *hardware* in every neighbour's table.

    Some switches and hosts believe only an ARP request, some only a reply.
    """
    if isinstance(address, IPv4Address):
        return [arp(_REQUEST, address, hardware), arp(_REPLY, address, hardware)]
    return [advertisement(address, hardware)]


def question(address: Address, hardware: bytes) -> bytes:
    """Return the frame that asks the link who has *address*, claiming nothing."""
    if isinstance(address, IPv4Address):
        asked = _ARP.pack(
            *(_ETHERNET_HARDWARE, _IPV4_TYPE, 6, 4, _REQUEST),
            *(hardware, bytes(4), _NOBODY, address.packed),
        )
        return _ETHERNET.pack(BROADCAST, hardware, ARP_TYPE) + asked
    return _solicitation(address, hardware)


def arp(operation: int, address: IPv4Address, hardware: bytes) -> bytes:
    """Return a gratuitous ARP frame: sender and target are both *address*."""
    target = BROADCAST if operation == _REPLY else _NOBODY
    said = _ARP.pack(
        *(_ETHERNET_HARDWARE, _IPV4_TYPE, 6, 4, operation),
        *(hardware, address.packed, target, address.packed),
    )
    return _ETHERNET.pack(BROADCAST, hardware, ARP_TYPE) + said


def advertisement(
    address: IPv6Address, hardware: bytes, *, router: bool = False
) -> bytes:
    """Return an unsolicited neighbour advertisement to all nodes, override set."""
    flags = _OVERRIDE | (_ROUTER if router else 0)
    said = _DISCOVERY.pack(_ADVERTISEMENT, 0, 0, flags, address.packed)
    said += bytes((_TARGET_OPTION, 1)) + hardware
    return _multicast(address, ALL_NODES, hardware, said)


def _solicitation(address: IPv6Address, hardware: bytes) -> bytes:
    """Return the question of duplicate address detection: from nobody."""
    said = _DISCOVERY.pack(_SOLICITATION, 0, 0, 0, address.packed)
    group = IPv6Address(int(IPv6Address("ff02::1:ff00:0")) | (int(address) & 0xFFFFFF))
    return _multicast(IPv6Address(0), group, hardware, said)


def _multicast(
    source: IPv6Address, group: IPv6Address, hardware: bytes, said: bytes
) -> bytes:
    """Return *said* as ICMPv6 to *group*, in IPv6, in Ethernet."""
    sum_of = source.packed + group.packed
    sum_of += len(said).to_bytes(4, "big") + ICMPV6.to_bytes(4, "big")
    said = said[:2] + checksum(sum_of + said).to_bytes(2, "big") + said[4:]
    head = _IPV6.pack(
        *(6 << 28, len(said), ICMPV6, HOP_LIMIT),
        *(source.packed, group.packed),
    )
    receiver = b"\x33\x33" + group.packed[-4:]
    return _ETHERNET.pack(receiver, hardware, IPV6_TYPE) + head + said


def checksum(content: bytes) -> int:
    """Return the internet checksum of *content* (RFC 1071)."""
    even = content + b"\0" * (len(content) % 2)
    total: int = sum(unpack(f"!{len(even) // 2}H", even))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def claim(frame: bytes) -> Claim | None:
    """Return what an Ethernet *frame* with ARP claims; None when it claims nothing.

    An ARP packet claims its sender's address, whether it asks or answers. The
    question of somebody who wants the same address at the same time is a
    claim too (RFC 5227 section 2.1.1).
    """
    if len(frame) < _ETHERNET.size + _ARP.size:
        return None
    if _ETHERNET.unpack_from(frame)[2] != ARP_TYPE:
        return None
    kind, protocol, *sizes, operation, hardware, sender, _, target = _ARP.unpack_from(
        frame, _ETHERNET.size
    )
    expected = [_ETHERNET_HARDWARE, _IPV4_TYPE, ETHERNET_LENGTH, 4]
    if [kind, protocol, *sizes] != expected:
        return None
    asked_at_once = sender == bytes(4) and operation == _REQUEST
    return Claim(IPv4Address(target if asked_at_once else sender), hardware)


def discovery_claim(said: bytes) -> Claim | None:
    """Return what an ICMPv6 message *said* claims; None when it claims nothing.

    An advertisement claims its target. Its sender's hardware address is in an
    option, which an answer to everybody always has.
    """
    if len(said) < _DISCOVERY.size:
        return None
    kind, code, _, _, target = _DISCOVERY.unpack_from(said)
    if kind != _ADVERTISEMENT or code:
        return None
    options = said[_DISCOVERY.size :]
    hardware = b""
    if options[:2] == bytes((_TARGET_OPTION, 1)):
        hardware = options[2 : 2 + ETHERNET_LENGTH]
    return Claim(IPv6Address(target), hardware)
