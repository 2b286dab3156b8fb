"""A lab: its nodes, their network, and the promise that nothing of it remains."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from lvsha.lab import topology, uml
from lvsha.lab.errors import DeadlineExpired, LabError
from lvsha.lab.image import Image
from lvsha.lab.network import Announced, Network
from lvsha.lab.node import Node, Place, settings
from lvsha.lab.topology import NodeSpec

CHECKOUT = Path(__file__).resolve().parents[2]
"""The folder that holds this package: what nodes see as ``/srv/lvsha``."""

_MEGABYTES = {"M": 20, "G": 30}
_KEEPER_SECONDS = 20
"""It gives the nodes 10 to go, and then removes their disks."""

_LONGEST_FOLDER = 60
"""A socket's path has room for 107 bytes; what follows needs the rest."""


class Lab:
    """Nodes on one switch, as a context manager.

    At its end, however it comes, no process, socket or disk of it remains; in
    *directory* stay the consoles and what nodes wrote to ``/srv/share``.
    """

    def __init__(
        self,
        directory: Path,
        nodes: Sequence[NodeSpec],
        *,
        image: Image,
        shares: Mapping[str, Path] | None = None,
    ) -> None:
        """Describe the lab. *shares*: folders to see, read-only, by place in a node.

        By default that is the checkout, at ``/srv/lvsha``.
        """
        topology.check(nodes)
        self.directory = directory
        self._specs = tuple(nodes)
        self._image = image
        self._shares = {"/srv/lvsha": CHECKOUT} if shares is None else dict(shares)
        self._folder: Path | None = None
        self._keeper: subprocess.Popen[bytes] | None = None
        self._network: Network | None = None
        self._nodes: dict[str, Node] = {}
        self._before: object = None

    def __enter__(self) -> Self:
        """Start the switch and prepare the nodes; `up` boots them."""
        self._catch_sigterm()
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it all."""
        self.close()

    @property
    def standing(self) -> bool:
        """Tell that nothing runs in its nodes but what they are told to."""
        return False

    @property
    def patience(self) -> float:
        """Return how many times as long as usual to wait for its nodes."""
        return 1.0

    @property
    def folder(self) -> Path | None:
        """Where its sockets and disks are; gone when the lab is."""
        return self._folder

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, in the order they were named."""
        return tuple(self._nodes.values())

    def node(self, name: str) -> Node:
        """Return the node *name*."""
        try:
            return self._nodes[name]
        except KeyError:
            known = ", ".join(self._nodes)
            raise LabError(f"no node {name!r}: there are {known}") from None

    def up(
        self,
        *,
        seconds: float,
        progress: Callable[[str], None] = lambda _news: None,
    ) -> None:
        """Boot all nodes side by side; return when every agent answers."""

        def boot(node: Node) -> None:
            node.boot(seconds=seconds)
            progress(f"{node.name} is up")

        down = [node for node in self.nodes if not node.alive]
        if not down:
            return
        with ThreadPoolExecutor(len(down), "lab-boot") as threads:
            try:
                list(threads.map(boot, down))
            except BaseException:
                # the pool waits for its threads, and they for nodes nobody wants now
                for node in down:
                    node.kill()
                raise

    def cut(self, one: str, other: str | None = None, *, one_way: bool = False) -> None:
        """Stop frames between two nodes, or between *one* and everybody."""
        self._known(one, other)
        self.network.cut(one, other or "", one_way=one_way)

    def deafen(self, name: str) -> None:
        """Stop frames from everybody to the node *name*."""
        self._known(name)
        self.network.cut("", name, one_way=True)

    def heal(self, one: str | None = None, other: str | None = None) -> None:
        """Take back the cuts of *one* (with *other*), or every fault of the network."""
        self._known(one, other)
        self.network.heal(one or "", other or "")

    def loss(self, name: str, percent: float) -> None:
        """Lose *percent* of the frames to and from a node; 0 ends it."""
        self._known(name)
        self.network.loss(name, percent)

    def delay(self, name: str, seconds: float) -> None:
        """Delay every frame to or from a node; 0 ends it."""
        self._known(name)
        self.network.delay(name, seconds)

    def duplicate(self, name: str, percent: float) -> None:
        """Deliver *percent* of a node's frames twice; 0 ends it."""
        self._known(name)
        self.network.duplicate(name, percent)

    def pcap(self, path: Path | None) -> None:
        """Record every frame that a node sends into *path*; None ends the recording."""
        self.network.pcap(path)

    def counters(self) -> dict[str, dict[str, int]]:
        """Return what each node's port has counted."""
        return self.network.counters()

    def announced(self) -> list[Announced]:
        """Return the latest gratuitous ARPs and neighbour advertisements."""
        return self.network.announced()

    @property
    def network(self) -> Network:
        """The switch; it runs inside the lab's ``with`` block."""
        if self._network is None:
            raise LabError("the lab is not open: use it in a 'with' block")
        return self._network

    def close(self) -> None:
        """Cut the power of all nodes and remove what is left; twice is once."""
        for node in self.nodes:
            node.kill()
        if self._network:
            self._network.close()
            self._network = None
        if self._keeper:
            try:
                self._keeper.communicate(timeout=_KEEPER_SECONDS)
            except subprocess.TimeoutExpired as error:
                raise DeadlineExpired("the lab's keeper does not end") from error
            finally:
                self._keeper = None
        if self._before is not None:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            self._before = None

    def _known(self, *names: str | None) -> None:
        for name in names:
            if name is not None:
                self.node(name)

    def _catch_sigterm(self) -> None:
        """Have SIGTERM end the program as an exception, so that we clean up."""

        def leave(number: int, _frame: FrameType | None) -> None:
            raise SystemExit(128 + number)

        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            self._before = signal.SIG_DFL
            signal.signal(signal.SIGTERM, leave)

    def _prepare(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        memory = uml.memory_folder(sum(_bytes(spec.memory) for spec in self._specs))
        folder = _short_folder()
        self._folder = folder
        self._keeper = subprocess.Popen(
            [sys.executable, "-P", "-m", "lvsha.lab.keeper", str(folder)],
            stdin=subprocess.PIPE,
            env={"PYTHONPATH": str(CHECKOUT)},
            start_new_session=True,
        )
        self._network = Network()
        (folder / "uml").mkdir()
        (folder / "disk").symlink_to(self._image.disk.absolute())
        (folder / "linux").symlink_to(self._image.kernel.absolute())
        for number, spec in enumerate(self._specs, 1):
            self._nodes[spec.name] = self._node(folder, number, spec, memory)

    def _node(self, folder: Path, number: int, spec: NodeSpec, memory: Path) -> Node:
        place = folder / spec.name
        shutil.copytree(
            Path(__file__).parent / "guest",
            place / "guest",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        share = (self.directory / spec.name).absolute()
        share.mkdir(exist_ok=True)
        shares = [
            *((at, str(path.absolute()), False) for at, path in self._shares.items()),
            ("/srv/share", str(share), True),
        ]
        (place / "node.json").write_text(
            settings(
                spec,
                hosts=topology.hosts(self._specs),
                shares=shares,
                steps=topology.network_steps(spec),
            )
        )
        port = folder / f"{number}.port"
        self.network.port(spec.name, spec.network, port)
        machine = uml.Machine(
            name=spec.name,
            kernel=folder / "linux",
            disk=folder / "disk",
            own=folder / f"{number}.disk",
            place=place,
            sockets=folder / "uml",
            port=port,
            mac=f"02:4c:56:00:{number >> 8:02x}:{number & 255:02x}",
            memory=spec.memory,
            boot=spec.boot,
            line=-1,
        )
        console = self.directory / f"{spec.name}.console"
        return Node(spec, Place(machine, console, memory), share)


def _short_folder() -> Path:
    """Return a new folder whose path fits a socket address and the kernel's words."""
    base = tempfile.gettempdir()
    if len(base) > _LONGEST_FOLDER or any(letter in base for letter in " ,="):
        base = "/tmp"  # noqa: S108
    return Path(tempfile.mkdtemp(prefix="lvsha-lab-", dir=os.path.realpath(base)))


def _bytes(memory: str) -> int:
    return int(memory[:-1]) << _MEGABYTES[memory[-1]]
