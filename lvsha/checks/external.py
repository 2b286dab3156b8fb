"""Checks that are programs: started without a shell, waited for, never left behind.

Effects. Starting one blocks until the kernel has loaded it (vfork), so a program
belongs on a local file system.
"""

import errno
import os
import select
import shutil
import signal
import subprocess
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Final

from lvsha.checks.pump import Pump
from lvsha.model import Check, CheckType, Verdict

# Programs at once; more have to wait.
CHILDREN: Final = 128

# Between asking a program to stop and making it.
GRACE: Final = 2.0


class External:
    """One program and its verdict; it is waited for even when nobody wants that."""

    __slots__ = ("_began", "_check", "_child", "_children", "_done", "_pidfd")

    def __init__(
        self, check: Check, children: "Children", done: Callable[[Verdict], None]
    ) -> None:
        """Prepare to run the command of *check*."""
        self._check = check
        self._children = children
        self._done: Callable[[Verdict], None] | None = done
        self._child: subprocess.Popen[bytes] | None = None
        self._pidfd = -1

    @property
    def over(self) -> bool:
        """Tell whether there is a verdict, or nobody wants one any more."""
        return self._done is None

    def begin(self) -> bool:
        """Start the program and tell whether it runs; else the verdict is given."""
        self._began = monotonic()
        try:
            self._child = _started(self._check, self._children.nowhere)
            self._pidfd = os.pidfd_open(self._child.pid)
        except OSError as reason:
            self._abandon()
            why = os.strerror(reason.errno or 0).lower()
            self._say(why=f"cannot run {self._check.command!r}: {why}")
            return False
        pump = self._children.pump
        pump.watch(self._pidfd, select.EPOLLIN, self._exited)
        pump.expect(self._check.checktimeout, self._late)
        return True

    def cancel(self) -> None:
        """Want no verdict any more, and stop the program if it runs."""
        if self._done is not None:
            self._done = None
            if self._child is not None:
                self._children.pump.relieve(self._check.checktimeout, self._late)
                self._stop()

    def kill(self) -> None:
        """Kill the program with all it started, and wait for its end."""
        self._done = None
        self._signal(signal.SIGKILL)
        waiting = select.poll()
        waiting.register(self._pidfd, select.POLLIN)
        if waiting.poll(GRACE * 1000):
            self._reap()

    def _abandon(self) -> None:
        """Kill the program, if it was started, for want of a way to watch it."""
        if self._child is not None:
            self._signal(signal.SIGKILL)
            self._child.wait()
            self._child = None

    def _late(self) -> None:
        self._say(why=f"no exit within {self._check.checktimeout:g} s")
        self._stop()

    def _stop(self) -> None:
        self._signal(signal.SIGTERM)
        self._children.pump.expect(GRACE, self._insist)

    def _insist(self) -> None:
        self._signal(signal.SIGKILL)

    def _exited(self, _events: int) -> None:
        """Take in that the program is over, and give the verdict if it is wanted.

        One that was told to stop takes what it had started along: until it is
        waited for, its process group cannot be anybody else's.
        """
        pump = self._children.pump
        if self.over:
            self._signal(signal.SIGKILL)
            pump.relieve(GRACE, self._insist)
        pump.relieve(self._check.checktimeout, self._late)
        code = self._reap()
        self._children.ended(self)
        if code:
            self._say(why=_meaning(code))
        else:
            self._say()

    def _reap(self) -> int:
        """Wait for the program, which is over; return its code as Popen writes it."""
        child = self._child
        if child is None:
            return 0
        try:
            _, status = os.waitpid(child.pid, os.WNOHANG)
            child.returncode = os.waitstatus_to_exitcode(status)
        except ChildProcessError:  # somebody else did: we do not know how it went
            child.returncode = 127
        self._children.pump.unwatch(self._pidfd)
        os.close(self._pidfd)
        return child.returncode

    def _signal(self, number: signal.Signals) -> None:
        if self._child is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, number)

    def _say(self, *, why: str = "") -> None:
        done, self._done = self._done, None
        if done is not None:
            seconds = monotonic() - self._began
            done(Verdict(passed=not why, detail=why, seconds=seconds))


class Children:
    """The programs that run, a bounded number at once, and those that wait."""

    def __init__(self, pump: Pump, *, most: int = CHILDREN) -> None:
        """Allow *most* at once."""
        self.pump = pump
        self._most = most
        self._waiting: deque[External] = deque()
        self._running: set[External] = set()
        self._nowhere = -1

    @property
    def nowhere(self) -> int:
        """Where programs read from and write to."""
        if self._nowhere < 0:
            self._nowhere = os.open(os.devnull, os.O_RDWR)
        return self._nowhere

    def start(self, check: Check, done: Callable[[Verdict], None]) -> External:
        """Run the command of *check* when there is room."""
        external = External(check, self, done)
        self._waiting.append(external)
        self.pump.soon(self._launch)
        return external

    def ended(self, external: External) -> None:
        """Make room for the next one."""
        self._running.discard(external)
        if self._waiting:
            self.pump.soon(self._launch)

    def close(self) -> None:
        """Kill what runs, and forget what waits."""
        self._waiting.clear()
        for external in self._running:
            external.kill()
        self._running.clear()
        if self._nowhere >= 0:
            os.close(self._nowhere)
            self._nowhere = -1

    def _launch(self) -> None:
        """Begin one: they are slow to start, and the loop has others to serve."""
        while self._waiting and len(self._running) < self._most:
            external = self._waiting.popleft()
            if not external.over:
                if external.begin():
                    self._running.add(external)
                break
        if self._waiting and len(self._running) < self._most:
            self.pump.soon(self._launch)


def _started(check: Check, nowhere: int) -> subprocess.Popen[bytes]:
    """Start the command of *check* as execvp would: by PATH, by sh without a ``#!``."""
    command = check.command
    if check.kind is CheckType.EXTERNAL_PERL:
        argv = [_found("perl"), command, *check.arguments]
        return _spawned(argv, nowhere)
    path = command if "/" in command else _found(command)
    try:
        return _spawned([path, *check.arguments], nowhere)
    except OSError as reason:
        if reason.errno != errno.ENOEXEC:
            raise
        return _spawned(["/bin/sh", path, *check.arguments], nowhere)


def _found(command: str) -> str:
    path = shutil.which(command)
    if path is None:
        raise FileNotFoundError(errno.ENOENT, "not in PATH", command)
    return path


def _spawned(argv: list[str], nowhere: int) -> subprocess.Popen[bytes]:
    """Start *argv* in a session of its own; all our descriptors close on exec."""
    return subprocess.Popen(
        argv,
        stdin=nowhere,
        stdout=nowhere,
        stderr=nowhere,
        cwd="/",
        close_fds=False,
        restore_signals=False,
        start_new_session=True,
    )


def _meaning(code: int) -> str:
    if code > 0:
        return f"exit status {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
