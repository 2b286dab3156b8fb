"""What is done to a scenario's real servers, in order, and what must come of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lvsha.lab.drill.scenario import FALLBACK, JOINING, REALS
from lvsha.lab.drill.stage import Stage
from lvsha.lab.drill.traffic import Request, tally
from lvsha.lab.drill.verdict import Answering

_LATELY: Final = 20  # requests that show who is busy


@dataclass(frozen=True, slots=True)
class Pair:
    """The two real servers: what happens, happens to *one*."""

    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Happening:
    """Something done to one real server, or both, and the weights it must lead to.

    *picks*: it happens to whoever is busy at that time, and so does what follows.
    *pinned* has connections to that real server outlive it. *left* is who must answer
    alone afterwards; None: any of both.
    """

    event: str
    act: Callable[[Stage, Pair], None]
    weights: tuple[int, int]
    left: Callable[[Pair], str] | None = None
    losses: int = 0
    picks: bool = False
    pinned: bool = False

    def wanted(self, pair: Pair) -> Mapping[str, int]:
        """Return the weights that must be in the table."""
        one, other = self.weights
        return {pair.one: one, pair.other: other}

    @property
    def fallback(self) -> bool:
        """Whether no real server is left."""
        return not any(self.weights)

    def answering(self, pair: Pair) -> Answering:
        """Return who must answer when the director has reacted."""
        if self.left is None:
            # wlc counts connections that were refused or hang for a minute against
            # their server (SYN_RECV, ESTABLISHED): who gets the next cannot be told
            return Answering(frozenset(), frozenset(REALS), self.losses)
        return Answering(frozenset({self.left(pair)}), losses=None)


def busiest(requests: Sequence[Request]) -> Pair:
    """Return the real servers, first the one that answered most of late."""
    answers = tally(requests[-_LATELY:]).answers
    one, other = sorted(REALS, key=lambda name: -answers[name])
    return Pair(one, other)


BEFORE_EDITS: Final = (
    Happening(
        "one real server stops",
        lambda stage, pair: stage.leave(pair.one),
        (0, 1),
        left=lambda pair: pair.other,
        picks=True,
        pinned=True,
    ),
    Happening("it starts", lambda stage, pair: stage.start(pair.one), (1, 1)),
    Happening(
        "one says the wrong text",
        lambda stage, pair: stage.mark(pair.one, "wrong"),
        (0, 1),
        left=lambda pair: pair.other,
        picks=True,
    ),
    Happening(
        "it says the right text",
        lambda stage, pair: stage.unmark(pair.one, "wrong"),
        (1, 1),
    ),
    Happening(
        "one hangs",
        lambda stage, pair: stage.hang(pair.one),
        (0, 1),
        left=lambda pair: pair.other,
        picks=True,
    ),
    Happening("it goes on", lambda stage, pair: stage.thaw(pair.one), (1, 1)),
    Happening(
        "both real servers stop",
        lambda stage, pair: stage.leave(pair.one, pair.other),
        (0, 0),
        left=lambda _pair: FALLBACK,
    ),
    Happening(
        "both start",
        lambda stage, pair: stage.start(pair.one, pair.other),
        (1, 1),
        # IPVS drops what a client still says to a destination that was deleted:
        # a request that is at the fallback in that very moment
        losses=2,
    ),
)
"""The real servers' part of the drill."""

JOINED: Final[Mapping[str, int]] = dict.fromkeys((*REALS, JOINING), 1)
"""The weights when the third real server has joined."""

WITH_JOINED: Final = Answering(frozenset({JOINING}), frozenset((*REALS, JOINING)))
ANY_OF_BOTH: Final = Answering(frozenset(), frozenset(REALS))
ANY: Final = Answering(frozenset(), frozenset((*REALS, JOINING)))
"""What may be seen when nothing is to change: before and after the third has joined."""
