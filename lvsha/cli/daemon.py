"""Becoming a daemon, and telling whoever started it how that went."""

import contextlib
import os
import select
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

# Written by the daemon when it is ready; what comes before is for the starter.
_READY: Final = b"\0"

# How long a start may take: first checks have their own, shorter, deadlines.
SECONDS: Final = 60.0

# Above what any shell hands down.
_DESCRIPTORS: Final = 4096

Start = Callable[[Callable[[], None]], int]


@dataclass(frozen=True, slots=True)
class Launch:
    """How a start went: *ready* or not (*late* if nothing was decided in time).

    *said* is what the daemon wrote on standard error until then.
    """

    ready: bool
    said: str
    late: bool = False


def launched(start: Start, *, seconds: float = SECONDS) -> Launch:
    """Run *start* in a daemon; return when it is ready, has failed, or is late.

    *start* is given a function to call when it is ready. Until then its
    standard error is ours to read; afterwards it is nowhere.
    """
    readable, writable = os.pipe2(os.O_CLOEXEC)
    sys.stdout.flush()
    sys.stderr.flush()
    if child := os.fork():
        os.close(writable)
        os.waitpid(child, 0)
        try:
            return _heard(readable, seconds)
        finally:
            os.close(readable)
    # From here on it is another process, which must never return.
    status = 1
    with contextlib.suppress(OSError):
        os.close(readable)
        os.setsid()
        # Only a session leader can acquire a terminal: stop being one.
        if os.fork():
            os._exit(0)
        status = _be_daemon(start, writable)
    os._exit(status)


def _be_daemon(start: Start, writable: int) -> int:
    os.chdir("/")
    # What the starter had open, and may wait for somebody to close.
    os.closerange(3, writable)
    os.closerange(writable + 1, _DESCRIPTORS)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.dup2(writable, 2)

    def ready() -> None:
        os.dup2(nowhere, 2)
        os.close(nowhere)
        # Whoever started it may have lost patience.
        with contextlib.suppress(BrokenPipeError):
            os.write(writable, _READY)
        os.close(writable)

    try:
        return start(ready)
    except BaseException:  # noqa: BLE001 - the top of a process: nobody else can tell
        traceback.print_exc()
        return 1
    finally:
        with contextlib.suppress(OSError):
            sys.stderr.flush()


def _heard(readable: int, seconds: float) -> Launch:
    said = bytearray()
    until = time.monotonic() + seconds
    while True:
        left = until - time.monotonic()
        if left <= 0 or not select.select([readable], [], [], left)[0]:
            return Launch(ready=False, said=_text(said), late=True)
        chunk = os.read(readable, 65536)
        if _READY in chunk:
            said += chunk.partition(_READY)[0]
            return Launch(ready=True, said=_text(said))
        if not chunk:
            return Launch(ready=False, said=_text(said))
        said += chunk


def _text(said: bytearray) -> str:
    return said.decode(errors="replace")
