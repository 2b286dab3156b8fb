"""Machines that Vagrant has made, as a lab to play drills of a cluster on."""

import contextlib
import json
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from lvsha.lab.cluster.machines import CLIENT, DIRECTORS
from lvsha.lab.cluster.sightings import ENVIRONMENT
from lvsha.lab.drill.clock import behind
from lvsha.lab.errors import LabError
from lvsha.lab.forwarding import Faults
from lvsha.lab.network import Announced
from lvsha.lab.process import Listener, by_line
from lvsha.lab.vagrant.cuts import rules
from lvsha.lab.vagrant.found import Found
from lvsha.lab.vagrant.mirror import Mirror
from lvsha.lab.vagrant.node import Reach, VagrantNode
from lvsha.lab.vagrant.roles import program_units
from lvsha.lab.vagrant.shape import NIC

_SECONDS: Final = 30.0
_REMEMBERED: Final = 1000


class VagrantLab:
    """The machines, as a context manager; at its end they run on, undisturbed."""

    def __init__(self, found: Found, folder: Path) -> None:
        """Take over the lab *found*; what is kept of it goes to *folder*."""
        self._found = found
        self._folder = folder
        self._faults = Faults()
        self._lock = threading.Lock()
        self._announced: deque[Announced] = deque(maxlen=_REMEMBERED)
        self._mirror: Mirror | None = None
        self._nodes: dict[str, VagrantNode] = {}

    def __enter__(self) -> Self:
        """Prepare to reach the machines; `up` calls them."""
        shape = self._found.shape
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "ssh_config"
        config.write_text(self._found.ssh_config)
        self._mirror = Mirror()
        for spec in shape.specs:
            share = self._folder / spec.name
            share.mkdir(exist_ok=True)
            log = self._folder / f"{spec.name}.ssh"
            power = self._found.powers[spec.name]
            reach = Reach(config.absolute(), log, power, shape.patience)
            self._nodes[spec.name] = VagrantNode(spec, share, reach, self._greet)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take every fault back and hang up."""
        try:
            with contextlib.suppress(LabError):
                self.heal()
            for name in self._found.shape.names:
                with contextlib.suppress(LabError):
                    self._serve(name)
        finally:
            if self._mirror is not None:
                self._mirror.close()
            for node in self.nodes:
                node.close()

    @property
    def standing(self) -> bool:
        """Tell that the machines are a cluster already."""
        return True

    @property
    def patience(self) -> float:
        """How many times as long as usual to wait: as the machines were told."""
        return self._found.shape.patience

    @property
    def nodes(self) -> tuple[VagrantNode, ...]:
        """All machines."""
        return tuple(self._nodes.values())

    def node(self, name: str) -> VagrantNode:
        """Return the machine *name*."""
        try:
            return self._nodes[name]
        except KeyError:
            known = ", ".join(self._nodes)
            raise LabError(f"no machine {name!r}: there are {known}") from None

    def up(self, *, seconds: float) -> None:
        """Call all machines; switch on who is off."""
        with ThreadPoolExecutor(len(self.nodes), "lab-call") as threads:
            list(threads.map(lambda node: node.boot(seconds=seconds), self.nodes))
        self._listen()

    def cut(self, one: str, other: str | None = None, *, one_way: bool = False) -> None:
        """Lose what goes between two machines, or between *one* and everybody."""
        self._faults.cut(one, other or "", one_way=one_way)
        self._tell(one, other)

    def deafen(self, name: str) -> None:
        """Lose what is sent to the machine *name*."""
        self._faults.cut("", name, one_way=True)
        self._tell(name)

    def heal(self, one: str | None = None, other: str | None = None) -> None:
        """Take back the cuts of *one* (with *other*), or all."""
        touched = {name for pair in self._faults.cuts for name in pair if name}
        self._faults.heal(one or "", other or "")
        self._tell(*touched)

    def announced(self) -> list[Announced]:
        """Return the gratuitous ARPs that the client has heard of late."""
        with self._lock:
            return list(self._announced)

    def _greet(self, node: VagrantNode) -> None:
        """Have *node*, which can be asked again, be as it must be."""
        if node.name in DIRECTORS and self._mirror is not None:
            self._mirror.carry(node)
        if any(node.name in pair for pair in self._faults.cuts):
            self._tell(node.name)

    def _tell(self, *names: str | None) -> None:
        """Have each of *names* do its part of the cuts."""
        mac = self._found.shape.mac
        for name in names:
            if name is None or not (node := self.node(name)).alive:
                continue  # who has no power hears nothing anyway
            text = rules(name, self._faults, mac).encode()
            node.run(["nft", "-f", "-"], seconds=_SECONDS, stdin=text)

    def _serve(self, name: str) -> None:
        """Have the real server *name* serve, whatever a drill has done to it."""
        node = self.node(name)
        node.run(["pkill", "-x", "nginx"], seconds=_SECONDS, check=False)
        units = program_units(name)
        node.run(["systemctl", "restart", *units], seconds=_SECONDS)

    def _listen(self) -> None:
        node = self.node(CLIENT)
        node.start(
            ["python3", "-m", "lvsha.lab.vagrant.guest.ears", NIC],
            env=ENVIRONMENT,
            listener=self._hear(behind(node)),
        )

    def _hear(self, late: float) -> Listener:
        shape = self._found.shape
        ports = {shape.mac(spec.name): spec.name for spec in shape.specs}

        def hear(line: bytes) -> None:
            words = json.loads(line)
            station = str(words["station"])
            news = Announced(
                time=float(words["at"]) + late,
                port=ports.get(station, station),
                station=station,
                address=str(words["address"]),
            )
            with self._lock:
                self._announced.append(news)

        return by_line(hear)
