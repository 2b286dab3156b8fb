"""What a director says of itself on its control socket."""

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lvsha.config.load import Loaded
from lvsha.engine import state, view
from lvsha.engine.control import Answer
from lvsha.engine.director import Director
from lvsha.engine.recall import recall
from lvsha.engine.watch import digest
from lvsha.errors import KernelError, Problem
from lvsha.ipvs.table import Table


class Observable(Protocol):
    """A table that can be looked at and counts its connections."""

    def read(self) -> Table:
        """Return the whole table."""

    def connections(self) -> state.Connections:
        """Return active and inactive connections by seat."""


@dataclass(frozen=True, slots=True)
class Force:
    """The file in force since a moment; *problems* are those of a newer one."""

    loaded: Loaded
    since: float
    problems: tuple[Problem, ...] = ()


class Answers:
    """Answers what changes nothing."""

    def __init__(
        self, instance: str, path: Path, director: Director, table: Observable
    ) -> None:
        """Speak for the *director* of the file *path*."""
        self._instance = instance
        self._path = path
        self._director = director
        self._table = table

    def ping(self) -> Answer:
        """Tell in a word how the director is."""
        director = self._director
        return {
            "ok": not director.fault,
            "fault": director.fault,
            "pid": os.getpid(),
            "ready": director.ready.is_set(),
            "state": (director.state.name or "").lower(),
            **state.shortage(director.ledger, settled=director.settled),
        }

    def verified(self) -> Answer:
        """Have the table put right, and tell what is wrong with it all the same."""
        wrong = self._director.verify()
        return {"ok": not wrong, "differences": list(wrong)}

    def view(self, question: Mapping[str, object], force: Force) -> Answer:
        """Tell what this director sees of the VIPs that are asked for."""
        ledger = self._director.ledger
        try:
            virtuals = view.at(ledger, view.asked(question))
            counted = view.active(self._table.connections(), virtuals)
        except (KernelError, ValueError) as error:
            return {"ok": False, "error": str(error)}
        return {
            "ok": True,
            "lost": view.lost(ledger, virtuals),
            **counted,
            "sha256": digest(force.loaded.document.content()),
            "refused": bool(force.problems),
        }

    async def status(self, question: Mapping[str, object], force: Force) -> Answer:
        """Tell everything, with what checks said and heard if that is asked for."""
        answer = self._status(force)
        if not question.get("evidence"):
            return answer
        director, now = self._director, asyncio.get_running_loop().time()
        return await recall(answer, director.ledger, director.past, question, now)

    def _status(self, force: Force) -> dict[str, object]:
        director = self._director
        now = asyncio.get_running_loop().time()
        table: Table = {}
        connections: state.Connections = {}
        fault = ""
        try:
            table, connections = self._table.read(), self._table.connections()
        except KernelError as error:
            fault = str(error)
        document = force.loaded.document
        return {
            "ok": not (fault or director.fault),
            "fault": fault or director.fault,
            "instance": self._instance,
            "pid": os.getpid(),
            "state": (director.state.name or "").lower(),
            "configuration": {
                "path": str(self._path),
                "sha256": digest(document.content()),
                "loaded": force.since,
                "error": state.problems(force.problems) or None,
                "warnings": state.problems(force.loaded.warnings),
            },
            "virtuals": state.virtuals(
                director.ledger, table, connections, now, time.time()
            ),
        }
