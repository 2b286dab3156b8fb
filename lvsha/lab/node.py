"""A node: boots, runs commands, loses power, freezes, thaws."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lvsha.lab import uml
from lvsha.lab.errors import LabError, NodeDown
from lvsha.lab.line import Line, wanted
from lvsha.lab.process import Completed, Listener, Process
from lvsha.lab.topology import NodeSpec

_CONSOLE_LINES = 12
_ANSWER_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node's files are, and what it is started with."""

    machine: uml.Machine
    console: Path
    memory: Path


class Node:
    """One machine of a lab. Safe to use from threads."""

    def __init__(self, spec: NodeSpec, place: Place, share: Path) -> None:
        """Describe the node; nothing runs yet. *share* is its ``/srv/share``."""
        self.spec = spec
        self.name = spec.name
        self.share = share
        self._place = place
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Line | None = None
        self._frozen = False

    @property
    def alive(self) -> bool:
        """Whether it runs; a frozen node is alive."""
        line = self._line
        return line is not None and line.ready

    @property
    def frozen(self) -> bool:
        """Whether it is frozen."""
        return self._frozen

    @property
    def pid(self) -> int | None:
        """The host's id of the node's process, also its process group."""
        process = self._process
        return process.pid if process and self.alive else None

    def boot(self, *, seconds: float = 60) -> None:
        """Switch it on; return when its agent answers (and systemd has settled).

        Its disk is as it was when the power went. Raise `DeadlineExpired` with the end
        of its console if that takes too long.
        """
        deadline = time.monotonic() + seconds
        with self._lock:
            if self.alive:
                raise LabError(f"{self.name} is running already")
            self._off()
            ours, theirs = socket.socketpair()
            with theirs:
                self._process = uml.start(
                    replace(self._place.machine, line=theirs.fileno()),
                    console=self._place.console,
                    memory=self._place.memory,
                )
            self._line = Line(self.name, ours)
            line = self._line
        try:
            self._settle(line, deadline)
        except LabError as error:
            self.kill()
            raise type(error)(f"{error}{self._last_lines()}") from error

    def run(  # noqa: PLR0913 - as many as `subprocess.run`, each by name
        self,
        argv: Sequence[str],
        *,
        seconds: float,
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        check: bool = True,
        cwd: str = "/root",
    ) -> Completed:
        """Run *argv* to its end and return what it said.

        Raise `CommandFailed` for a status other than 0 if *check*; `DeadlineExpired`
        after *seconds*, when it is killed with its children; `NodeDown` if the node
        is down or goes down.
        """
        process = self.start(argv, env=env, cwd=cwd, interactive=bool(stdin))
        return process.fed(stdin, seconds, check=check)

    def start(  # noqa: PLR0913 - as many as `subprocess.Popen`, each by name
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str = "/root",
        interactive: bool = False,
        terminal: bool = False,
        listener: Listener | None = None,
    ) -> Process:
        """Start *argv* in the background.

        *interactive* gives it a standard input to write to, *terminal* a terminal for
        all three. *listener* is told each piece of output as it comes.
        """
        line = self._line
        if line is None or not line.ready:
            raise NodeDown(f"{self.name} is down")
        request = wanted(env, cwd, stdin=interactive, terminal=terminal)
        return line.spawn(argv, request, listener)

    def kill(self) -> None:
        """Cut its power. What runs there is gone at once; so is unwritten data."""
        with self._lock:
            self._off()

    def freeze(self) -> None:
        """Stop its clock and processor: it does nothing, but does not know."""
        self._signal(signal.SIGSTOP)
        self._frozen = True

    def thaw(self) -> None:
        """Let it go on; all its timers notice that time has passed."""
        self._signal(signal.SIGCONT)
        self._frozen = False

    def console(self) -> bytes:
        """Return what its kernel and init have said on the console, all boots."""
        try:
            return self._place.console.read_bytes()
        except FileNotFoundError:
            return b""

    def _signal(self, number: int) -> None:
        with self._lock:
            if not self.alive or self._process is None:
                raise NodeDown(f"{self.name} is down")
            # the kernel's process alone: its traced children follow it by themselves
            os.kill(self._process.pid, number)

    def _off(self) -> None:
        if self._process:
            uml.end(self._process)
            self._process = None
        if self._line:
            self._line.close()
            self._line = None
        self._frozen = False

    def _settle(self, line: Line, deadline: float) -> None:
        """Wait for the agent, and for systemd to have started what it will start."""
        problems = line.wait_ready(deadline - time.monotonic())
        if problems:
            raise LabError(f"{self.name}: {'; '.join(problems)}")
        if self.spec.boot == "light":
            return
        rest = max(1.0, deadline - time.monotonic())
        argv = ["systemctl", "is-system-running", "--wait"]
        said = self.run(argv, seconds=rest, check=False).stdout.strip().decode()
        if said != "running":
            argv = ["systemctl", "--failed", "--plain", "--no-legend"]
            failed = self.run(argv, seconds=_ANSWER_SECONDS).stdout.decode().strip()
            raise LabError(f"{self.name}: systemd is {said!r}; failed units: {failed}")

    def _last_lines(self) -> str:
        console = self.console().decode(errors="replace")
        # a panic's stack trace says less than what led to it
        lines = console.partition("Kernel panic")[0].splitlines()[-_CONSOLE_LINES:]
        return "; its console ends with:\n" + "\n".join(lines) if lines else ""


def settings(
    spec: NodeSpec,
    *,
    hosts: str,
    shares: Sequence[tuple[str, str, bool]],
    steps: list[str],
) -> str:
    """Return the ``node.json`` from which the agent makes the node ready.

    A share is its place in the node, its folder here, and whether it may be written.
    """
    return json.dumps(
        {
            "name": spec.name,
            "boot": spec.boot,
            "hosts": hosts,
            "shares": list(shares),
            "network": steps,
        }
    )
