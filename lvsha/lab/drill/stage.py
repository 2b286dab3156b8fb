"""A scenario's nodes in their parts: real servers, fallback, engine, client."""

import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from lvsha.lab.drill.clock import behind
from lvsha.lab.drill.machines import FILE, ROOM, steps
from lvsha.lab.drill.record import Record
from lvsha.lab.drill.scenario import FALLBACK, JOINING, REALS, Scenario, configuration
from lvsha.lab.errors import LabError
from lvsha.lab.lab import Lab
from lvsha.lab.node import Node
from lvsha.lab.process import Listener, Process

RATE: Final = 20.0
"""Requests a second, each on a connection of its own."""

TIMEOUT: Final = 3.0
"""Seconds a client waits for an answer."""

_CHECKOUT: Final = "/srv/lvsha"
_NOTIFY: Final = f"{ROOM}/notify"
_ENVIRONMENT: Final = {
    "PYTHONPATH": _CHECKOUT,
    # the checkout cannot be written: keep compiled modules as an installation would
    "PYTHONPYCACHEPREFIX": f"{ROOM}/compiled",
    "PYTHONUNBUFFERED": "1",
}
_ENGINE: Final = "from lvsha.cli.main import main; main()"
_SECONDS: Final = 30.0  # a command in a node takes a twentieth of a second
_OTHER_PORTS: Final = 2000  # below those of the steady requests
_PORTS: Final = 50  # more than a download needs to find its server


class Stage:
    """Does things to a running lab and starts what reports to a record."""

    def __init__(self, lab: Lab, scenario: Scenario, record: Record) -> None:
        """Play *scenario* in *lab*; nothing has happened yet."""
        self.scenario = scenario
        self._lab = lab
        self._record = record
        self._director = lab.node("director")
        self._client = lab.node("client")
        self._servers: dict[str, Process] = {}
        self._engine: Process | None = None
        self._asked = 0
        self._late = 0.0
        self._clients: list[Process] = []

    def prepare(self) -> None:
        """Make every node what it is in the scenario; start all servers."""

        def one(name: str) -> None:
            node = self._lab.node(name)
            for step in steps(self.scenario)[name]:
                node.run(step.argv, seconds=_SECONDS, stdin=step.given.encode())

        names = list(steps(self.scenario))
        with ThreadPoolExecutor(len(names), "drill-prepare") as threads:
            list(threads.map(one, names))
        for name in (*REALS, JOINING, FALLBACK):
            self.start(name)
        self.write(configuration(self.scenario))
        self._late = behind(self._client)
        watcher = self._record.watcher(behind(self._director))
        self._program(self._director, "watch", _NOTIFY, listener=watcher)
        if not self._record.wait(lambda heard: bool(heard.tables), _SECONDS):
            raise LabError("director: nobody watches the table")

    # -- servers ---------------------------------------------------------

    def start(self, *names: str) -> None:
        """Start the servers *names*, for good if one of them is on its way out."""
        for name in names:
            if old := self._servers.get(name):
                old.end()
            node = self._director if name == FALLBACK else self._lab.node(name)
            if self.scenario.protocol == "udp":
                own = self.scenario.address(name)
                port = str(self.scenario.port)
                words = (name, ROOM, port, own, self.scenario.vip)
                if old:
                    old.wait(_SECONDS)
                self._servers[name] = self._program(node, "responder", *words)
            else:
                argv = ["nginx", "-c", f"{ROOM}/nginx.conf"]
                self._servers[name] = node.start(argv)

    def leave(self, *names: str) -> None:
        """Have servers take nobody new, but serve to the end who is there."""
        for name in names:
            self._servers[name].signal(signal.SIGQUIT)

    def hang(self, name: str) -> None:
        """Stop every process of a server: it is there and says nothing."""
        self._servers[name].signal(signal.SIGSTOP, group=True)

    def thaw(self, name: str) -> None:
        """Let it go on."""
        self._servers[name].signal(signal.SIGCONT, group=True)

    def mark(self, name: str, what: str) -> None:
        """Make a real server ``wrong`` to everybody or ``unwell`` to its check."""
        self._lab.node(name).run(["touch", f"{ROOM}/{what}"], seconds=_SECONDS)

    def unmark(self, name: str, what: str) -> None:
        """Take a mark back."""
        self._lab.node(name).run(["rm", "-f", f"{ROOM}/{what}"], seconds=_SECONDS)

    # -- engine ----------------------------------------------------------

    def write(self, text: str) -> None:
        """Put *text* where the engine reads its configuration, at once and whole."""
        new = f"{FILE}.new"
        self._director.run(["tee", new], stdin=text.encode(), seconds=_SECONDS)
        self._director.run(["mv", new, FILE], seconds=_SECONDS)

    def run_engine(self) -> None:
        """Start the engine from the checkout."""
        self._engine = self._director.start(
            ["python3", "-c", _ENGINE, "run", FILE],
            env=_ENVIRONMENT | {"NOTIFY_SOCKET": _NOTIFY},
            listener=self._record.engine(),
        )

    def kill_engine(self) -> None:
        """Kill it as power cuts do: without a word. Return when it is gone."""
        if self._engine is None or not self._engine.alive:
            raise LabError("director: the engine is gone already, see engine.log")
        self._engine.signal(signal.SIGKILL)
        self._engine.wait(_SECONDS)

    def engine_alive(self) -> bool:
        """Tell whether the engine runs."""
        return self._engine is not None and self._engine.alive

    def table(self) -> tuple[str, ...]:
        """Return what ``ipvsadm -Sn`` prints now."""
        said = self._director.run(["ipvsadm", "-Sn"], seconds=_SECONDS).stdout
        return tuple(line.strip() for line in said.decode().splitlines())

    def numbers(self) -> str:
        """Return the table with its connections, for people."""
        argv = ["ipvsadm", "-Ln"]
        return self._director.run(argv, seconds=_SECONDS).stdout.decode()

    # -- clients ---------------------------------------------------------

    def traffic(self) -> None:
        """Start the steady requests."""
        words = ("--rate", f"{RATE:g}", "--timeout", f"{TIMEOUT:g}")
        listener = self._record.client("traffic", self._late)
        self._clients.append(self._ask("steady", *words, listener=listener))

    def talk(self) -> Process:
        """Start a connection that says something every tenth of a second."""
        listener = self._record.client("talk", self._late)
        return self._ask("talk", *self._own_ports(), listener=listener)

    def download(self, server: str) -> Process:
        """Start a slow download from *server*."""
        words = ("--server", server, *self._own_ports())
        listener = self._record.client("download", self._late)
        return self._ask("download", *words, listener=listener)

    def hush(self) -> None:
        """End the steady requests."""
        for process in self._clients:
            process.end()
        self._clients.clear()

    def _own_ports(self) -> tuple[str, str]:
        self._asked += 1
        return "--first-port", str(_OTHER_PORTS + _PORTS * self._asked)

    def _ask(self, mode: str, *words: str, listener: Listener) -> Process:
        scenario = self.scenario
        where = (scenario.protocol, scenario.vip, str(scenario.port))
        return self._program(
            self._client, "client", mode, *where, *words, listener=listener
        )

    def _program(
        self, node: Node, name: str, *words: str, listener: Listener | None = None
    ) -> Process:
        module = f"lvsha.lab.drill.guest.{name}"
        argv: Sequence[str] = ("python3", "-m", module, *words)
        return node.start(argv, env=_ENVIRONMENT, listener=listener)
