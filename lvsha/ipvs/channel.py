"""A generic netlink socket: requests out, answers in, each within a deadline.

It knows frames and sequence numbers, not what IPVS says in them. Every
receive has a deadline; an answer that does not come is ETIMEDOUT.
"""

import errno
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final, Self

from lvsha import netlink
from lvsha.errors import KernelError
from lvsha.ipvs import wire
from lvsha.netlink import Flag, Kind

# From linux/netlink.h and linux/socket.h; the socket module has no names for them.
NETLINK_GENERIC: Final = 16
SOL_NETLINK: Final = 270
NETLINK_CAP_ACK: Final = 10

SO_RCVBUFFORCE: Final = 33

# A batch of nothing but refusals has to fit into the receive buffer, or answers
# are lost; each is charged with less than REFUSAL_BYTES, struct sk_buff included.
RECEIVE_BYTES: Final = 1 << 20
REFUSAL_BYTES: Final = 2048
BATCH: Final = 512

# A dump fills at most 32 KiB at a time, and as much as the reader's buffer holds.
_PAGE: Final = 1 << 16
_ERRNO: Final = struct.Struct("=i")

Take = Callable[[bytearray, int, int], None]


class RefusedError(Exception):
    """The kernel answered with an errno; the caller says of what."""

    def __init__(self, number: int) -> None:
        """Keep the errno."""
        super().__init__(number)
        self.number = number


class Channel:
    """One socket to the kernel's generic netlink."""

    def __init__(self, connection: socket.socket) -> None:
        """Talk over *connection*, which has its deadlines set."""
        self._socket = connection
        self._sequence = 0
        self._page = bytearray(_PAGE)
        send = connection.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        receive = connection.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        # A message longer than the send buffer is EMSGSIZE; half of it is safe.
        self._send_bytes = send // 2
        self.batch = max(1, min(BATCH, receive // REFUSAL_BYTES))

    @classmethod
    def open(cls, seconds: float) -> Self:
        """Return a channel whose every send and receive takes *seconds* at most.

        Raises *KernelError* when there can be none.
        """
        whole, fraction = divmod(seconds, 1)
        timeval = struct.pack("@ll", int(whole), int(fraction * 1e6))
        try:
            connection = socket.socket(
                socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC
            )
            connection.bind((0, 0))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)
            # A refusal need not repeat the whole of what it refuses.
            connection.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
            with suppress(PermissionError):
                # Beyond net.core.rmem_max, for whoever may.
                connection.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BYTES)
        except OSError as error:
            raise KernelError(
                error.errno, f"cannot open generic netlink: {error.strerror}"
            ) from error
        return cls(connection)

    def close(self) -> None:
        """Close the socket; twice is once."""
        self._socket.close()

    def ask(self, family: int, command: int, payload: bytes, take: Take) -> None:
        """Send a request, hand each answer to *take*; raises *RefusedError*."""
        sequence, last = self._next(), self._next()
        self._send(wire.request(family, command, sequence, 0, payload) + wire.end(last))
        number = 0
        while True:
            for message in self._receive():
                if message.sequence == last:
                    if number:
                        raise RefusedError(number)
                    return
                if message.sequence == sequence and message.kind == Kind.ERROR:
                    number = self._errno(message)
                elif message.sequence == sequence:
                    take(self._page, message.start + 4, message.end)

    def dump(self, family: int, command: int, payload: bytes, take: Take) -> bool:
        """Hand every row of a dump to *take*; tell whether it was undisturbed."""
        sequence = self._next()
        self._send(wire.request(family, command, sequence, Flag.DUMP, payload))
        return self._collect(sequence, take)

    def perform(
        self, family: int, requests: Sequence[tuple[int, bytes]]
    ) -> dict[int, int]:
        """Send commands with payloads in order; return the errno of each refused one.

        The kernel works through a batch before ``send`` returns and answers a
        refusal unasked. So a batch costs two system calls, whatever its length,
        and one more for each refusal.
        """
        refused: dict[int, int] = {}
        for start, stop in self._batches(requests):
            first = self._sequence + 1
            self._sequence += stop - start
            messages = [
                wire.request(family, command, sequence, 0, payload)
                for sequence, (command, payload) in enumerate(
                    requests[start:stop], first
                )
            ]
            for sequence, number in self._batch(messages, first).items():
                refused[start + sequence - first] = number
        return refused

    def _batches(
        self, requests: Sequence[tuple[int, bytes]]
    ) -> Iterator[tuple[int, int]]:
        start, size = 0, 0
        for index, (_, payload) in enumerate(requests):
            length = netlink.HEADER.size + len(payload)
            if index - start == self.batch or size + length > self._send_bytes:
                yield start, index
                start, size = index, 0
            size += length
        if start < len(requests):
            yield start, len(requests)

    def _batch(self, requests: Sequence[bytes], first: int) -> dict[int, int]:
        """Send *requests*; return the errno of each refused sequence number.

        When the end of the answers does not arrive, those that are missing
        are told as unknown: whoever reads the table again is right again.
        """
        answered: dict[int, int] = {}
        last = self._next()
        try:
            self._send(b"".join(requests) + wire.end(last))
            while last not in answered:
                for message in self._receive():
                    if message.kind == Kind.ERROR and first <= message.sequence <= last:
                        answered[message.sequence] = self._errno(message)
        except RefusedError as lost:
            answered = dict.fromkeys(range(first, last), lost.number) | answered
        answered.pop(last, None)
        return answered

    def _collect(self, sequence: int, take: Take) -> bool:
        page, undisturbed = self._page, True
        while True:
            for message in self._receive():
                if message.sequence != sequence:
                    continue  # the rest of an exchange that ran out of time
                if message.flags & Flag.DUMP_INTERRUPTED:
                    undisturbed = False
                if message.kind in {Kind.ERROR, Kind.DONE}:
                    number = self._errno(message)
                    if number:
                        raise RefusedError(number)
                    return undisturbed
                take(page, message.start + 4, message.end)

    def _errno(self, message: netlink.Message) -> int:
        if message.end - message.start < _ERRNO.size:
            return 0
        return -int(_ERRNO.unpack_from(self._page, message.start)[0])

    def _send(self, request: bytes) -> None:
        try:
            self._socket.send(request)
        except BlockingIOError as error:
            raise RefusedError(errno.ETIMEDOUT) from error
        except OSError as error:
            raise RefusedError(error.errno or errno.EIO) from error

    def _receive(self) -> list[netlink.Message]:
        try:
            length = self._socket.recv_into(self._page)
        except BlockingIOError as error:
            raise RefusedError(errno.ETIMEDOUT) from error
        except OSError as error:
            raise RefusedError(error.errno or errno.EIO) from error
        return list(netlink.messages(self._page, length))

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence
