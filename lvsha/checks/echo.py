"""ICMP echo, version 4 (RFC 792) and 6 (RFC 4443): bytes only, no socket."""

import struct
from dataclasses import dataclass
from typing import Final

# What ldirectord sends.
DATA: Final = 64

_HEAD: Final = struct.Struct("!BBHHH")
_REQUEST: Final = {4: 8, 6: 128}
_REPLY: Final = {4: 0, 6: 129}
_IPV4: Final = 4


@dataclass(frozen=True, slots=True)
class Echo:
    """An echo reply: whose question it answers, and the data that came back."""

    identifier: int
    sequence: int
    data: bytes


def request(version: int, identifier: int, sequence: int, cookie: bytes) -> bytes:
    """Return an echo request with *cookie*, which fills it up, as its data.

    The kernel sums up version 6 itself, and version 4 on a datagram socket.
    """
    data = cookie.ljust(DATA, b"\0")
    head = _HEAD.pack(_REQUEST[version], 0, 0, identifier, sequence)
    total = _checksum(head + data) if version == _IPV4 else 0
    return _HEAD.pack(_REQUEST[version], 0, total, identifier, sequence) + data


def reply(version: int, heard: bytes, *, raw: bool) -> Echo | None:
    """Return the echo reply in *heard*, None for anything else.

    A *raw* IPv4 socket hands over the IP header, too.
    """
    if raw and version == _IPV4:
        if not heard:
            return None
        heard = heard[(heard[0] & 0x0F) * 4 :]
    if len(heard) < _HEAD.size:
        return None
    kind, code, _, identifier, sequence = _HEAD.unpack_from(heard)
    if kind != _REPLY[version] or code:
        return None
    return Echo(identifier, sequence, heard[_HEAD.size :])


def _checksum(message: bytes) -> int:
    """Return the Internet checksum (RFC 1071) of a *message* of even length."""
    total: int = sum(struct.unpack(f"!{len(message) // 2}H", message))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
