"""Lock files that tell who holds them, as flock(2) has it.

Who only looks has the lock for an instant, and shares it with others who look.
Whoever takes it meanwhile must not believe that somebody holds it: a director would
not start, or a node be fenced because one did not stop. Who holds it shares it with
nobody, so the two can be told apart. Light to import, for the resource agents.
"""

import fcntl
import os
import time
from typing import Final

_AGAIN: Final = 0.002
# A look takes microseconds, but who looks may be put to sleep in the middle of it.
_PATIENCE: Final = 5.0


def take(descriptor: int) -> None:
    """Take the lock of the open file *descriptor*; it goes when that is closed.

    Raises BlockingIOError at once when somebody holds it, and when somebody has been
    looking for 5 seconds.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        time.sleep(_AGAIN)


def holder(lock: str | os.PathLike[str]) -> int | None:
    """Return the pid that holds *lock*, 0 when unknown, None when nobody does."""
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return pid(descriptor)
    finally:
        os.close(descriptor)
    return None


def pid(descriptor: int) -> int:
    """Return the number an open lock file holds, 0 when there is none."""
    try:
        return int(os.pread(descriptor, 32, 0))
    except ValueError:
        return 0
