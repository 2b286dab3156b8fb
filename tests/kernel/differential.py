"""One configuration, played to ldirectord and to ours, each in its own namespace.

A `Case` is a configuration and phases; a phase changes something and says what the
table is then. Both directors get the same file, the same real servers and the same
steps; `played` tells which tables each of them ended every phase with.
"""

import os
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from lvsha.ipvs.kernel import Kernel
from lvsha.ipvs.listing import parsed
from lvsha.ipvs.table import Table
from tests.kernel.differential_servers import Mood, Server, Town
from tests.kernel.namespace import entered, fresh

GLOBALS: Final = """\
supervised = yes
checkinterval = 1
checktimeout = 2
negotiatetimeout = 2
"""
# In debug mode it says which checks it does and which commands it runs.
LDIRECTORD: Final = ("ldirectord", "-d", "{file}", "start")
OURS: Final = (sys.executable, "-m", "lvsha", "run", "{file}", "--rundir", "{place}")

# A phase is over when ldirectord has checked everything this often without a
# command, and both tables were as expected for so long: more than an interval and
# the check in it. On one slow processor ldirectord takes a second or two for a row.
_ROUNDS: Final = 3
_HOLD: Final = 1.6
_STILL: Final = 4.0
_PHASE: Final = 120.0
_LOOK: Final = 0.1
_PROGRAM: Final = 30.0
_CHECKED: Final = re.compile(rb"^DEBUG2: (Checking .*real server=.*)$", re.MULTILINE)
# Details, and Perl's complaints about how ldirectord reads ipvsadm's listing.
_NOISE: Final = ("DEBUG", "Use of uninitialized", "Client-", "hello")
_COMMAND: Final = b"Running system("


@dataclass(frozen=True, slots=True)
class Be:
    """The real server at *address* answers like *mood* from now on."""

    address: str
    mood: Mood


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The file says *text* from now on; the director is told by *signal*, if at all."""

    text: str
    signal: int = signal.SIGHUP


@dataclass(frozen=True, slots=True)
class ByHand:
    """Somebody runs ``ipvsadm`` with *arguments*."""

    arguments: str


@dataclass(frozen=True, slots=True)
class Exists:
    """The file *name* appears in the director's place, or goes away."""

    name: str
    there: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """Something is done with a program, such as ``ip addr add``."""

    command: str


@dataclass(frozen=True, slots=True)
class Start:
    """The director starts; the first phase ends with this by itself."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The director is told to end (or is killed), and ends."""

    signal: int = signal.SIGTERM


Step = Be | Rewrite | ByHand | Exists | Run | Start | Stop


@dataclass(frozen=True, slots=True)
class Phase:
    """What happens, and the table after it, as ``ipvsadm -S`` would write it.

    *original* is ldirectord's table where it is another one, *because* of what.
    """

    name: str
    steps: tuple[Step, ...]
    table: str
    original: str | None = None
    because: str = ""

    @property
    def originally(self) -> str:
        """Ldirectord's table."""
        return self.table if self.original is None else self.original


@dataclass(frozen=True, slots=True)
class Case:
    """A configuration and what happens while it is in force."""

    name: str
    text: str
    phases: tuple[Phase, ...]
    servers: tuple[str, ...] = ("127.0.0.2:80", "127.0.0.3:80")
    scripts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """A kernel's table: as ipvsadm saves it, and with all it leaves out."""

    text: str
    table: Table


@dataclass(frozen=True, slots=True)
class Ended:
    """How a phase ended: both tables, and what the directors had said by then."""

    phase: Phase
    original: Seen
    ours: Seen
    said: str


def rows(service: str, *destinations: str) -> str:
    """Return *service* with *destinations* as ``ipvsadm -S`` lines.

    A destination is written ``127.0.0.2:80 -g -w 1``.
    """
    words = service.split()
    named = " ".join(words[:3] if "-6" in words[:3] else words[:2])
    lines = [f"-A {service}", *(f"-a {named} -r {row}" for row in destinations)]
    return "".join(f"{line}\n" for line in lines)


