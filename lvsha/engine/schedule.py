"""When the next check is due. Pure: time is an argument, in seconds.

The period runs from start to start, so it stays what the operator wrote
however long a check takes. First checks are made at once; the second ones are
spread over half an interval, so that thousands of checks never march in step.
"""

import heapq
import math
from collections.abc import Hashable
from typing import Generic, TypeVar

Name = TypeVar("Name", bound=Hashable)

# The golden ratio's fraction: its multiples fill an interval evenly in any number.
_GOLDEN = 0.6180339887498949
# Another one, which has nothing to do with it: the square root of two.
_SILVER = 0.4142135623730951


def following(started: float, finished: float, interval: float) -> float:
    """Return when a check that ran from *started* to *finished* is due again.

    A check that outlasts its interval skips the times it missed instead of
    catching up.
    """
    missed = max(0, math.floor((finished - started) / interval))
    return started + interval * (missed + 1)


def spread(ordinal: int, interval: float) -> float:
    """Return how long the *ordinal*-th check waits after its first run.

    Between half an interval and a whole one, the same at every start.
    """
    return interval * (0.5 + 0.5 * (ordinal * _GOLDEN % 1.0))


def varied(interval: float, percent: int, ordinal: int, run: int) -> float:
    """Return *interval*, longer or shorter by *percent* at most.

    Another time for each run of each check, and the same at every start.
    """
    where = (ordinal * _GOLDEN + run * _SILVER) % 1.0
    return interval * (1 + percent / 100 * (2 * where - 1))


def scattered(ordinal: int, seconds: float) -> float:
    """Return when within *seconds* the *ordinal*-th check is made first."""
    return seconds * (ordinal * _GOLDEN % 1.0)


class Timeline(Generic[Name]):
    """Names and when each is due; one time a name, the latest set one counts."""

    def __init__(self) -> None:
        """Start with nothing due."""
        self._due: dict[Name, float] = {}
        self._heap: list[tuple[float, int, Name]] = []
        self._count = 0

    def __len__(self) -> int:
        """Return how many names wait."""
        return len(self._due)

    def set(self, name: Name, due: float) -> None:
        """Have *name* come up at *due*, and not when it was set to before."""
        self._due[name] = due
        self._count += 1
        heapq.heappush(self._heap, (due, self._count, name))

    def forget(self, name: Name) -> None:
        """Have *name* not come up at all."""
        self._due.pop(name, None)

    def next(self) -> float | None:
        """Return when the next name is due, None without any."""
        while self._heap:
            due, _, name = self._heap[0]
            if self._due.get(name) == due:
                return due
            heapq.heappop(self._heap)
        return None

    def take(self, now: float) -> list[Name]:
        """Remove and return the names due by *now*, earliest first."""
        taken: list[Name] = []
        while (due := self.next()) is not None and due <= now:
            name = heapq.heappop(self._heap)[2]
            del self._due[name]
            taken.append(name)
        return taken
