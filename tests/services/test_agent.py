"""What agents say, as HAProxy takes it and as we do: the same lines to both."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import pytest

from lvsha.advice import Advice, Mode, advised
from lvsha.checks.prober import Prober
from lvsha.identity import Protocol
from lvsha.model import AGENT, Check, CheckType, Verdict
from tests.services.daemons import HERE, Daemon, running

PORT: Final = 18082
SECONDS: Final = 60.0
_HAPROXY: Final = f"""\
global
    stats socket PLACE/stats level admin
defaults
    mode tcp
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend web
    bind {HERE}:18080
    default_backend reals
backend reals
    server a {HERE}:18081 weight 100 agent-check agent-port {PORT} agent-inter 20ms
"""
HAPROXY: Final = Daemon(
    "haproxy",
    ("haproxy", "-db", "-f", "PLACE/haproxy.cfg"),
    (f"{HERE}:18080",),
    files={"haproxy.cfg": _HAPROXY},
)
CHECK: Final = Check(
    CheckType.NEGOTIATE, AGENT, Protocol.TCP, ip_address(HERE), PORT, 10, 10, request=""
)
# Bits of srv_admin_state in `show servers state`.
_MAINTENANCE, _DRAINED = 0x01, 0x08
_WHOLE: Final = "up ready 100%"

SAME: Final = (
    *("up", "UP", "down", "fail", "stopped", "ready", "drain", "maint", "Maint"),
    *("75%", "0%", "100%", "5.5%", "-5%", "100%%", "50", "gibberish", "upset", "# up"),
    *("up 50% drain", "50% down", "down,ready,30%", "down # up again soon"),
    *("down up", "up down", "maint ready", "drain maint", "ready maint drain"),
    *("drain 20%", "20% 40%", "drain up", "down maint", "up maxconn:30"),
)
# What HAProxy makes of lines that we take otherwise, and why we do.
OTHERWISE: Final = {
    "failed": (Advice(), "its manual had this word, the program never did"),
    "down#disk": (Advice(), "it wants a blank before the sign, its manual does not"),
    "200%": (Advice(percent=200), "we give nobody more than the whole weight"),
}


@dataclass
class Agent:
    """An agent that says *line* to whoever calls, and counts the calls."""

    listening: socket.socket
    line: str = _WHOLE
    calls: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def serve(self) -> None:
        """Answer until the socket is shut down."""
        with suppress(OSError):
            while True:
                peer, _ = self.listening.accept()
                with peer, self.changed, suppress(OSError):
                    self.calls += 1
                    self.changed.notify_all()
                    peer.sendall(f"{self.line}\n".encode())

    def says(self, line: str) -> None:
        """Say *line* from now on; return when HAProxy has taken it in.

        The first call that follows may have begun before, and the one after the
        second is made only when that is done with.
        """
        with self.changed:
            self.line = line
            enough = self.calls + 3
            assert self.changed.wait_for(lambda: self.calls >= enough, SECONDS)


@pytest.fixture(scope="module")
def agent() -> Iterator[Agent]:
    with socket.create_server((HERE, PORT)) as listening:
        there = Agent(listening)
        serving = threading.Thread(target=there.serve)
        serving.start()
        yield there
        listening.shutdown(socket.SHUT_RDWR)
        serving.join(SECONDS)


@pytest.fixture(scope="module")
def stats(agent: Agent, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:  # noqa: ARG001 - it calls the agent
    """Run HAProxy; provide its socket for questions."""
    home = tmp_path_factory.mktemp("agent")
    with running(HAPROXY, home / "haproxy", home):
        yield home / "haproxy" / "stats"


def theirs(stats: Path) -> Advice:
    """Return what HAProxy makes of all it has heard."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(SECONDS)
        asking.connect(str(stats))
        asking.sendall(b"show servers state reals\n")
        with asking.makefile() as told:
            _, names, values, *_ = told.read().splitlines()
    row = dict(zip(names.lstrip("# ").split(), values.split(), strict=True))
    admin = int(row["srv_admin_state"])
    drained = Mode.DRAIN if admin & _DRAINED else Mode.READY
    mode = Mode.MAINT if admin & _MAINTENANCE else drained
    return Advice(mode, row["srv_op_state"] != "0", int(row["srv_uweight"]))


def ours(before: Advice) -> Advice:
    """Return what we make of what the agent says to us."""

    async def run() -> Verdict:
        prober = Prober()
        future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        try:
            prober.start(CHECK, future.set_result)
            return await asyncio.wait_for(future, SECONDS)
        finally:
            prober.close()

    said = asyncio.run(run())
    assert said.passed, said.detail
    return advised(before, said.detail)


def alike(advice: Advice) -> Advice:
    """Return *advice* as HAProxy can show it: one in maintenance does not work."""
    return replace(advice, works=advice.works and advice.mode is not Mode.MAINT)


@pytest.mark.parametrize("line", SAME)
def test_a_line_means_the_same_to_haproxy(agent: Agent, stats: Path, line: str) -> None:
    agent.says(_WHOLE)
    assert theirs(stats) == Advice()

    agent.says(line)

    assert theirs(stats) == alike(ours(Advice()))


@pytest.mark.parametrize("line", OTHERWISE)
def test_a_line_that_means_something_else_is_on_record(
    agent: Agent, stats: Path, line: str
) -> None:
    taken, why = OTHERWISE[line]
    agent.says(_WHOLE)
    assert theirs(stats) == Advice()

    agent.says(line)

    assert theirs(stats) == taken != ours(Advice())
    page = Path(__file__).parents[2] / "docs" / "options.md"
    assert f"| `{line}` | {why} |" in page.read_text()


def test_what_one_line_says_stays_until_another_says_otherwise(
    agent: Agent, stats: Path
) -> None:
    known = Advice()
    for line in (
        _WHOLE,
        "drain 40%",
        "up",
        "ready",
        "down",
        "60%",
        "up",
        "maint",
        "up",
    ):
        agent.says(line)
        known = ours(known)
        assert theirs(stats) == alike(known), line
