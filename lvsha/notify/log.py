"""Where log lines go: a file, syslog, or the terminal; effects.

A log that cannot be written is never a reason to stop, and never one to wait.
"""

import contextlib
import os
import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Protocol

SYSLOG_SOCKET: Final = "/dev/log"

# RFC 5424 table 1, by the words syslog.conf knows.
FACILITIES: Final[Mapping[str, int]] = {
    "kern": 0,
    "user": 1,
    "mail": 2,
    "daemon": 3,
    "auth": 4,
    "security": 4,
    "syslog": 5,
    "lpr": 6,
    "news": 7,
    "uucp": 8,
    "cron": 9,
    "authpriv": 10,
    "ftp": 11,
} | {f"local{number}": 16 + number for number in range(8)}
INFO: Final = 6

# Formats lines for a file: the time they were written.
Clock = Callable[[], str]


class Log(Protocol):
    """Something lines can be written to."""

    def write(self, lines: Sequence[str]) -> bool:
        """Write *lines*; tell whether all got there. Never raises, never waits."""
        ...


class FileLog:
    """A log file, opened for every few lines so that it may be rotated at any time."""

    def __init__(self, path: str, instance: str, pid: int, clock: Clock) -> None:
        """Write to *path* as *instance*."""
        self._path = path
        self._who = f"{instance}|{pid}"
        self._clock = clock

    def write(self, lines: Sequence[str]) -> bool:
        """Append ``[TIME|INSTANCE|PID] LINE``, all at once."""
        stamp = f"[{self._clock()}|{self._who}] "
        return appended(self._path, "\n".join(stamp + line for line in lines))


class StreamLog:
    """Standard output or error; a reader that sleeps loses lines, not us."""

    def __init__(self, descriptor: int, clock: Clock) -> None:
        """Write to *descriptor*, which stays open."""
        self._descriptor = descriptor
        self._clock = clock
        self._lost = 0

    def write(self, lines: Sequence[str]) -> bool:
        """Write ``[TIME] LINE`` each, after a word about lines that were lost."""
        when = self._clock()
        if self._lost and self._put(
            _bytes(f"[{when}] {self._lost} lines lost: nobody read")
        ):
            self._lost = 0
        before = self._lost
        for count, chunk in _chunks([_bytes(f"[{when}] {line}") for line in lines]):
            if not self._put(chunk):
                self._lost += count
        return self._lost == before

    def _put(self, chunk: bytes) -> bool:
        poll = select.poll()
        try:
            poll.register(self._descriptor, select.POLLOUT)
            if not any(seen & select.POLLOUT for _, seen in poll.poll(0)):
                return False
            os.write(self._descriptor, chunk)
        except OSError:
            return False
        return True


class SyslogLog:
    """The local syslog socket, as ``ldirectord[PID]``."""

    def __init__(
        self, facility: str, pid: int, clock: Clock, path: str = SYSLOG_SOCKET
    ) -> None:
        """Send to *path* under *facility*, or ``daemon`` when nobody knows it."""
        number = FACILITIES.get(facility.lower(), FACILITIES["daemon"])
        self._priority = number * 8 + INFO
        self._pid = pid
        self._path = path
        self._clock = clock
        self._peer: socket.socket | None = None

    def write(self, lines: Sequence[str]) -> bool:
        """Send *lines*, connecting again once: syslog daemons restart."""
        # RFC 3164: month, day and time, no year, no zone.
        when = self._clock()[4:19]
        head = f"<{self._priority}>{when} ldirectord[{self._pid}]: "
        sent = [self._sent(head + line) or self._sent(head + line) for line in lines]
        return all(sent)

    def close(self) -> None:
        """Close the socket."""
        if self._peer is not None:
            self._peer.close()
            self._peer = None

    def _sent(self, message: str) -> bool:
        try:
            if self._peer is None:
                kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
                self._peer = socket.socket(socket.AF_UNIX, kind)
                self._peer.connect(self._path)
            self._peer.send(_bytes(message).rstrip(b"\n"))
        except OSError:
            self.close()
            return False
        return True


def local_time() -> str:
    """Return the time as ctime(3) writes it, in local time."""
    return time.ctime()


def appended(path: str, line: str) -> bool:
    """Append *line* to the file *path*; tell whether it is there."""
    # Never wait for a reader: a log path may be a pipe.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
    with contextlib.suppress(OSError):
        descriptor = os.open(path, flags, 0o640)
        whole = _bytes(line)
        try:
            # The last bytes of a disk take part of it.
            return os.write(descriptor, whole) == len(whole)
        finally:
            os.close(descriptor)
    return False


def _chunks(lines: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """Return *lines* in pieces, and how many are in each.

    A pipe that polls writable takes PIPE_BUF (4096) bytes at once, see pipe(7).
    """
    count, chunk = 0, b""
    for line in lines:
        if count and len(chunk) + len(line) > select.PIPE_BUF:
            yield count, chunk
            count, chunk = 0, b""
        count, chunk = count + 1, chunk + line[: select.PIPE_BUF]
    if count:
        yield count, chunk


def _bytes(line: str) -> bytes:
    return f"{line}\n".encode(errors="surrogateescape")
