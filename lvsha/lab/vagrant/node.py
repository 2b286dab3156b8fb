"""A machine of Vagrant as a node of the lab: asked over ssh, with a power switch."""

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from socket import socketpair
from typing import Final

from lvsha.lab.errors import DeadlineExpired, LabError, NodeDown
from lvsha.lab.line import Line, wanted
from lvsha.lab.process import Completed, Listener, Process
from lvsha.lab.topology import NodeSpec
from lvsha.lab.vagrant.found import SSH, told
from lvsha.lab.vagrant.power import Power

_SWITCHED: Final = 60.0
_GREETED: Final = 60.0
_AGAIN: Final = 1.0  # sshd of a machine that boots is not there yet
_PARTED: Final = 10.0  # what runs there is ended first
_CUT: Final = 0.2
_GONE: Final = 10.0
_AGENT: Final = (
    "exec sudo -n env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    " PYTHONPATH=/srv/lvsha PYTHONPYCACHEPREFIX=/var/cache/lvsha-lab"
    " python3 -m lvsha.lab.vagrant.guest.over_ssh"
)


@dataclass(frozen=True, slots=True)
class Reach:
    """How a machine is reached: ssh's configuration file, its log, the power switch."""

    ssh_config: Path
    log: Path
    power: Power
    patience: float


class VagrantNode:
    """One machine. Safe to use from threads."""

    def __init__(
        self,
        spec: NodeSpec,
        share: Path,
        reach: Reach,
        ready: Callable[["VagrantNode"], None] = lambda _node: None,
    ) -> None:
        """Describe it; *ready* is told each time it can be asked again."""
        self.spec = spec
        self.name = spec.name
        self.share = share
        self._reach = reach
        self._ready = ready
        self._lock = threading.RLock()
        self._ssh: subprocess.Popen[bytes] | None = None
        self._line: Line | None = None
        self._frozen = False
        self._wanted = False

    @property
    def alive(self) -> bool:
        """Whether it can be asked, or is frozen."""
        line = self._line
        return line is not None and line.ready

    @property
    def frozen(self) -> bool:
        """Whether it is frozen."""
        return self._frozen

    def boot(self, *, seconds: float = 60) -> None:
        """Switch it on if it is off; return when it can be asked."""
        until = time.monotonic() + seconds * self._reach.patience
        with self._lock:
            if self.alive:
                raise LabError(f"{self.name} is running already")
            self._hang_up()
            if not self._switched_on():
                told(self._reach.power.on, seconds=_SWITCHED)
            self._wanted = True
        # its power may be cut again meanwhile
        while not self._greeted():
            if not self._wanted:
                raise NodeDown(f"{self.name} went down while it booted")
            if time.monotonic() > until:
                raise DeadlineExpired(
                    f"{self.name} cannot be asked: see {self._reach.log}"
                )
            time.sleep(_AGAIN)
        self._ready(self)

    def run(  # noqa: PLR0913 - as `lvsha.lab.node.Node`
        self,
        argv: Sequence[str],
        *,
        seconds: float,
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        check: bool = True,
        cwd: str = "/root",
    ) -> Completed:
        """Run *argv* to its end and return what it said, as `Node.run`."""
        process = self.start(argv, env=env, cwd=cwd, interactive=bool(stdin))
        return process.fed(stdin, seconds * self._reach.patience, check=check)

    def start(  # noqa: PLR0913 - as `lvsha.lab.node.Node`
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str = "/root",
        interactive: bool = False,
        terminal: bool = False,
        listener: Listener | None = None,
    ) -> Process:
        """Start *argv* in the background, as `Node.start`."""
        line = self._line
        if line is None or not line.ready:
            raise NodeDown(f"{self.name} is down")
        request = wanted(env, cwd, stdin=interactive, terminal=terminal)
        return line.spawn(argv, request, listener)

    def kill(self) -> None:
        """Cut its power."""
        with self._lock:
            self._wanted = False
            try:
                told(self._reach.power.off, seconds=_SWITCHED)
            except LabError:
                if self._switched_on():
                    raise
            self._frozen = False
            self._hang_up()

    def freeze(self) -> None:
        """Stop its processors."""
        told(self._reach.power.freeze, seconds=_SWITCHED)
        self._frozen = True

    def thaw(self) -> None:
        """Let it go on."""
        told(self._reach.power.thaw, seconds=_SWITCHED)
        self._frozen = False

    def close(self) -> None:
        """Hang up; it goes on running."""
        with self._lock:
            if self._frozen:
                self.thaw()
            self._hang_up()

    def _switched_on(self) -> bool:
        power = self._reach.power
        return power.running in told(power.asked, seconds=_SWITCHED)

    def _greeted(self) -> bool:
        """Call it once; tell whether its agent said hello."""
        ours, theirs = socketpair()
        argv = (*SSH, "-F", str(self._reach.ssh_config), self.name, _AGENT)
        with theirs, self._reach.log.open("ab") as log:
            end = theirs.fileno()
            self._ssh = subprocess.Popen(
                argv, stdin=end, stdout=end, stderr=log, start_new_session=True
            )
        self._line = Line(self.name, ours)
        try:
            self._line.wait_ready(_GREETED * self._reach.patience)
        except LabError:
            self._hang_up()
            return False
        return True

    def _hang_up(self) -> None:
        """End ssh: of itself when its input ends, or else, the machine being dead."""
        ssh, self._ssh = self._ssh, None
        line, self._line = self._line, None
        if line is not None:
            line.close()
        if ssh is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            ssh.wait(_PARTED if self._wanted else _CUT)
        ssh.kill()
        try:
            ssh.wait(_GONE)
        except subprocess.TimeoutExpired as error:
            raise DeadlineExpired(f"ssh to {self.name} does not end") from error
