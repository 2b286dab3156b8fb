"""Telling the link where an address is now, and asking it who has one."""

import errno
import select
import socket
import struct
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from lvsha.address import Address
from lvsha.errors import KernelError
from lvsha.vip import frames
from lvsha.vip.frames import Claim
from lvsha.vip.wire import Link

# From linux/icmpv6.h and linux/in6.h: ICMPV6_FILTER blocks a type by a set bit.
_ICMPV6_FILTER: Final = 1
_DISCOVERY_TYPES: Final = (135, 136)
# A question that got lost is asked again.
_QUESTIONS: Final = 2
_FRAME: Final = 2048
_HOP_LIMIT: Final = struct.Struct("=i")


def announce(link: Link, addresses: Collection[Address]) -> int:
    """Tell the link of *link* that *addresses* are there; return how many frames.

    On an interface without neighbours there is nobody to tell. Raises
    *KernelError*.
    """
    if not link.announces or len(link.hardware) != frames.ETHERNET_LENGTH:
        return 0
    sent = 0
    with _sender(link) as sender:
        for address in addresses:
            for frame in frames.announcements(address, link.hardware):
                _send(sender, frame, link, f"announce {address}")
                sent += 1
    return sent


def owners(
    link: Link, addresses: Collection[Address], *, seconds: float
) -> list[Claim]:
    """Return who else on the link of *link* claims one of *addresses*.

    Takes *seconds*, or as long as the first claim does. The addresses must not
    be on the interface: the machine's own kernel would answer as well.
    """
    if not link.announces or len(link.hardware) != frames.ETHERNET_LENGTH:
        return []
    with ExitStack() as stack:
        sender = stack.enter_context(_sender(link))
        ears = [
            stack.enter_context(_listener(link, version))
            for version in sorted({address.version for address in addresses})
        ]
        begin = time.monotonic()
        for asked in range(_QUESTIONS):
            for address in addresses:
                frame = frames.question(address, link.hardware)
                _send(sender, frame, link, f"ask who has {address}")
            until = begin + seconds * (asked + 1) / _QUESTIONS
            claims = [
                claim
                for claim in _heard(ears, until)
                if claim.address in addresses and claim.hardware != link.hardware
            ]
            if claims:
                return claims
    return []


def _heard(ears: list[socket.socket], until: float) -> Iterator[Claim]:
    """Yield the claims made before *until*, and end after the first with any."""
    while (left := until - time.monotonic()) > 0:
        for ear in select.select(ears, [], [], left)[0]:
            claim = _listened(ear)
            if claim is not None:
                yield claim


def _listened(ear: socket.socket) -> Claim | None:
    if ear.family == socket.AF_PACKET:
        return frames.claim(ear.recv(_FRAME))
    said, extras, _, _ = ear.recvmsg(_FRAME, 64)
    limits = [
        _HOP_LIMIT.unpack_from(content)[0]
        for level, kind, content in extras
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT)
    ]
    return frames.discovery_claim(said) if limits == [frames.HOP_LIMIT] else None


@contextmanager
def _sender(link: Link) -> Iterator[socket.socket]:
    """Open what sends whole frames; it receives none."""
    try:
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC)
    except OSError as error:
        raise _failed("open a packet socket", link, error) from error
    with opened:
        yield opened


@contextmanager
def _listener(link: Link, version: int) -> Iterator[socket.socket]:
    """Open what hears ARP, or of ICMPv6 what neighbours say to each other."""
    try:
        if version == 4:  # noqa: PLR2004
            kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
            # Deaf until it is bound: to change what it hears takes the kernel a while.
            ear = socket.socket(socket.AF_PACKET, kind, 0)
            ear.bind((link.name, frames.ARP_TYPE))
        else:
            kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
            ear = socket.socket(socket.AF_INET6, kind, socket.IPPROTO_ICMPV6)
            _only_discovery(ear, link)
    except OSError as error:
        raise _failed("listen to the neighbours", link, error) from error
    ear.settimeout(0)
    with ear:
        yield ear


def _only_discovery(ear: socket.socket, link: Link) -> None:
    block = bytearray(b"\xff" * 32)
    for kind in _DISCOVERY_TYPES:
        # An array of eight 32-bit words in the machine's own order.
        (word,) = struct.unpack_from("=I", block, kind // 32 * 4)
        struct.pack_into("=I", block, kind // 32 * 4, word & ~(1 << kind % 32))
    ear.setsockopt(socket.IPPROTO_ICMPV6, _ICMPV6_FILTER, bytes(block))
    ear.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.name.encode())


def _send(sender: socket.socket, frame: bytes, link: Link, what: str) -> None:
    try:
        sender.sendto(frame, (link.name, 0))
    except OSError as error:
        raise _failed(what, link, error) from error


def _failed(what: str, link: Link, error: OSError) -> KernelError:
    number = error.errno or errno.EIO
    name = errno.errorcode.get(number, str(number))
    return KernelError(number, f"cannot {what} on '{link.name}': {name} ({error})")
