"""The lab's side of fencing: cuts and gives power as directors ask through files."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, cast

from lvsha.lab.cluster.grounds import DrillLab, DrillNode
from lvsha.lab.cluster.machines import FENCE_FOLDER
from lvsha.lab.errors import LabError

_LOOK: Final = 0.05
_BOOT: Final = 120.0

Answer = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Fenced:
    """Somebody's wish was done: *by* asked at *asked*, *node* had no power at *at*."""

    by: str
    do: str
    node: str
    asked: float
    at: float


class Fencing:
    """Watches what the directors ask for, and does it; a context manager.

    ``reboot`` is answered when the power is cut: that is all that safety needs. The
    node then boots in the background, and *booted* is told when it is up. All nodes
    share this machine's processors, and a boot takes much of them: `hold` puts it off
    until `release`, so that a measurement sees the cluster and not the boot.
    """

    def __init__(
        self,
        lab: DrillLab,
        directors: Sequence[str],
        booted: Callable[[DrillNode], None] = lambda _node: None,
    ) -> None:
        """Fence *directors* of *lab*, at each other's wish."""
        self._lab = lab
        self._directors = tuple(directors)
        self._booted = booted
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._fenced: list[Fenced] = []
        self._troubles: list[str] = []
        self._booting: list[Future[None]] = []
        self._held: list[str] | None = None
        self._unplugged: set[str] = set()
        self._threads = ThreadPoolExecutor(len(directors) + 1, "lab-fencing")

    def __enter__(self) -> Self:
        """Begin to watch."""
        for name in self._directors:
            folder = self._folder(name)
            folder.mkdir(exist_ok=True)
            for left in folder.iterdir():
                left.unlink()
        self._threads.submit(self._watch)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching; a node that boots may come up or not."""
        self._ended.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def serve(self) -> None:
        """Do what the directors have asked for so far."""
        for name in self._directors:
            for file in sorted(self._folder(name).glob("*.ask")):
                self._serve(name, file)

    def fenced(self) -> list[Fenced]:
        """Return all that was done so far."""
        with self._lock:
            return list(self._fenced)

    def troubles(self) -> list[str]:
        """Return what went wrong so far: a node that did not boot."""
        with self._lock:
            return list(self._troubles)

    def hold(self) -> None:
        """From now on, let nobody boot."""
        with self._lock:
            self._held = []

    def release(self) -> None:
        """Boot who has been waiting for it."""
        with self._lock:
            waiting, self._held = self._held or [], None
        for name in waiting:
            self.boot(name)

    def unplug(self, name: str) -> None:
        """Let the director *name* reach no power switch until it is plugged again.

        Its own power can still be cut: the switch is reached by the same network.
        """
        with self._lock:
            self._unplugged.add(name)

    def plug(self, name: str) -> None:
        """Let the director *name* reach the power switches again."""
        with self._lock:
            self._unplugged.discard(name)

    def boot(self, name: str) -> None:
        """Boot the node *name* in the background unless it runs."""
        with self._lock:
            if self._held is not None:
                self._held.append(name)
                return
        self._booting.append(self._threads.submit(self._boot, name))

    def _folder(self, name: str) -> Path:
        return self._lab.node(name).share / FENCE_FOLDER

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK):
            self.serve()

    def _serve(self, by: str, file: Path) -> None:
        """Do what *file* asks for, and put the answer beside it."""
        asked = time.time()
        try:
            words = cast("dict[str, str]", json.loads(file.read_text()))
            self._hear(by)
            answer = self._done(by, str(words["do"]), str(words["node"]), asked)
        except (LabError, OSError, ValueError, KeyError) as error:
            answer = {"status": 1, "error": f"{error}\n"}
        new = file.with_suffix(".answering")
        with contextlib.suppress(FileNotFoundError):
            new.write_text(json.dumps(answer))
            new.rename(file.with_suffix(".answer"))
            file.unlink()

    def _hear(self, by: str) -> None:
        """Raise `LabError` if no power switch hears the director *by*."""
        if not self._lab.node(by).alive:
            # it may have asked in its last moment, when the other was quicker
            raise LabError(f"{by} has no power")
        with self._lock:
            if by in self._unplugged:
                raise LabError("no power switch answers")

    def _done(self, by: str, do: str, name: str, asked: float) -> Answer:
        if do == "monitor":
            return {"status": 0}
        if do == "list":
            return {"status": 0, "said": "".join(f"{n},\n" for n in self._directors)}
        if name not in self._directors:
            return {"status": 1, "error": f"there is no director {name!r}\n"}
        node = self._lab.node(name)
        match do:
            case "status":
                return {"status": 0 if node.alive else 2}
            case "off" | "reboot":
                node.kill()
                with self._lock:
                    self._fenced.append(Fenced(by, do, name, asked, time.time()))
        if do in {"on", "reboot"}:
            self.boot(name)
        return {"status": 0}

    def _boot(self, name: str) -> None:
        node = self._lab.node(name)
        try:
            if not node.alive:
                node.boot(seconds=_BOOT)
            self._booted(node)
        except LabError as error:
            with self._lock:
                self._troubles.append(str(error))
