"""From a call to a socket that is connected: names, addresses, attempts. Effects."""

import errno
import os
import socket

# What socket.socket is made of: its wrapping costs a twentieth of a whole check.
from _socket import socket as Socket  # noqa: N812
from functools import lru_cache
from ipaddress import ip_address
from select import EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP
from typing import Final
from typing import Protocol as Interface

from lvsha.checks.dialogue import Call
from lvsha.checks.pump import Pump
from lvsha.checks.resolver import Found, Resolver
from lvsha.identity import Protocol

_STREAM: Final = socket.SOCK_STREAM | socket.SOCK_NONBLOCK
_DATAGRAM: Final = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK

# What a socket is registered for, edge-triggered.
HEAR: Final = EPOLLIN | EPOLLRDHUP | EPOLLET
HEAR_AND_SAY: Final = HEAR | EPOLLOUT

# Ours, not the real server's: a descriptor may be free again before long.
_EXHAUSTED: Final = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))
_PATIENCE: Final = 0.05


class Caller(Interface):
    """Who wants to be connected."""

    def resolved(self, address: str) -> None:
        """Learn that the host's name stands for *address*, and perhaps for others."""

    def connected(self, sock: Socket, events: int) -> None:
        """Take over *sock*, registered unless *events* is 0, and what is due on it."""

    def unconnected(self, why: str) -> None:
        """Learn *why* nobody could be reached."""


class Dial:
    """One call being made, to each of the host's addresses until one accepts."""

    __slots__ = (
        "_addresses",
        "_call",
        "_caller",
        "_pump",
        "_resolver",
        "_sock",
        "phase",
    )

    def __init__(
        self, call: Call, caller: Caller, pump: Pump, resolver: Resolver
    ) -> None:
        """Prepare to make *call* for *caller*."""
        self.phase = "connect"
        self._call = call
        self._caller: Caller | None = caller
        self._pump = pump
        self._resolver = resolver
        self._addresses: tuple[str, ...] = ()
        self._sock: Socket | None = None

    def begin(self) -> None:
        """Find out where the host is, and connect."""
        host = self._call.host
        if _family(host):
            self._addresses = (host,)
            self._open()
        elif self._caller is not None:
            self.phase = "resolve"
            self._resolver.resolve(host, self._resolved)

    def cancel(self) -> None:
        """Hang up if nobody has answered yet."""
        self._caller = None
        sock, self._sock = self._sock, None
        if sock is not None:
            self._pump.unwatch(sock.fileno())
            sock.close()

    def _resolved(self, found: Found) -> None:
        if self._caller is None:
            return
        if isinstance(found, str):
            self._caller.unconnected(f"resolve: {self._call.host!r}: {found}")
        else:
            self.phase = "connect"
            self._addresses = tuple(found)
            self._caller.resolved(found[0])
            self._open()

    def _open(self) -> None:
        """Connect to the first of the addresses."""
        if self._caller is None:
            return
        host = self._addresses[0]
        try:
            stream = self._call.transport is Protocol.TCP
            sock = Socket(_family(host), _STREAM if stream else _DATAGRAM)
        except OSError as reason:
            if reason.errno in _EXHAUSTED:
                self._pump.expect(_PATIENCE, self._open)
            else:
                self._next(reason.errno or 0)
            return
        failure = sock.connect_ex((host, self._call.port))
        if failure == errno.EINPROGRESS:
            self._sock = sock
            self._pump.watch(sock.fileno(), HEAR_AND_SAY, self._ready)
        elif failure:
            sock.close()
            self._next(failure)
        else:
            self._caller.connected(sock, 0)

    def _ready(self, events: int) -> None:
        """Hand over the socket: it has connected, or failed to.

        A reset comes from somebody who had accepted.
        """
        sock, caller = self._sock, self._caller
        if sock is None or caller is None:
            return
        if events & (EPOLLERR | EPOLLHUP):
            failure = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if failure and failure != errno.ECONNRESET:
                self._sock = None
                self._pump.unwatch(sock.fileno())
                sock.close()
                self._next(failure)
                return
        self._sock = None
        caller.connected(sock, events)

    def _next(self, failure: int) -> None:
        """Try the next address, or give up because of *failure*."""
        self._addresses = self._addresses[1:]
        if self._addresses:
            self._pump.soon(self._open)
        elif self._caller is not None:
            self._caller.unconnected(f"connect: {reason_of(failure)}")


@lru_cache(maxsize=1 << 15)
def _family(host: str) -> int:
    """Return the address family of *host*, 0 for a name."""
    try:
        version = ip_address(host).version
    except ValueError:
        return 0
    return socket.AF_INET if version == 4 else socket.AF_INET6  # noqa: PLR2004


def reason_of(failure: int) -> str:
    """Return an errno as a message says it."""
    if failure == errno.ECONNREFUSED:
        return "refused"
    return os.strerror(failure).lower()


def our_end(sock: Socket | None) -> bytes:
    """Return our address and port on *sock*, nothing if it is gone."""
    if sock is None:
        return b""
    host, port = sock.getsockname()[:2]
    return f"[{host}]:{port}".encode() if ":" in host else f"{host}:{port}".encode()
