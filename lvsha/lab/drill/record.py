"""Everything a drill has heard so far, with waiting for more; safe from threads."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lvsha.lab.drill.traffic import Request, request
from lvsha.lab.drill.verdict import Listing
from lvsha.lab.errors import LabError
from lvsha.lab.guest.wire import Kind
from lvsha.lab.process import Listener


class Cancelled(LabError):
    """Somebody wants the drill to end now."""


@dataclass(frozen=True, slots=True)
class Said:
    """A line the engine logged, or told its supervisor, with its time."""

    at: float
    line: str


@dataclass(slots=True)
class Heard:
    """All that was heard, in the order it came."""

    requests: list[Request] = field(default_factory=list)
    held: list[Request] = field(default_factory=list)
    tables: list[Listing] = field(default_factory=list)
    log: list[Said] = field(default_factory=list)
    notices: list[Said] = field(default_factory=list)
    downloads: list[dict[str, object]] = field(default_factory=list)


class Record:
    """Listens to the programs in the nodes, keeps what they say, also in files."""

    def __init__(self, folder: Path, cancelled: threading.Event) -> None:
        """Write into *folder*; let every wait end when *cancelled*."""
        self._folder = folder
        self._cancelled = cancelled
        self._changed = threading.Condition()
        self._heard = Heard()

    def client(self, name: str, late: float = 0.0) -> Listener:
        """Return a listener for a client program; its lines go to *name*.jsonl.

        *late* is how many seconds its clock is.
        """

        def hear(line: str) -> None:
            one = request(line, late)
            if one is None:
                words = json.loads(line)
                for moment in words.keys() & {"begun", "ended"}:
                    words[moment] += late
                self._heard.downloads.append(words)
            elif one.held:
                self._heard.held.append(one)
            else:
                self._heard.requests.append(one)

        return self._listener(f"{name}.jsonl", hear)

    def watcher(self, late: float = 0.0) -> Listener:
        """Return a listener for the program that watches the table; *late* as above."""

        def hear(line: str) -> None:
            words = json.loads(line)
            at = float(words["at"]) + late
            if "table" in words:
                rows = frozenset(str(row).strip() for row in words["table"])
                self._heard.tables.append(Listing(at, rows))
            else:
                self._heard.notices.append(Said(at, str(words["notified"])))

        return self._listener("table.jsonl", hear)

    def engine(self) -> Listener:
        """Return a listener for the engine's log, which is what it prints."""

        def hear(line: str) -> None:
            self._heard.log.append(Said(time.time(), line))

        return self._listener("engine.log", hear)

    def now(self) -> Heard:
        """Return a copy of what was heard so far."""
        with self._changed:
            heard = self._heard
            return Heard(
                list(heard.requests),
                list(heard.held),
                list(heard.tables),
                list(heard.log),
                list(heard.notices),
                list(heard.downloads),
            )

    def wait(self, seen: Callable[[Heard], bool], seconds: float) -> bool:
        """Wait until *seen* of what was heard; tell whether it came in time."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not seen(self._heard):
                rest = deadline - time.monotonic()
                if self._cancelled.is_set():
                    raise Cancelled("the drill was interrupted")
                if rest <= 0:
                    return False
                # the cancellation comes without a notice
                self._changed.wait(min(rest, 0.5))
            return True

    def pause(self, seconds: float) -> None:
        """Let *seconds* pass, unless the drill is cancelled."""
        if self._cancelled.wait(seconds):
            raise Cancelled("the drill was interrupted")

    def _listener(self, name: str, hear: Callable[[str], None]) -> Listener:
        rest: dict[Kind, bytes] = {}
        file = self._folder / name

        def listen(kind: Kind, content: bytes) -> None:
            *lines, rest[kind] = (rest.get(kind, b"") + content).split(b"\n")
            with self._changed, file.open("ab") as copy:
                for line in lines:
                    copy.write(line + b"\n")
                    if kind is Kind.OUTPUT or name == "engine.log":
                        hear(line.decode(errors="replace"))
                self._changed.notify_all()

        return listen
