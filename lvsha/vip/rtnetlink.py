"""A socket to the kernel's links, addresses and routes; each answer in time."""

import errno
import os
import socket
import struct
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from lvsha.errors import KernelError
from lvsha.netlink import Flag, Kind, messages
from lvsha.vip import wire
from lvsha.vip.wire import Request

SECONDS: Final = 5.0
# SOL_NETLINK and NETLINK_CAP_ACK; the socket module has no names for them.
_SOL_NETLINK: Final = 270
_CAP_ACK: Final = 10
# A dump comes in pages of at most 32 KiB.
_PAGE: Final = 1 << 16
_ERRNO: Final = struct.Struct("=i")

Take = Callable[[bytearray, int, int], None]


class Refused(Exception):
    """The kernel answered with an errno; the caller says of what."""

    def __init__(self, number: int) -> None:
        """Keep the errno."""
        super().__init__(os.strerror(number))
        self.number = number


class RouteSocket:
    """Questions about the network namespace in which it was opened."""

    def __init__(self, seconds: float = SECONDS) -> None:
        """Open it; every answer has *seconds*. Raises *KernelError*."""
        whole, fraction = divmod(seconds, 1)
        timeval = struct.pack("@ll", int(whole), int(fraction * 1e6))
        try:
            self._socket = socket.socket(
                socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0
            )
            self._socket.bind((0, 0))
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                self._socket.setsockopt(socket.SOL_SOCKET, option, timeval)
            self._socket.setsockopt(_SOL_NETLINK, _CAP_ACK, 1)
        except OSError as error:
            raise KernelError(
                error.errno, f"cannot open rtnetlink: {error.strerror}"
            ) from error
        self._sequence = 0
        self._page = bytearray(_PAGE)

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
        self._socket.close()

    def ask(
        self, kind: Request, payload: bytes, take: Take | None = None, flags: int = 0
    ) -> None:
        """Send a request, hand the answer to *take*; raises *Refused*.

        With *take* the answer itself is the confirmation.
        """
        wanted = 0 if take else int(Flag.ACK)
        self._exchange(kind, Flag.REQUEST | wanted | flags, payload, take)

    def dump(self, kind: Request, payload: bytes, take: Take) -> None:
        """Hand every row to *take*; raises *Refused*."""
        self._exchange(kind, Flag.REQUEST | Flag.DUMP, payload, take)

    def _exchange(
        self, kind: Request, flags: int, payload: bytes, take: Take | None
    ) -> None:
        self._sequence += 1
        self._send(wire.request(kind, flags, self._sequence, payload))
        dump = flags & Flag.DUMP == Flag.DUMP
        while True:
            for message in messages(self._page, self._receive()):
                if message.sequence != self._sequence:
                    continue  # the rest of an exchange that ran out of time
                if message.kind in {Kind.ERROR, Kind.DONE}:
                    number = self._errno(message.start, message.end)
                    if number:
                        raise Refused(number)
                    return
                if take is not None:
                    take(self._page, message.start, message.end)
                    if not dump:
                        return

    def _errno(self, start: int, end: int) -> int:
        if end - start < _ERRNO.size:
            return 0
        return -int(_ERRNO.unpack_from(self._page, start)[0])

    def _send(self, request: bytes) -> None:
        try:
            self._socket.send(request)
        except OSError as error:
            raise Refused(_number(error)) from error

    def _receive(self) -> int:
        try:
            return self._socket.recv_into(self._page)
        except OSError as error:
            raise Refused(_number(error)) from error


def _number(error: OSError) -> int:
    if isinstance(error, BlockingIOError):
        return errno.ETIMEDOUT
    return error.errno or errno.EIO
