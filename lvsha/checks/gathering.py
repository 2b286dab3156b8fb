"""A second connection of a check, heard out beside its first. Effects."""

from _socket import socket as Socket  # noqa: N812 (as in lvsha.checks.dial)
from collections.abc import Callable
from select import EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLRDHUP
from time import monotonic
from typing import Final

from lvsha.checks.dial import HEAR, Dial, reason_of
from lvsha.checks.dialogue import SILENCE, Beside
from lvsha.checks.pump import Pump
from lvsha.checks.resolver import Resolver
from lvsha.model import CALLED, CONNECTED, HEARD, Transcript

_PIECE: Final = 65536

# How much of one peer's flood is taken before the others get their turn.
_PIECES: Final = 4

_DUE: Final = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR


class Gathering:
    """Calls, and hears what is said until the peer hangs up or it is enough."""

    __slots__ = (
        "_call",
        "_dial",
        "_failed",
        "_into",
        "_news",
        "_pump",
        "_sock",
        "_transcript",
        "_watched",
    )

    def __init__(self, beside: Beside, pump: Pump, resolver: Resolver) -> None:
        """Prepare to call; nothing happens yet."""
        self._pump = pump
        self._call = beside.call
        self._into = beside.into
        self._sock: Socket | None = None
        self._watched = False
        self._dial: Dial | None = Dial(beside.call, self, pump, resolver)

    def begin(
        self,
        transcript: Transcript,
        news: Callable[[bytes], None],
        failed: Callable[[str], None],
    ) -> None:
        """Call; tell *news* (nothing) when the connection stands, and when it is over.

        If nobody can be reached, *failed* learns why. *transcript* is kept.
        """
        self._transcript = transcript
        self._news = news
        self._failed = failed
        transcript.moments.append((CALLED, monotonic(), self._call))
        self._pump.soon(self._begin)

    def cancel(self) -> None:
        """Hang up; nothing is told any more."""
        if self._dial is not None:
            self._dial.cancel()
            self._dial = None
        sock, self._sock = self._sock, None
        if sock is not None:
            if self._watched:
                self._pump.unwatch(sock.fileno())
            sock.close()

    def resolved(self, address: str) -> None:
        """Take note of nothing: what is called beside is an address."""

    def connected(self, sock: Socket, events: int) -> None:
        """Take over *sock*, and hear what is there already."""
        self._dial = None
        self._sock = sock
        if events:
            self._pump.hand_over(sock.fileno(), self._ready)
        else:
            self._pump.watch(sock.fileno(), HEAR, self._ready)
        self._watched = True
        self._into.standing = True
        self._transcript.moments.append((CONNECTED, monotonic(), None))
        self._news(SILENCE)
        self._ready(events)

    def unconnected(self, why: str) -> None:
        """Give up: nobody could be reached."""
        self._dial = None
        self._failed(f"second connection: {why}")

    def _begin(self) -> None:
        if self._dial is not None:
            self._dial.begin()

    def _ready(self, events: int) -> None:
        """Hear what there is, but not for ever."""
        sock, into = self._sock, self._into
        if sock is None or not events & _DUE:
            return
        for _ in range(_PIECES):
            try:
                heard = sock.recv(min(_PIECE, into.limit - len(into.heard)))
            except BlockingIOError:
                return
            except OSError as reason:
                into.broken = reason_of(reason.errno or 0)
                heard = b""
            into.heard += heard
            if not heard or len(into.heard) >= into.limit:
                into.over = True
                self.cancel()
                if into.heard:
                    self._transcript.note(HEARD, monotonic(), bytes(into.heard))
                self._news(SILENCE)
                return
        self._pump.rewatch(sock.fileno(), HEAR)
