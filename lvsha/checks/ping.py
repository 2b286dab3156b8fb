"""Pings: one ICMP socket a family for all of them. Effects."""

import errno
import os
import socket
import struct
from collections.abc import Callable
from select import EPOLLIN
from time import monotonic
from typing import Final

from lvsha.checks import echo
from lvsha.checks.pump import BATCH, Pump
from lvsha.model import Check, Verdict

Opener = Callable[[int, int, int], socket.socket]

_FAMILIES: Final = {4: socket.AF_INET, 6: socket.AF_INET6}
_PROTOCOLS: Final = {4: socket.IPPROTO_ICMP, 6: socket.IPPROTO_ICMPV6}

# <linux/icmp.h>, <linux/icmpv6.h>: a set bit keeps a type out; ours are the
# echo replies, 0 and 129.
_SOL_RAW: Final = 255
_FILTERS: Final = {
    4: (_SOL_RAW, 1, struct.pack("=I", 0xFFFFFFFF ^ (1 << 0))),
    6: (
        socket.IPPROTO_ICMPV6,
        1,
        struct.pack(
            "=8I", *(0xFFFFFFFF ^ ((i == 129 // 32) << 129 % 32) for i in range(8))
        ),
    ),
}

_SEQUENCES: Final = 1 << 16
# Thousands of replies may come at once.
_ROOM: Final = 1 << 20
_LONGEST: Final = 2048


class Ping:
    """One check: so many attempts of so many seconds, until one is answered."""

    __slots__ = ("_began", "_done", "_left", "_line", "_pump", "_seconds", "host")

    def __init__(
        self, check: Check, pump: Pump, line: "Line", done: Callable[[Verdict], None]
    ) -> None:
        """Prepare to ping the real server of *check* through *line*."""
        self.host = str(check.address)
        self._line = line
        self._pump = pump
        self._seconds = check.checktimeout
        self._left = max(1, check.checkcount)
        self._done: Callable[[Verdict], None] | None = done
        self._began = monotonic()

    def attempt(self) -> None:
        """Ask once, and wait for the answer or the next attempt."""
        if self._done is None:
            return
        self._left -= 1
        why = self._line.ask(self)
        if why:
            self._end(Verdict(passed=False, detail=f"ping: {why}"))
        else:
            self._pump.expect(self._seconds, self._late)

    def answered(self) -> None:
        """Take in the reply."""
        self._end(Verdict(passed=True, seconds=monotonic() - self._began))

    def cancel(self) -> None:
        """Want no verdict any more."""
        self._done = None
        self._forget()

    def _late(self) -> None:
        self._line.forget(self)
        if self._left:
            self.attempt()
            return
        seconds = monotonic() - self._began
        detail = f"ping: no answer within {self._seconds:g} s"
        self._end(Verdict(passed=False, detail=detail, seconds=seconds))

    def _end(self, verdict: Verdict) -> None:
        done, self._done = self._done, None
        self._forget()
        if done is not None:
            done(verdict)

    def _forget(self) -> None:
        self._line.forget(self)
        self._pump.relieve(self._seconds, self._late)


class Line:
    """The ICMP socket of one IP version: who asked, and who is answered."""

    def __init__(self, version: int, pump: Pump, opener: Opener) -> None:
        """Open nothing yet: most configurations never ping."""
        self._version = version
        self._pump = pump
        self._opener = opener
        self._sock: socket.socket | None = None
        self._raw = False
        self._identifier = int.from_bytes(os.urandom(2))
        self._cookie = os.urandom(16)
        self._sequence = 0
        self._asked: dict[int, Ping] = {}
        self._sequences: dict[Ping, int] = {}

    def ask(self, ping: Ping) -> str:
        """Send one request for *ping*; return why that cannot be, or nothing."""
        try:
            sock = self._sock or self._open()
        except PermissionError:
            return "not permitted (neither net.ipv4.ping_group_range nor CAP_NET_RAW)"
        except OSError as reason:
            return os.strerror(reason.errno or 0).lower()
        if len(self._asked) == _SEQUENCES:
            return f"{_SEQUENCES} pings are under way"
        while self._sequence in self._asked:
            self._sequence = (self._sequence + 1) % _SEQUENCES
        self._asked[self._sequence] = ping
        self._sequences[ping] = self._sequence
        message = echo.request(
            self._version, self._identifier, self._sequence, self._cookie
        )
        self._sequence = (self._sequence + 1) % _SEQUENCES
        try:
            sock.sendto(message, (ping.host, 0))
        except OSError as reason:
            # No room in a queue is a packet lost: the next attempt may get through.
            if reason.errno not in (errno.EAGAIN, errno.ENOBUFS):
                return os.strerror(reason.errno or 0).lower()
        return ""

    def forget(self, ping: Ping) -> None:
        """Expect no answer to *ping* any more."""
        sequence = self._sequences.pop(ping, None)
        if sequence is not None:
            del self._asked[sequence]

    def close(self) -> None:
        """Forget everybody and close the socket."""
        for ping in list(self._sequences):
            ping.cancel()
        if self._sock is not None:
            self._pump.unwatch(self._sock.fileno())
            self._sock.close()
            self._sock = None

    def _open(self) -> socket.socket:
        """Open the unprivileged socket, or the raw one if that is not permitted."""
        family, protocol = _FAMILIES[self._version], _PROTOCOLS[self._version]
        try:
            sock = self._opener(family, socket.SOCK_DGRAM, protocol)
        except PermissionError:
            sock = self._opener(family, socket.SOCK_RAW, protocol)
            self._raw = True
            sock.setsockopt(*_FILTERS[self._version])
        sock.settimeout(0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
        self._pump.watch(sock.fileno(), EPOLLIN, self._ready)
        self._sock = sock
        return sock

    def _ready(self, _events: int) -> None:
        """Hear a batch of replies; level-triggered, so the rest is told again."""
        for _ in range(BATCH):
            if self._sock is None:
                return
            try:
                heard, sender = self._sock.recvfrom(_LONGEST)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error about one of them: its deadline will tell
            self._answer(echo.reply(self._version, heard, raw=self._raw), sender[0])

    def _answer(self, answer: echo.Echo | None, sender: str) -> None:
        """Tell the ping that asked; a stranger's answer, or a late one, is nobody's."""
        if answer is None or not answer.data.startswith(self._cookie):
            return
        ping = self._asked.get(answer.sequence)
        if ping is not None and _plain(ping.host) == _plain(sender):
            ping.answered()


def _plain(host: str) -> str:
    """Return an address without its zone."""
    return host.partition("%")[0]
