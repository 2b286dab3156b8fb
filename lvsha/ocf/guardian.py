"""Keeps a director alive: starts it again when it dies of itself.

Pacemaker recovers a director that died by a stop and a start, which takes its
rows out of the kernel and moves the addresses that depend on it. One that is
back within a moment takes over what it finds, and no client notices. A director
that dies again and again is left to Pacemaker.

The guardian is a fork of the agent that started it, leads a session in which
the director is the only other process, and is as light as the agent.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn

# One that ends sooner, other than by a signal, never got to work.
_WORKING: Final = 10.0
# This often in so many seconds, then it is somebody else's turn.
TIMES: Final = 3
SPAN: Final = 60.0
_MODE: Final = 0o640
_DESCRIPTORS: Final = 4096

# Starts a director; told the descriptor its errors go to.
Spawn = Callable[[], "subprocess.Popen[bytes]"]


def again(status: int, lived: float, ends: Sequence[float], now: float) -> bool:
    """Tell whether a director that ended with *status* is to be started again.

    *ends* are the times at which those before it died. One that ended well was
    asked to.
    """
    died = status < 0 or (status > 0 and lived >= _WORKING)
    return died and sum(now - end < SPAN for end in ends) < TIMES


def guard(spawn: Spawn) -> int:
    """Keep a director alive; return the status of the last one."""
    ends: list[float] = []
    asked: list[int] = []
    while True:
        began = time.monotonic()
        child = spawn()

        def stop(
            number: int, _: object, child: "subprocess.Popen[bytes]" = child
        ) -> None:
            asked.append(number)
            child.send_signal(number)

        signal.signal(signal.SIGTERM, stop)
        if asked:
            child.terminate()
        status = child.wait()
        now = time.monotonic()
        if asked or not again(status, now - began, ends, now):
            return status
        ends.append(now)


def forked(
    words: Sequence[str], environment: Mapping[str, str], lock: str, errors: str
) -> int:
    """Become two: return the pid of the guardian, which starts *words*.

    It holds *lock*; what the director says on standard error is in *errors*.
    """
    if pid := os.fork():
        return pid
    # From here on it is another process, which must never return.
    try:
        _become(words, environment, lock, errors)
    finally:
        os._exit(1)


def _become(
    words: Sequence[str], environment: Mapping[str, str], lock: str, errors: str
) -> NoReturn:
    os.setsid()
    os.chdir("/")
    held = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    said = os.open(errors, flags, _MODE)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number, descriptor in ((0, nowhere), (1, nowhere), (2, said)):
        os.dup2(descriptor, number)
    # What the agent had open, its pipes to the cluster above all.
    os.closerange(3, held)
    os.closerange(held + 1, _DESCRIPTORS)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os._exit(0)
    os.ftruncate(held, 0)
    os.pwrite(held, f"{os.getpid()}\n".encode(), 0)

    def spawn() -> "subprocess.Popen[bytes]":
        return subprocess.Popen(list(words), env=dict(environment))

    status = guard(spawn)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(lock)
    os._exit(status if status >= 0 else 1)
