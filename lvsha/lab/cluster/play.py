"""Plays the drills of a cluster: one lab a stack, one fault after the other."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self

from lvsha.lab.cluster.cluster import Cluster
from lvsha.lab.cluster.faults import Fault
from lvsha.lab.cluster.formed import formed
from lvsha.lab.cluster.machines import CLIENT, DIRECTORS, PORT, VIP, machines
from lvsha.lab.cluster.outcome import (
    Crowd,
    Outcome,
    answered,
    doubled,
    holdings,
    outage,
    suffering,
)
from lvsha.lab.cluster.stacks import Stack
from lvsha.lab.drill.clock import behind
from lvsha.lab.drill.record import Record
from lvsha.lab.drill.traffic import Request
from lvsha.lab.errors import LabError
from lvsha.lab.guest.wire import Kind
from lvsha.lab.image import Image
from lvsha.lab.lab import Lab
from lvsha.lab.node import Node
from lvsha.lab.process import Process

RATE: Final = 20.0
TALKING: Final = 20
IDLE: Final = 20
_BOOT: Final = 120.0
_WHOLE: Final = 120.0
_CALM: Final = 3.0  # of traffic before the fault
_AFTER: Final = 4.0  # of traffic after the first answer: a client's patience, and more
_LAST_WORDS: Final = 90.0
_NOTICED: Final = 30.0
# IPVS remembers a client's port for minutes: no drill uses those of another
_CROWD_PORTS: Final = 1100
_FIRST_PORT: Final = 20000
_PORTS: Final = 3000
_ENVIRONMENT: Final = {
    "PYTHONPATH": "/srv/lvsha",
    "PYTHONPYCACHEPREFIX": "/run/compiled",
    "PYTHONUNBUFFERED": "1",
}

Tell = Callable[[str], None]


@dataclass(slots=True)
class _Sightings:
    """What the directors said of the address, and when they lost their power."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    changes: dict[str, list[tuple[float, bool]]] = field(
        default_factory=lambda: {name: [] for name in DIRECTORS}
    )
    deaths: dict[str, list[float]] = field(
        default_factory=lambda: {name: [] for name in DIRECTORS}
    )