class Side:
    """One of the two: a namespace, its real servers, a director and its files."""

    def __init__(self, argv: tuple[str, ...], place: Path, case: Case) -> None:
        """Set up everything but the director. Be in the namespace when calling."""
        self.place = place
        self._argv = argv
        self._case = case
        self.inside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self._kernel = Kernel.open()
        self._director: subprocess.Popen[bytes] | None = None
        self._servers: dict[str, Server] = {}
        self._log = place / "log"
        self._told = 0
        (place / "maintenance").mkdir(parents=True)
        for name, script in case.scripts.items():
            path = place / name
            path.write_text(self._here(script))
            path.chmod(0o755)
        self._log.touch()
        self._write(case.text)

    def inhabit(self, town: Town) -> None:
        """Start the real servers in *town*, all up."""
        for address in self._case.servers:
            self._servers[address] = Server(partial(self._bound, address), town)
            self._servers[address].become(Mood.UP)

    def close(self) -> None:
        """End all of it; without a word to the director."""
        if self._director is not None:
            self._director.kill()
            self._director.wait(_PROGRAM)
        for server in self._servers.values():
            server.become(Mood.DOWN)
        self._kernel.close()
        os.close(self.inside)

    def do(self, steps: Sequence[Step]) -> None:
        """Do *steps* here, in order."""
        self._told = self._log.stat().st_size
        for step in steps:
            self._do(step)

    def _do(self, step: Step) -> None:
        match step:
            case Be(address, mood):
                self._servers[address].become(mood)
            case Rewrite(text, number):
                self._write(text)
                if number:
                    self._signal(number)
            case ByHand(arguments):
                self.run("ipvsadm", *arguments.split())
            case Run(command):
                self.run(*command.split())
            case Exists(name, there):
                path = self.place / name
                path.touch() if there else path.unlink()
            case Start():
                self._start()
            case Stop(number):
                self._signal(number)
                if self._director is not None:
                    self._director.wait(_PROGRAM)

    @property
    def pid(self) -> int:
        """The director's process id."""
        if self._director is None:
            raise ProcessLookupError("no director was started")
        return self._director.pid

    @property
    def status(self) -> int | None:
        """The director's exit status, None while it runs."""
        return self._director.poll() if self._director else None

    def table(self) -> Table:
        """Return the kernel's table."""
        return self._kernel.read()

    def seen(self) -> Seen:
        """Return the table in ipvsadm's words, too."""
        return Seen(self.run("ipvsadm", "-Sn").stdout, self.table())

    def run(self, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run *argv* here to its end."""
        with entered(self.inside):
            return subprocess.run(
                argv, check=check, capture_output=True, text=True, timeout=_PROGRAM
            )

    def argv(self) -> list[str]:
        """Return what the director is started with."""
        words = {"file": str(self.place / "ld.cf"), "place": str(self.place / "run")}
        return [word.format(**words) for word in self._argv]

    def rested(self) -> bool:
        """Tell whether an ldirectord has nothing left to do after the last steps."""
        if self._director is None or self._director.poll() is not None:
            return True
        with self._log.open("rb") as log:
            log.seek(self._told)
            said = log.read().rpartition(_COMMAND)[2]
        return max(Counter(_CHECKED.findall(said)).values(), default=0) >= _ROUNDS

    def log(self) -> str:
        """Return the end of what the director said, and its status if it ended."""
        said = self.said()[-12:]
        return "\n".join([f"{self._argv[0]}: status {self.status}", *said, ""])

    def said(self) -> list[str]:
        """Return what the director said, line by line."""
        lines = self._log.read_text(errors="replace").splitlines()
        return [line for line in lines if not line.startswith(_NOISE)]

    def _write(self, text: str) -> None:
        new = self.place / "new"
        new.write_text(GLOBALS + self._here(text))
        new.replace(self.place / "ld.cf")

    def _here(self, text: str) -> str:
        return text.replace("PLACE", str(self.place))

    def _start(self) -> None:
        with entered(self.inside), self._log.open("ab") as log:
            self._director = subprocess.Popen(
                self.argv(),
                cwd=self.place,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _signal(self, number: int) -> None:
        if self._director is not None:
            self._director.send_signal(number)

    def _bound(self, address: str) -> socket.socket:
        words = address.split()
        host, _, port = words[-1].rpartition(":")
        kind = socket.SOCK_DGRAM if words[0] == "udp" else socket.SOCK_STREAM
        family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
        with entered(self.inside):
            sock = socket.socket(family, kind)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host.strip("[]"), int(port)))
        return sock


def played(case: Case, place: Path, town: Town) -> list[Ended]:
    """Play *case* to both directors; return how each phase ended.

    The first phase in which a table was not the expected one in time is the last.
    """
    endings: list[Ended] = []
    with (
        side(LDIRECTORD, place / "ldirectord", case, town) as original,
        side(OURS, place / "lvsha", case, town) as ours,
    ):
        before = ""
        for phase in case.phases:
            steps = phase.steps if endings else (*phase.steps, Start())
            original.do(steps)
            ours.do(steps)
            still = before in {phase.table, phase.original}
            reached = _reached(phase, original, ours, _STILL if still else _HOLD)
            said = original.log() + ours.log()
            endings.append(Ended(phase, original.seen(), ours.seen(), said))
            if not reached:
                break
            before = phase.table
    return endings


def _reached(phase: Phase, original: Side, ours: Side, seconds: float) -> bool:
    wanted = parsed(phase.originally), parsed(phase.table)
    return held(
        lambda: (original.table(), ours.table()) == wanted and original.rested(),
        seconds,
    )


@contextmanager
def side(argv: tuple[str, ...], place: Path, case: Case, town: Town) -> Iterator[Side]:
    with ExitStack() as stack:
        with fresh():
            made = Side(argv, place, case)
        stack.callback(made.close)
        made.inhabit(town)
        yield made


def held(right: Callable[[], bool], seconds: float) -> bool:
    """Wait until *right* has been true for *seconds*; tell whether it came to that."""
    deadline = monotonic() + _PHASE
    since: float | None = None
    while monotonic() < deadline:
        if not right():
            since = None
        elif since is None:
            since = monotonic()
        elif monotonic() - since >= seconds:
            return True
        sleep(_LOOK)
    return False
