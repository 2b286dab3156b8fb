"""What clients got: requests as values, and counts of them. Pure."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_GREETING: Final = "server "


@dataclass(frozen=True, slots=True)
class Request:
    """One request: when it began, how long it took, what came back or why nothing.

    *at* is in seconds since the epoch. *number* counts from 0 in the order they began.
    *held* marks a word on a connection that is kept, all others have one of their own.
    """

    at: float
    took: float
    said: str = ""
    error: str = ""
    number: int = 0
    held: bool = False

    @property
    def server(self) -> str:
        """Who answered rightly, empty if nobody did."""
        if self.error or not self.said.startswith(_GREETING):
            return ""
        return self.said.removeprefix(_GREETING)

    @property
    def lost(self) -> bool:
        """Whether the client did not get what it asked for."""
        return not self.server

    @property
    def outcome(self) -> str:
        """The server that answered, or what was wrong in a word or two."""
        return self.server or self.error or f"wrong answer {self.said[:40]!r}"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many requests were sent and lost, who answered, why the others failed."""

    sent: int
    lost: int
    answers: Counter[str]
    failures: Counter[str]

    def __str__(self) -> str:
        """Say it in a few words."""
        counts = [*self.answers.most_common(), *self.failures.most_common()]
        return ", ".join(f"{what} {count}" for what, count in counts) or "nothing"


def request(line: str, late: float = 0.0) -> Request | None:
    """Return the request that *line* of a client tells of, None for other news.

    *late* is how many seconds the client's clock is.
    """
    words = json.loads(line)
    if "took" not in words:
        return None
    return Request(
        at=float(words["at"]) + late,
        took=float(words["took"]),
        said=str(words["said"]),
        error=str(words["error"]),
        number=int(words.get("number", 0)),
        held=bool(words.get("talk", False)),
    )


def tally(requests: Iterable[Request]) -> Tally:
    """Count *requests*."""
    found = list(requests)
    lost = [one for one in found if one.lost]
    return Tally(
        sent=len(found),
        lost=len(lost),
        answers=Counter(one.server for one in found if not one.lost),
        failures=Counter(one.outcome for one in lost),
    )


def between(
    requests: Iterable[Request], first: float, last: float = float("inf")
) -> list[Request]:
    """Return the *requests* that began at *first* or later, but before *last*."""
    return [one for one in requests if first <= one.at < last]


def complete(requests: Iterable[Request], until: float) -> bool:
    """Tell whether every request that began before *until* is over, and told."""
    found = list(requests)
    later = [one.number for one in found if one.at >= until]
    if not later:
        return False
    return sum(one.number < min(later) for one in found) == min(later)