class Play:
    """A lab with one stack, on which drills are played; a context manager."""

    def __init__(
        self,
        stack: Stack,
        folder: Path,
        image: Image,
        tell: Tell = lambda _news: None,
        cancelled: threading.Event | None = None,
    ) -> None:
        """Describe the lab; logs go to *folder*."""
        self.stack = stack
        self.folder = folder
        self._tell = tell
        self._cancelled = cancelled or threading.Event()
        self._lab = Lab(folder / "lab", machines(), image=image)
        self._open = ExitStack()
        self._seen = _Sightings()
        self._asked = 0  # how many drills have been played

    def __enter__(self) -> Self:
        """Boot the lab, make it a cluster, wait until it serves."""
        began = time.monotonic()

        def tell(stage: str) -> None:
            seconds = time.monotonic() - began
            self._tell(f"{self.stack.name}: {stage} ({seconds:.1f} s)")

        self._open.__enter__()
        try:
            self._open.enter_context(self._lab)
            tell("booting the nodes")
            self._lab.up(seconds=_BOOT)
            made = formed(self._lab, self.stack, tell=tell, booted=self._watch)
            self._cluster, self._fencing = self._open.enter_context(made)
            for name in DIRECTORS:
                self._watch(self._lab.node(name))
            tell("serving")
        except BaseException:
            if self._lab.nodes:
                Cluster(self._lab, self.stack).logs(self.folder / "start")
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End the lab."""
        self._open.close()

    def fault(self, fault: Fault) -> Outcome:
        """Let *fault* happen under traffic; return what it did, the cluster mended."""
        blank = Outcome(fault.name, self.stack.name)
        folder = self.folder / fault.name
        folder.mkdir(parents=True, exist_ok=True)
        self._tell(f"{self.stack.name}: {fault.name}")
        try:
            found = self._played(fault, folder)
        except LabError as error:
            self._fencing.release()
            self._keep_logs(fault.name)
            return replace(blank, problems=(str(error),))
        if not found.good:
            self._keep_logs(fault.name)
        return found

    def _played(self, fault: Fault, folder: Path) -> Outcome:
        record = Record(folder, self._cancelled)
        active = self.stack.active(self._cluster.wait_whole(_WHOLE))
        other = next(name for name in DIRECTORS if name != active)
        client = self._lab.node(CLIENT)
        self._asked += 1
        crowd = self._program(
            client,
            "crowd",
            *(VIP, str(PORT), str(TALKING), str(IDLE), str(_CROWD_PORTS * self._asked)),
            interactive=True,
        )
        crowd.wait_output(b"open", _LAST_WORDS)
        traffic = client.start(
            [
                *("python3", "-m", "lvsha.lab.drill.guest.client", "steady", "tcp"),
                *(VIP, str(PORT), "--rate", f"{RATE:g}"),
                *("--first-port", str(_FIRST_PORT + _PORTS * self._asked)),
            ],
            env=_ENVIRONMENT,
            listener=record.client("traffic", behind(client)),
        )
        try:
            record.wait(lambda heard: bool(heard.requests), _LAST_WORDS)
            record.pause(_CALM)
            self._fencing.hold()
            began = self._act(fault, active, other)
            if fault.moves:
                seen = record.wait(
                    lambda heard: self._served(heard.requests, other, began),
                    fault.settles,
                )
            else:
                # longer than any monitor's interval: the cluster has found and mended
                record.pause(_NOTICED)
                self._cluster.wait_whole(_WHOLE)
                mended = time.time()
                seen = record.wait(
                    lambda heard: any(
                        one.at > mended and not one.lost for one in heard.requests
                    ),
                    fault.settles,
                )
            record.pause(_AFTER)
            requests = record.now().requests
            ended = time.time()
            self._fencing.release()
            problems = [] if seen else [f"no answer within {fault.settles:g} s"]
            crowd.write(b"\n")
            survived = _crowd(crowd.wait(_LAST_WORDS, check=True).stdout)
        finally:
            traffic.end()
            crowd.end()
        self._mend(fault, active)
        self._cluster.wait_whole(_WHOLE)
        whole = time.time() - began
        return self._outcome(
            Outcome(
                fault.name,
                self.stack.name,
                before=active,
                crowd=survived,
                whole=whole,
                problems=tuple(problems),
            ),
            requests,
            (began, ended),
            fault,
        )

    def _outcome(
        self,
        found: Outcome,
        requests: Sequence[Request],
        window: tuple[float, float],
        fault: Fault,
    ) -> Outcome:
        """Return *found* with all that was measured in *window*."""
        began, ended = window
        suffered = suffering(requests, began)
        with self._seen.lock:
            changes = {name: list(said) for name, said in self._seen.changes.items()}
            deaths = {name: list(times) for name, times in self._seen.deaths.items()}
        for fenced in self._fencing.fenced():
            deaths[fenced.node].append(fenced.at)
        held = holdings(changes, deaths, time.time())
        taken = [one for one in held if one.first > began]
        news = [
            one
            for one in self._lab.announced()
            if one["address"] == VIP and one["time"] > began
        ]
        fenced_at = [one.at for one in self._fencing.fenced() if one.at > began]
        since = taken[0].first if taken else began
        problems = list(found.problems) + self._fencing.troubles()
        if fault.fences and not fenced_at:
            problems.append("nobody was fenced")
        if fault.moves and not taken:
            problems.append("nobody took the address")
        return replace(
            found,
            after=taken[0].director if taken else "",
            sent=len(suffered),
            failed=sum(one.lost for one in suffered),
            outage=outage(requests, began, ended),
            fenced=fenced_at[0] - began if fenced_at else None,
            taken=since - began if taken else None,
            announced=news[0]["time"] - began if news else None,
            answered=answered(requests, began, since),
            announcements=len(news),
            doubled=doubled([one for one in held if one.last > began]),
            problems=tuple(problems),
        )

    # -- doing -----------------------------------------------------------

    def _act(self, fault: Fault, active: str, other: str) -> float:
        """Do it; return when."""
        node = self._lab.node(active)
        began = time.time()
        match fault.act:
            case "standby":
                argv = ["crm_standby", "-N", active, "-v", "on"]
                self._lab.node(other).run(argv, seconds=_LAST_WORDS)
            case "move":
                argv = ["crm_resource", "--ban", "-r", self.stack.clone, "-N", active]
                role = ["--promoted"] if self.stack.role == "Promoted" else []
                self._lab.node(other).run([*argv, *role], seconds=_LAST_WORDS)
            case "kill":
                node.kill()
                with self._seen.lock:
                    self._seen.deaths[active].append(began)
            case "freeze":
                node.freeze()
            case "corosync":
                node.run(["pkill", "-9", "-x", "corosync"], seconds=_LAST_WORDS)
            case "engine":
                argv = ["pkill", "-9", *self.stack.engine]
                node.run(argv, seconds=_LAST_WORDS)
        return began

    def _mend(self, fault: Fault, active: str) -> None:
        """Take it back; who was fenced comes by itself."""
        voice = self._cluster.voice()
        match fault.act:
            case "standby":
                argv = ["crm_standby", "-N", active, "-D"]
                voice.run(argv, seconds=_LAST_WORDS)
            case "move":
                argv = ["crm_resource", "--clear", "-r", self.stack.clone]
                voice.run(argv, seconds=_LAST_WORDS)
            case "kill" | "freeze" | "corosync" | "engine":
                pass

    def _served(self, requests: Sequence[Request], other: str, began: float) -> bool:
        """Tell whether *other* holds the address and clients are answered since."""
        with self._seen.lock:
            since = [
                at for at, holds in self._seen.changes[other] if holds and at > began
            ]
        return bool(since) and any(
            not one.lost and one.at >= since[0] for one in requests[-200:]
        )

    # -- watching --------------------------------------------------------

    def _watch(self, node: Node) -> None:
        """Listen to what *node* says of the address, from now to its end."""
        late = behind(node)
        rest = bytearray()

        def hear(kind: Kind, content: bytes) -> None:
            if kind is not Kind.OUTPUT:
                return
            rest.extend(content)
            *lines, last = bytes(rest).split(b"\n")
            rest[:] = last
            with self._seen.lock:
                for line in lines:
                    said = json.loads(line)
                    news = (float(said["at"]) + late, bool(said["holds"]))
                    self._seen.changes[node.name].append(news)

        node.start(
            ["python3", "-m", "lvsha.lab.cluster.guest.owner", VIP],
            env=_ENVIRONMENT,
            listener=hear,
        )

    def _program(
        self, node: Node, name: str, *words: str, interactive: bool = False
    ) -> Process:
        argv = ["python3", "-m", f"lvsha.lab.cluster.guest.{name}", *words]
        return node.start(argv, env=_ENVIRONMENT, interactive=interactive)

    def _keep_logs(self, name: str) -> None:
        self._cluster.logs(self.folder / name)


def _crowd(said: bytes) -> Crowd:
    """Return what the last line of the crowd tells."""
    words = json.loads(said.splitlines()[-1])
    talking, idle = words["talking"], words["idle"]
    return Crowd(
        (int(talking[0]), int(talking[1])), (int(idle[0]), int(idle[1])), words["why"]
    )
