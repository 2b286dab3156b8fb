"""What directors say of the address, from boot to boot; safe from threads."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lvsha.lab.cluster.fencing import Fenced
from lvsha.lab.cluster.grounds import DrillNode
from lvsha.lab.cluster.machines import DIRECTORS, VIP
from lvsha.lab.cluster.outcome import Holding, Moment, holdings
from lvsha.lab.drill.clock import behind
from lvsha.lab.process import by_line

ENVIRONMENT: Final[Mapping[str, str]] = {
    "PYTHONPATH": "/srv/lvsha",
    "PYTHONPYCACHEPREFIX": "/run/compiled",
    "PYTHONUNBUFFERED": "1",
}
"""Of programs of the lab that run in its nodes."""


@dataclass(frozen=True, slots=True)
class _Boot:
    at: float
    director: str


class Sightings:
    """Who had the address when, and who lost power and got it back."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._lock = threading.Lock()
        self._changes: dict[str, list[tuple[float, bool]]] = {
            name: [] for name in DIRECTORS
        }
        self._deaths: dict[str, list[float]] = {name: [] for name in DIRECTORS}
        self._boots: list[_Boot] = []

    def booted(self, node: DrillNode) -> None:
        """Take note that *node* is up, and watch it."""
        with self._lock:
            self._boots.append(_Boot(time.time(), node.name))
        self.watch(node)

    def died(self, director: str) -> None:
        """Take note that *director* loses its power now."""
        with self._lock:
            self._deaths[director].append(time.time())

    def watch(self, node: DrillNode) -> None:
        """Listen to what *node* says of the address, from now to its end."""
        late = behind(node)

        def hear(line: bytes) -> None:
            said = json.loads(line)
            news = (float(said["at"]) + late, bool(said["holds"]))
            with self._lock:
                self._changes[node.name].append(news)

        node.start(
            ["python3", "-m", "lvsha.lab.cluster.guest.owner", VIP],
            env=ENVIRONMENT,
            listener=by_line(hear),
        )

    def taken(self, director: str, since: float) -> float | None:
        """Return when *director* took the address, after *since*."""
        with self._lock:
            changes = list(self._changes[director])
        return next((at for at, holds in changes if holds and at > since), None)

    def held(self, fenced: list[Fenced], now: float) -> list[Holding]:
        """Return who held the address when; who was *fenced* holds nothing."""
        with self._lock:
            changes = {name: list(said) for name, said in self._changes.items()}
            deaths = {name: list(times) for name, times in self._deaths.items()}
        for one in fenced:
            deaths[one.node].append(one.at)
        return holdings(changes, deaths, now)

    def moments(self) -> list[Moment]:
        """Return who lost power and who has booted, in seconds since the epoch."""
        with self._lock:
            deaths = [(at, name) for name, all_ in self._deaths.items() for at in all_]
            boots = list(self._boots)
        return [
            *(Moment(at, "down", name, "power is cut") for at, name in deaths),
            *(Moment(one.at, "up", one.director, "has booted") for one in boots),
        ]
