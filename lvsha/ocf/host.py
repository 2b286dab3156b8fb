"""The director as the cluster's host has it: its process, lock, socket and rows."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Mapping
from errno import ENOENT, ESRCH
from typing import Final

from lvsha.asking import Answer, Unanswered, ask
from lvsha.lock import holder, take
from lvsha.ocf.parameters import PROFILES, Parameters
from lvsha.ocf.protocol import PATH, Ended, Exit, say

_LOOK: Final = 0.02
_WORDS: Final = 400
_LINES: Final = 3
_MODE: Final = 0o640


class Host:
    """Implements :class:`lvsha.ocf.director.Director`.

    What only a start or a stop needs is imported by them: a monitor runs often.
    """

    def __init__(self, parameters: Parameters) -> None:
        """Touch nothing yet."""
        self._parameters = parameters
        self._directory = parameters.directory
        self._lock = f"{self._directory}/lock"
        self._control = f"{self._directory}/control"
        self._errors = f"{self._directory}/errors"
        self._guard = f"{self._directory}/guardian"
        self._child = 0
        self._status: int | None = None

    def running(self) -> bool:
        """Tell whether its lock is held, or somebody is about to start it again."""
        return holder(self._lock) is not None or holder(self._guard) is not None

    def guarded(self) -> bool:
        """Tell whether somebody starts it again when it dies or hangs."""
        return holder(self._guard) is not None

    def ask(self, question: Mapping[str, object], seconds: float) -> Answer:
        """Return what it answers, when it is back if it died; raises Unanswered."""
        until = self.now() + seconds
        left = seconds
        while True:
            try:
                return ask(self._control, question, seconds=left)
            except Unanswered:
                left = until - self.now() - _LOOK
                if left <= 0 or holder(self._guard) is None:
                    raise
                time.sleep(_LOOK)

    def launch(self) -> None:
        """Start it in a session of its own, with nothing of ours open."""
        from shutil import which  # noqa: PLC0415

        from lvsha.ocf.guardian import forked  # noqa: PLC0415

        os.makedirs(self._directory, mode=0o750, exist_ok=True)
        parameters = self._parameters
        program = which(parameters.program)
        if program is None:
            raise Ended(
                Exit.ERR_INSTALLED, f"program {parameters.program!r} is not here"
            )
        words = [program, "run", parameters.configuration]
        words += ["--instance", parameters.instance]
        words += ["--rundir", parameters.rundir, "--detached"]
        if parameters.profile != PROFILES[0]:
            words += ["--profile", parameters.profile]
        self._child = forked(
            words, _environment(), self._guard, self._errors, parameters.patience
        )

    def ended(self) -> int | None:
        """Return the exit status of what was launched, None while it lives."""
        if self._child and self._status is None:
            pid, status = os.waitpid(self._child, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def complaint(self) -> str:
        """Return what the launched one wrote on standard error."""
        try:
            with open(self._errors, encoding="utf-8", errors="replace") as file:
                said = file.read()
        except OSError as error:
            return f"the director ended; {error}"
        return _shortened(said) or f"the director ended with status {self.ended()}"

    def discard(self) -> None:
        """Kill what was launched, if it lives."""
        if self._child and self.ended() is None:
            os.killpg(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)

    def terminate(self) -> None:
        """Ask it to stop."""
        if not _signal(self._guard, signal.SIGTERM):
            _signal(self._lock, signal.SIGTERM)

    def kill(self) -> None:
        """Stop it without asking."""
        _signal(self._guard, signal.SIGKILL, group=True)
        _signal(self._lock, signal.SIGKILL)

    def gone_within(self, seconds: float) -> bool:
        """Wait until its lock is free."""
        until = self.now() + seconds
        while self.running():
            if self.now() >= until:
                return False
            time.sleep(_LOOK)
        return True

    def withdraw(self) -> str:
        """Delete the rows on record but those that stay, and its files; why not."""
        try:
            with self._locked():
                if problem := self._rows():
                    return problem
                self._sysctls()
                for path in (self._control, self._errors, self._guard, self._lock):
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(path)
                # The operator's word, and rows that stay, are kept in it.
                with contextlib.suppress(OSError):
                    os.rmdir(self._directory)
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except BlockingIOError:
            return "another director was started meanwhile"
        return ""

    def examined(self, seconds: float) -> tuple[int, str]:
        """Return the status of ``lvsha check`` on the configuration, and its words."""
        import subprocess  # noqa: PLC0415

        from lvsha.engine.instance import found  # noqa: PLC0415

        program = self._parameters.program
        try:
            path = found(self._parameters.configuration)
            done = subprocess.run(
                [program, "check", str(path)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                cwd="/",
                env=_environment(),
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            reason = f"{program!r} did not check the configuration in {seconds:g} s"
            raise Ended(Exit.ERR_GENERIC, reason) from error
        except FileNotFoundError as error:
            raise Ended(Exit.ERR_INSTALLED, str(error)) from error
        said = (done.stderr + done.stdout).decode(errors="replace")
        return done.returncode, _shortened(said) or f"{program!r} check failed"

    @staticmethod
    def now() -> float:
        """Return the seconds of a clock that never goes back."""
        return time.monotonic()

    @staticmethod
    def pause(seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Let nobody start meanwhile; raises BlockingIOError when somebody has."""
        if not os.path.isdir(self._directory):
            raise FileNotFoundError(self._directory)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self._lock, flags, _MODE)
        try:
            take(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _sysctls(self) -> None:
        """Set back what a director that was killed has set; no reason to fence."""
        rundir = self._parameters.rundir
        if not os.path.exists(f"{rundir}/sync/profile.json"):
            return
        from pathlib import Path  # noqa: PLC0415

        from lvsha.engine.tuning import Tuning  # noqa: PLC0415
        from lvsha.errors import KernelError  # noqa: PLC0415

        tuning = Tuning(Path(rundir) / "sync")
        try:
            if self._parameters.instance in tuning.holders():
                tuning.restore(self._parameters.instance)
        except KernelError as error:
            say(str(error))

    def _rows(self) -> str:
        path = f"{self._directory}/owned.json"
        if not os.path.exists(path):
            return ""
        from pathlib import Path  # noqa: PLC0415

        from lvsha.errors import KernelError  # noqa: PLC0415
        from lvsha.ipvs.kernel import Kernel  # noqa: PLC0415
        from lvsha.ipvs.owned import OwnedRows  # noqa: PLC0415
        from lvsha.ipvs.plan import diff  # noqa: PLC0415

        record = OwnedRows(Path(path))
        owned, kept = record.read(), record.kept()
        if record.problem:
            # Nobody can tell what was ours: no reason to fence.
            say(f"{record.problem}; leaving the kernel's table alone")
            return ""
        if leaving := owned - kept:
            try:
                with Kernel.open() as kernel:
                    plan = diff({}, kernel.read(leaving), leaving)
                    refused = [
                        str(failure.error)
                        for failure in kernel.perform(plan.operations)
                        if failure.error.errno != ESRCH
                    ]
            except KernelError as error:
                # Without IPVS there are no rows.
                refused = [] if error.errno == ENOENT else [str(error)]
            if refused:
                return "; ".join(refused[:_LINES])
        if kept:
            record.write(kept, kept)
        else:
            os.unlink(path)
        return ""


def _signal(lock: str, number: signal.Signals, *, group: bool = False) -> bool:
    """Send *number* to who holds *lock*, or its whole group; tell if there is one."""
    pid = holder(lock)
    if not pid:
        return False
    # The descriptor names one process for good; if the lock is still held
    # by that pid, it is the right one.
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        try:
            if holder(lock) == pid:
                if group:
                    os.killpg(pid, number)
                signal.pidfd_send_signal(descriptor, number)
                return True
        finally:
            os.close(descriptor)
    return False


def _environment() -> dict[str, str]:
    """Return the environment of a program: nothing that leaked into the cluster."""
    return {"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8"}


def _shortened(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if "error: " in line]
    # Of a traceback the end tells, of problems in a file the first few.
    chosen = errors[:_LINES] or lines[-_LINES:]
    return "; ".join(line.replace("error: ", "", 1) for line in chosen)[:_WORDS]
