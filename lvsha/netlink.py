"""Netlink and generic netlink framing: messages, attributes, numbers; no socket.

What the IPVS family says inside these frames is in :mod:`lvsha.ipvs.wire`
(requests) and :mod:`lvsha.ipvs.answers`; what is said of links, addresses and
routes in :mod:`lvsha.vip.wire`. Names and numbers are those of
``linux/netlink.h`` and ``linux/genetlink.h``.
"""

import enum
from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

Buffer = bytes | bytearray | memoryview

# struct nlmsghdr (length, type, flags, sequence, port) and struct genlmsghdr
# (command, version, reserved), native byte order.
NETLINK: Final = Struct("=IHHII")
HEADER: Final = Struct("=IHHIIBBH")
ATTRIBUTE: Final = Struct("=HH")

# NLA_F_NESTED and NLA_F_NET_BYTEORDER share the type field with the type.
NESTED: Final = 0x8000
TYPE_MASK: Final = 0x3FFF


class Kind(enum.IntEnum):
    """Message types below the first family's."""

    ERROR = 2
    DONE = 3
    OVERRUN = 4


class Flag(enum.IntFlag):
    """``NLM_F_*``."""

    REQUEST = 0x1
    ACK = 0x4
    DUMP_INTERRUPTED = 0x10
    DUMP = 0x300


class Message(NamedTuple):
    """Where one message lies in a buffer: *start* is past both headers."""

    kind: int
    flags: int
    sequence: int
    start: int
    end: int


class TruncatedError(Exception):
    """The bytes end inside a message or an attribute."""


def aligned(length: int) -> int:
    """Return *length* rounded up to the four bytes netlink pads to."""
    return (length + 3) & ~3


def attribute(kind: int, payload: bytes) -> bytes:
    """Return *payload* as one attribute, padded."""
    length = ATTRIBUTE.size + len(payload)
    return ATTRIBUTE.pack(length, kind) + payload + bytes(-length % 4)


def nested(kind: int, payload: bytes) -> bytes:
    """Return attributes as one attribute that holds them; IPVS needs no padding."""
    return ATTRIBUTE.pack(ATTRIBUTE.size + len(payload), kind | NESTED) + payload


def text(kind: int, value: str) -> bytes:
    """Return a zero-terminated string attribute."""
    return attribute(kind, value.encode("ascii") + b"\0")


def messages(buffer: Buffer, length: int) -> Iterator[Message]:
    """Yield the messages in the first *length* bytes of *buffer*, in order.

    Raises *TruncatedError* for a message that ends behind the buffer.
    """
    at = 0
    while at + NETLINK.size <= length:
        size, kind, flags, sequence, _ = NETLINK.unpack_from(buffer, at)
        if size < NETLINK.size or at + size > length:
            raise TruncatedError("a message ends behind the buffer")
        yield Message(kind, flags, sequence, at + NETLINK.size, at + size)
        at += aligned(size)


def attributes(buffer: Buffer, start: int, end: int) -> dict[int, tuple[int, int]]:
    """Return where each attribute's payload lies, ``(start, end)`` by type.

    The last of several wins, as in the kernel's ``nla_parse``. Raises
    *TruncatedError* for an attribute that ends behind *end*.
    """
    found: dict[int, tuple[int, int]] = {}
    while start + ATTRIBUTE.size <= end:
        length, kind = ATTRIBUTE.unpack_from(buffer, start)
        if length < ATTRIBUTE.size or start + length > end:
            raise TruncatedError("an attribute ends behind its frame")
        found[kind & TYPE_MASK] = (start + ATTRIBUTE.size, start + length)
        start += aligned(length)
    return found
