"""The lab's side of the switch: starts its process and gives it orders."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TypedDict, cast

from lvsha.lab.errors import DeadlineExpired, LabError

_SECONDS = 10
"""An order takes the switch microseconds; this only bounds a dead one."""


class Announced(TypedDict):
    """A gratuitous ARP or neighbour advertisement, as the switch saw it pass."""

    time: float
    port: str
    station: str
    address: str


class Network:
    """The switch: ports for nodes, and faults on purpose. Safe to use from threads."""

    def __init__(self) -> None:
        """Start the switch's process."""
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair()
        self._control.settimeout(_SECONDS)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "lvsha.lab.switch"],
                stdin=theirs.fileno(),
                env={"PYTHONPATH": str(Path(__file__).parents[2])},
                start_new_session=True,
            )
        self._answers = self._control.makefile("rb")

    def port(self, name: str, network: str, path: Path) -> None:
        """Add a port *name* to *network*, for whoever connects to *path*."""
        self._order("port", name=name, network=network, path=str(path))

    def cut(self, one: str, other: str = "", *, one_way: bool = False) -> None:
        """Stop frames between the two nodes, or between *one* and everybody.

        *one_way*: only those that *one* sends.
        """
        self._order("cut", one=one, other=other, one_way=one_way)

    def heal(self, one: str = "", other: str = "") -> None:
        """Take cuts back: between the two, all of *one*, or every fault there is."""
        self._order("heal", one=one, other=other)

    def loss(self, name: str, percent: float) -> None:
        """Lose *percent* of the frames to and from node *name*; 0 ends it."""
        self._order("losses", name=name, value=percent / 100)

    def delay(self, name: str, seconds: float) -> None:
        """Delay each frame to or from node *name*; 0 ends it."""
        self._order("delays", name=name, value=seconds)

    def duplicate(self, name: str, percent: float) -> None:
        """Deliver *percent* of the frames to and from node *name* twice; 0 ends it."""
        self._order("duplicates", name=name, value=percent / 100)

    def pcap(self, path: Path | None) -> None:
        """Record every frame the nodes send into *path*; None ends the recording."""
        self._order("pcap", path=str(path.absolute()) if path else "")

    def counters(self) -> dict[str, dict[str, int]]:
        """Return the counters of each port."""
        return cast("dict[str, dict[str, int]]", self._order("counters"))

    def announced(self) -> list[Announced]:
        """Return the latest gratuitous ARPs and unsolicited advertisements."""
        return cast("list[Announced]", self._order("announced")["announced"])

    def close(self) -> None:
        """End the switch's process."""
        self._control.close()
        self._answers.close()
        try:
            self._process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_SECONDS)

    def _order(self, verb: str, **words: object) -> dict[str, object]:
        line = json.dumps({"verb": verb, **words}).encode() + b"\n"
        with self._lock:
            try:
                self._control.sendall(line)
                answer = self._answers.readline()
            except TimeoutError as error:
                raise DeadlineExpired(f"the switch does not answer {verb}") from error
            except (OSError, ValueError) as error:
                raise LabError(f"the switch is gone: {error}") from error
        if not answer:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
            raise LabError(f"the switch is gone: status {self._process.returncode}")
        said: dict[str, object] = json.loads(answer)
        if "error" in said and verb not in {"counters", "announced"}:
            raise LabError(f"the switch refuses {verb}: {said['error']}")
        return said
