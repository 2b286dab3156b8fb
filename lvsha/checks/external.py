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
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Final

from lvsha.checks import PROGRAMS
from lvsha.checks.dialogue import CheckFailed
from lvsha.checks.program import Program
from lvsha.checks.pump import Pump
from lvsha.masking import concealing
from lvsha.model import Check, CheckType, Verdict

# Programs at once; more have to wait.
CHILDREN: Final = 128

# Between asking a program to stop and making it.
GRACE: Final = 2.0

# Ours, not the real server's: there may be room for a program before long.
_EXHAUSTED: Final = frozenset(
    (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ENOSPC)
)
PATIENCE: Final = 0.5

# What one of our own programs may tell of a failure.
_TOLD: Final = 4096


def unheard(_: str) -> None:
    """Be told why programs have to wait, and do nothing."""


class External:
    """One program and its verdict; it is waited for even when nobody wants that."""

    __slots__ = (
        "_began",
        "_check",
        "_child",
        "_children",
        "_done",
        "_pidfd",
        "_program",
        "_seconds",
        "_told",
    )

    def __init__(
        self, check: Check, children: "Children", done: Callable[[Verdict], None]
    ) -> None:
        """Prepare to run the command of *check*."""
        self._check = check
        self._children = children
        self._done: Callable[[Verdict], None] | None = done
        self._child: subprocess.Popen[bytes] | None = None
        self._pidfd = -1
        self._program: Program | None = None
        self._told = -1
        negotiate = check.kind is CheckType.NEGOTIATE
        self._seconds = check.negotiatetimeout if negotiate else check.checktimeout

    @property
    def over(self) -> bool:
        """Tell whether there is a verdict, or nobody wants one any more."""
        return self._done is None

    def begin(self) -> bool:
        """Start the program and tell whether it runs; else the verdict is given.

        Raises OSError when it cannot be started for want of something that is
        ours; it may be tried again.
        """
        self._began = monotonic()
        try:
            self._child = self._started()
            self._pidfd = os.pidfd_open(self._child.pid)
        except CheckFailed as failed:
            self._say(why=str(failed))
            return False
        except OSError as reason:
            self._abandon()
            if reason.errno in _EXHAUSTED:
                raise
            why = os.strerror(reason.errno or 0).lower()
            self._say(why=f"cannot run {self._name()!r}: {why}")
            return False
        pump = self._children.pump
        pump.watch(self._pidfd, select.EPOLLIN, self._exited)
        pump.expect(self._seconds, self._late)
        return True

    def _started(self) -> subprocess.Popen[bytes]:
        """Start the program: the operator's, or the one of the check's service."""
        check, nowhere = self._check, self._children.nowhere
        if check.kind is not CheckType.NEGOTIATE:
            return _started(check, nowhere)
        self._program = program = PROGRAMS[check.service](check)
        asked = _remembered(program.words)
        try:
            self._told = os.memfd_create("lvsha-told")
            return _spawned(program.argv, asked, self._told, nowhere)
        finally:
            os.close(asked)

    def _name(self) -> str:
        return self._program.argv[0] if self._program else self._check.command

    def cancel(self) -> None:
        """Want no verdict any more, and stop the program if it runs."""
        if self._done is not None:
            self._done = None
            if self._child is not None:
                self._children.pump.relieve(self._seconds, self._late)
                self._stop()

    def kill(self) -> None:
        """Kill the program with all it started, and wait for its end."""
        self._done = None
        self._signal(signal.SIGKILL)
        waiting = select.poll()
        waiting.register(self._pidfd, select.POLLIN)
        if waiting.poll(GRACE * 1000):
            self._reap()
        self._forget()

    def _abandon(self) -> None:
        """Kill the program, if it was started, for want of a way to watch it."""
        if self._child is not None:
            self._signal(signal.SIGKILL)
            self._child.wait()
            self._child = None
        self._forget()

    def _late(self) -> None:
        what = "answer" if self._program else "exit"
        self._say(why=f"no {what} within {self._seconds:g} s")
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
        pump.relieve(self._seconds, self._late)
        code = self._reap()
        why = self._failure(code) if code else ""
        self._forget()
        self._children.ended(self)
        if code:
            self._say(why=why)
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

    def _failure(self, code: int) -> str:
        """Return what a program that ended with *code* says of it."""
        if self._program is None or code < 0:
            return _meaning(code)
        return self._program.failure(os.pread(self._told, _TOLD, 0))

    def _forget(self) -> None:
        """Close what one of our own programs wrote to."""
        told, self._told = self._told, -1
        if told >= 0:
            os.close(told)

    def _signal(self, number: signal.Signals) -> None:
        if self._child is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, number)

    def _say(self, *, why: str = "") -> None:
        done, self._done = self._done, None
        if done is not None:
            seconds = monotonic() - self._began
            if conceal := concealing(self._check):
                why = conceal(why)
            done(Verdict(passed=not why, detail=why, seconds=seconds))


class Children:
    """The programs that run, a bounded number at once, and those that wait."""

    def __init__(
        self,
        pump: Pump,
        *,
        most: int = CHILDREN,
        complain: Callable[[str], None] = unheard,
    ) -> None:
        """Allow *most* at once; *complain* when none can be started, and say why."""
        self.pump = pump
        self._complain = complain
        self._complained = False
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
            if external.over:
                continue
            try:
                begun = external.begin()
            except OSError as reason:
                self._wait(external, reason)
                return
            if begun:
                self._complained = False
                self._running.add(external)
            break
        if self._waiting and len(self._running) < self._most:
            self.pump.soon(self._launch)

    def _wait(self, external: External, reason: OSError) -> None:
        """Try *external* again in a moment: it says nothing about its server."""
        self._waiting.appendleft(external)
        self.pump.expect(PATIENCE, self._launch)
        if not self._complained:
            self._complained = True
            why = os.strerror(reason.errno or 0).lower()
            self._complain(f"cannot start programs for checks: {why}; they wait")


def _started(check: Check, nowhere: int) -> subprocess.Popen[bytes]:
    """Start the command of *check* as execvp would: by PATH, by sh without a ``#!``."""
    command = check.command
    if check.kind is CheckType.EXTERNAL_PERL:
        argv = [_found("perl"), command, *check.arguments]
        return _spawned(argv, nowhere, nowhere, nowhere)
    path = command if "/" in command else _found(command)
    try:
        return _spawned([path, *check.arguments], nowhere, nowhere, nowhere)
    except OSError as reason:
        if reason.errno != errno.ENOEXEC:
            raise
        return _spawned(["/bin/sh", path, *check.arguments], nowhere, nowhere, nowhere)


def _remembered(words: bytes) -> int:
    """Return a file in nothing but memory to read *words* from."""
    fd = os.memfd_create("lvsha-asked")
    try:
        os.write(fd, words)
        os.lseek(fd, 0, os.SEEK_SET)
    except OSError:
        os.close(fd)
        raise
    return fd


def _found(command: str) -> str:
    path = shutil.which(command)
    if path is None:
        raise FileNotFoundError(errno.ENOENT, "not in PATH", command)
    return path


def _spawned(
    argv: Sequence[str], stdin: int, stdout: int, stderr: int
) -> subprocess.Popen[bytes]:
    """Start *argv* in a session of its own; all our descriptors close on exec."""
    return subprocess.Popen(
        argv,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
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
