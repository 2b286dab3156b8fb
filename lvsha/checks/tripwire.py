"""An idle connection to each real server: its end is told at once. Effects.

When a process dies, its kernel closes what it had open; we hear of that long
before the next check is due. It proves nothing: a worker may have been replaced,
or tired of a client that says nothing.
"""

import asyncio
import errno
import socket
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from select import EPOLLERR, EPOLLET, EPOLLHUP, EPOLLOUT, EPOLLRDHUP
from typing import Final

from lvsha.checks.descriptors import descriptors
from lvsha.checks.pump import BATCH, Pump
from lvsha.identity import Endpoint

# Seconds before a wire is tried again: doubled each time, up to the longest.
SHORTEST: Final = 1.0
LONGEST: Final = 60.0
# A connection that lasted this long was no failure.
STEADY: Final = 10.0

# Descriptors that are left to everybody else: as many as checks may want. Where
# there are not so many, wires have this share of all; checks that find none left
# wait for one.
_SPARE: Final = 4096 + 256
_SHARE: Final = 4

# A silent server's host, or what stands between, may be gone as well: after
# this much silence it is asked.
_IDLE: Final = 30
_BETWEEN: Final = 10
_UNANSWERED: Final = 3
# Two repeats of the first packet, seven seconds.
_REPEATS: Final = 2

_ENDED: Final = EPOLLRDHUP | EPOLLHUP | EPOLLERR
_PENDING: Final = frozenset((0, errno.EINPROGRESS))

Tripped = Callable[[Endpoint], None]


class Tripwires:
    """Holds wires within one loop, at most *limit*; the rest of them is not held."""

    def __init__(self, *, limit: int = 8192) -> None:
        """Attach to the running loop; nothing is opened yet."""
        self._loop = asyncio.get_running_loop()
        self._pump = Pump()
        self._limit = limit
        self._wires: dict[Endpoint, _Wire] = {}
        self._starting: deque[_Wire] = deque()
        self._tripped: Tripped | None = None

    @property
    def held(self) -> int:
        """How many connections stand."""
        return sum(wire.standing for wire in self._wires.values())

    @property
    def waiting(self) -> int:
        """How many wait to be connected again."""
        return sum(wire.resting for wire in self._wires.values())

    @property
    def ends(self) -> frozenset[Endpoint]:
        """Where a connection is held, or tried."""
        return frozenset(self._wires)

    def follow(self, ends: Iterable[Endpoint], tripped: Tripped) -> None:
        """Hold one to each of *ends* from now on, and tell *tripped* of its end."""
        self._tripped = tripped
        wanted = list(dict.fromkeys(ends))
        wanted = wanted[: min(self._limit, _room(len(wanted)))]
        for end in self._wires.keys() - set(wanted):
            self._wires.pop(end).close()
        for end in wanted:
            if end not in self._wires:
                wire = self._wires[end] = _Wire(end, self._pump, self._loop, self._told)
                self._starting.append(wire)
        self._begin()

    def mend(self, end: Endpoint) -> None:
        """Do not wait any longer with connecting to *end* again."""
        if wire := self._wires.get(end):
            wire.mend()

    def close(self) -> None:
        """Hold none any more."""
        for wire in self._wires.values():
            wire.close()
        self._wires.clear()
        self._starting.clear()
        self._pump.close()

    def _begin(self) -> None:
        """Connect a batch of those that are new; checks want their turn, too."""
        for _ in range(min(BATCH, len(self._starting))):
            self._starting.popleft().begin()
        if self._starting:
            self._loop.call_soon(self._begin)

    def _told(self, end: Endpoint) -> None:
        if self._tripped is not None:
            self._tripped(end)


class _Wire:
    """One connection, made again and again."""

    __slots__ = (
        "_closed",
        "_end",
        "_loop",
        "_pause",
        "_pump",
        "_since",
        "_sock",
        "_timer",
        "_tripped",
        "standing",
    )

    def __init__(
        self,
        end: Endpoint,
        pump: Pump,
        loop: asyncio.AbstractEventLoop,
        tripped: Tripped,
    ) -> None:
        self._end = end
        self._pump = pump
        self._loop = loop
        self._tripped = tripped
        self._sock: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._pause = SHORTEST
        self._since = 0.0
        self._closed = False
        self.standing = False

    @property
    def resting(self) -> bool:
        """Tell whether it is to be connected again, but not yet."""
        return self._timer is not None

    def begin(self) -> None:
        """Connect, unless there is a connection."""
        if self._closed or self._sock is not None:
            return
        self._timer = None
        six = self._end.address.version == 6  # noqa: PLR2004
        try:
            sock = socket.socket(
                socket.AF_INET6 if six else socket.AF_INET,
                socket.SOCK_STREAM | socket.SOCK_NONBLOCK,
            )
        except OSError:
            self._rest()
            return
        _guard(sock)
        failure = sock.connect_ex((str(self._end.address), self._end.port))
        if failure not in _PENDING:
            sock.close()
            self._rest()
            return
        self._sock = sock
        # What the server says is left in the kernel: nothing wakes us but the end.
        events = EPOLLOUT | EPOLLRDHUP | EPOLLET
        self._pump.watch(sock.fileno(), events, partial(self._ready, sock))

    def mend(self) -> None:
        """Connect at once if we are waiting to."""
        self._pause = SHORTEST
        if self._timer is not None:
            self._timer.cancel()
            self._pump.soon(self.begin)

    def close(self) -> None:
        """Be done."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._hang_up()

    def _ready(self, sock: socket.socket, events: int) -> None:
        if sock is not self._sock:
            return
        if not events & _ENDED:
            if not self.standing:
                self.standing = True
                self._since = self._loop.time()
            return
        stood = self.standing
        lasted = self._loop.time() - self._since
        self._hang_up()
        if stood and lasted >= STEADY:
            self._pause = SHORTEST
        self._rest()
        if stood:
            self._tripped(self._end)

    def _rest(self) -> None:
        """Try again, later each time."""
        self._timer = self._loop.call_later(self._pause, self.begin)
        self._pause = min(self._pause * 2, LONGEST)

    def _hang_up(self) -> None:
        sock, self._sock = self._sock, None
        self.standing = False
        if sock is not None:
            self._pump.unwatch(sock.fileno())
            sock.close()


def _room(wires: int) -> int:
    """Return how many of so many *wires* there are descriptors for."""
    granted = descriptors(wires + _SPARE)
    return max(granted - _SPARE, granted // _SHARE)


def _guard(sock: socket.socket) -> None:
    """Have the kernel find out by itself that nobody is there any more."""
    for level, option, value in (
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _IDLE),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _BETWEEN),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _UNANSWERED),
        (socket.IPPROTO_TCP, socket.TCP_SYNCNT, _REPEATS),
    ):
        sock.setsockopt(level, option, value)
