"""The clients of a drill: started before the fault, asked afterwards what they got."""

import json
import threading
from pathlib import Path
from typing import Final

from lvsha.lab.cluster.grounds import DrillNode
from lvsha.lab.cluster.loads import Told, asked, downloads, persistent
from lvsha.lab.cluster.machines import PORT, STICKY_PORT, UDP_PORT, VIP
from lvsha.lab.cluster.outcome import Crowd, Load
from lvsha.lab.cluster.sightings import ENVIRONMENT
from lvsha.lab.drill.clock import behind
from lvsha.lab.drill.record import Record
from lvsha.lab.drill.traffic import Request
from lvsha.lab.process import Listener, Process, by_line

RATE: Final = 20.0
TALKING: Final = 20
IDLE: Final = 20
_BEGINNING: Final = 90.0
_LAST_WORDS: Final = 90.0
# IPVS remembers a client's port for minutes: no drill uses those of the ones before
_TURNS: Final = 14
_CROWD_PORTS: Final = 1100
_LOADS_FROM: Final = 60  # of those of the crowd, which needs fewer
_SHORT_PORTS: Final = (20000, 3000)


class Clients:
    """Clients on one node, for one drill."""

    def __init__(
        self, node: DrillNode, folder: Path, number: int, cancelled: threading.Event
    ) -> None:
        """Start the clients of drill *number*; what they say goes to *folder*."""
        self.record = Record(folder, cancelled)
        self._told = Told()
        self._lock = threading.Lock()
        self._file = folder / "loads.jsonl"
        self._node = node
        self._crowd_said: Crowd | None = None
        turn = number % _TURNS + 1
        late = behind(node)
        first, step = _SHORT_PORTS
        crowd = _CROWD_PORTS * turn
        self._crowd = self._start(
            "cluster.guest.crowd",
            *(VIP, str(PORT), str(TALKING), str(IDLE), str(crowd)),
        )
        self._loads = self._start(
            "cluster.guest.loads",
            *(
                VIP,
                str(UDP_PORT),
                str(STICKY_PORT),
                str(PORT),
                str(crowd + _LOADS_FROM),
            ),
            listener=self._hear(late),
        )
        self._short = self._start(
            "drill.guest.client",
            *("steady", "tcp", VIP, str(PORT), "--rate", f"{RATE:g}"),
            *("--first-port", str(first + step * (turn - 1))),
            listener=self.record.client("traffic", late),
        )

    def wait_served(self) -> None:
        """Wait until every kind of client is served."""
        self._crowd.wait_output(b"open", _BEGINNING)
        self.record.wait(lambda heard: bool(heard.requests), _BEGINNING)
        self._loads.wait_output(b'"got"', _BEGINNING)

    def requests(self) -> list[Request]:
        """Return the short requests so far."""
        return self.record.now().requests

    def last_words(self) -> Crowd:
        """Ask the kept connections whether they live; return what they say."""
        self._crowd.write(b"\n")
        self._loads.write(b"\n")
        said = self._crowd.wait(_LAST_WORDS, check=True).stdout
        self._loads.wait(_LAST_WORDS, check=True)
        words = json.loads(said.splitlines()[-1])
        talking, idle = words["talking"], words["idle"]
        self._crowd_said = Crowd(
            (int(talking[0]), int(talking[1])),
            (int(idle[0]), int(idle[1])),
            words["why"],
        )
        return self._crowd_said

    def loads(self, began: float, ended: float) -> tuple[Load, ...]:
        """Return what each kind of client got from *began* until *ended*."""
        found = [asked("short", self.requests(), began, ended)]
        if crowd := self._crowd_said:
            (talked, talking), (spoke, idle) = crowd.talking, crowd.idle
            found += [
                Load("talking", kept=talked, of=talking, why=crowd.why),
                Load("idle", kept=spoke, of=idle),
            ]
        with self._lock:
            requests = self._told.requests
            found += [
                downloads(self._told, began, ended),
                asked("udp", requests.get("udp", []), began, ended),
                persistent(requests.get("persistent", []), began, ended),
            ]
        return tuple(found)

    def end(self) -> None:
        """End them all."""
        for program in (self._short, self._crowd, self._loads):
            program.end()

    def _start(
        self, program: str, *words: str, listener: Listener | None = None
    ) -> Process:
        argv = ["python3", "-m", f"lvsha.lab.{program}", *words]
        return self._node.start(
            argv, env=ENVIRONMENT, interactive=True, listener=listener
        )

    def _hear(self, late: float) -> Listener:

        def hear(line: bytes) -> None:
            with self._lock, self._file.open("ab") as copy:
                copy.write(line + b"\n")
                self._told.hear(line.decode(), late)

        return by_line(hear)
