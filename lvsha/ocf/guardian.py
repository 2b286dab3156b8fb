"""Keeps a director alive: starts it again when it dies of itself, or hangs.

Pacemaker recovers a director that died by a stop and a start, which takes its
rows out of the kernel and moves the addresses that depend on it. One that is
back within a moment takes over what it finds, and no client notices. A director
that dies again and again is left to Pacemaker.

One that hangs does not die of itself. It speaks to its guardian as it would to
systemd's watchdog, once a second, see sd_notify(3); when it has not for long
enough it is killed, and that is a death like others.

The guardian is a fork of the agent that started it, leads a session in which
the director is the only other process, and is as light as the agent.
"""

import contextlib
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn

from lvsha.lock import take

# One that ends sooner, other than by a signal, never got to work.
_WORKING: Final = 10.0
# This often in so many seconds, then it is somebody else's turn.
TIMES: Final = 3
SPAN: Final = 60.0
_MODE: Final = 0o640
_DESCRIPTORS: Final = 4096
_WORDS: Final = 4096
# Who slept for longer than asked was not running himself: a machine on halt.
_OVERSLEPT: Final = 1.0

# A director speaks once a second, and a busy machine lets it do so late.
_LEAST: Final = 3.0

# Starts a director, which is to speak to the socket of this name.
Spawn = Callable[[str], "subprocess.Popen[bytes]"]


def again(status: int, lived: float, ends: Sequence[float], now: float) -> bool:
    """Tell whether a director that ended with *status* is to be started again.

    *ends* are the times at which those before it died. One that ended well was
    asked to.
    """
    died = status < 0 or (status > 0 and lived >= _WORKING)
    return died and sum(now - end < SPAN for end in ends) < TIMES


def guard(spawn: Spawn, patience: float) -> int:
    """Keep a director alive; return the status of the last one.

    It hangs when it has not spoken for *patience* seconds.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        # An abstract name that nobody else has, chosen by the kernel.
        ear.bind("")
        ear.settimeout(0)
        name = "@" + ear.getsockname()[1:].decode()
        return _guard(lambda: spawn(name), ear, patience)


def watched(
    child: "subprocess.Popen[bytes]", ear: socket.socket, patience: float
) -> int:
    """Wait for the end of *child*, and kill it when it hangs; return its status.

    It is not expected to speak before it has begun to, nor when it is stopping.
    """
    ending = os.pidfd_open(child.pid)
    until: float | None = None
    try:
        while True:
            left = None if until is None else max(0.0, until - time.monotonic())
            ready = select.select([ear.fileno(), ending], [], [], left)[0]
            now = time.monotonic()
            if ending in ready:
                return child.wait()
            if ready:
                until = _heard(ear, until, now + patience)
            elif until is not None and now - until > _OVERSLEPT:
                until = now + patience
            elif until is not None:
                os.write(2, b"the director hung and was killed\n")
                child.kill()
                return child.wait()
    finally:
        os.close(ending)


def _heard(ear: socket.socket, until: float | None, later: float) -> float | None:
    """Return until when the next word has to come, after those that are there."""
    with contextlib.suppress(BlockingIOError):
        while True:
            words = ear.recv(_WORDS).split(b"\n")
            # Who is ready speaks from then on, whatever stops it a moment later.
            if b"WATCHDOG=1" in words or b"READY=1" in words:
                until = later
            if b"STOPPING=1" in words:
                until = None
    return until


def _guard(
    spawn: Callable[[], "subprocess.Popen[bytes]"],
    ear: socket.socket,
    patience: float,
) -> int:
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
        status = watched(child, ear, patience)
        now = time.monotonic()
        if asked or not again(status, now - began, ends, now):
            return status
        ends.append(now)


def forked(
    words: Sequence[str],
    environment: Mapping[str, str],
    lock: str,
    errors: str,
    patience: float,
) -> int:
    """Become two: return the pid of the guardian, which starts *words*.

    It holds *lock*; what the director says on standard error is in *errors*. One
    that does not speak for *patience* seconds hangs.
    """
    if pid := os.fork():
        return pid
    # From here on it is another process, which must never return.
    try:
        _become(words, environment, lock, errors, patience)
    finally:
        os._exit(1)


def _become(
    words: Sequence[str],
    environment: Mapping[str, str],
    lock: str,
    errors: str,
    patience: float,
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
        take(held)
    except BlockingIOError:
        os._exit(0)
    os.ftruncate(held, 0)
    os.pwrite(held, f"{os.getpid()}\n".encode(), 0)

    def spawn(notify: str) -> "subprocess.Popen[bytes]":
        variables = {**environment, "NOTIFY_SOCKET": notify}
        return subprocess.Popen(list(words), env=variables)

    status = guard(spawn, max(patience, _LEAST))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(lock)
    os._exit(status if status >= 0 else 1)
