"""What is done to a scenario, in order, and what must come of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from lvsha.lab.drill.scenario import FALLBACK, JOINING, REALS
from lvsha.lab.drill.stage import Stage
from lvsha.lab.drill.verdict import Answering

_FIRST, _SECOND = REALS
_BOTH: Final = frozenset(REALS)
_ANY: Final = frozenset((*REALS, JOINING))


@dataclass(frozen=True, slots=True)
class Happening:
    """Something done to the stage, the weights it must lead to, and who answers then.

    *pinned* has a connection to the first real server outlive it.
    """

    event: str
    act: Callable[[Stage], None]
    weights: Mapping[str, int]
    answering: Answering
    fallback: bool = False
    pinned: bool = False


def _weights(first: int, second: int) -> Mapping[str, int]:
    return {_FIRST: first, _SECOND: second}


def _without(*, first: bool) -> Answering:
    left = _SECOND if first else _FIRST
    return Answering(frozenset({left}), losses=None)


# wlc counts connections that were refused or hang for a minute against their server
# (SYN_RECV, ESTABLISHED), so which of the two gets the next ones cannot be told
_BACK: Final = Answering(frozenset(), _BOTH)

BEFORE_EDITS: Final = (
    Happening(
        "one real server stops",
        lambda stage: stage.leave(_FIRST),
        _weights(0, 1),
        _without(first=True),
        pinned=True,
    ),
    Happening("it starts", lambda stage: stage.start(_FIRST), _weights(1, 1), _BACK),
    Happening(
        "it says the wrong text",
        lambda stage: stage.mark(_FIRST, "wrong"),
        _weights(0, 1),
        _without(first=True),
    ),
    Happening(
        "it says the right text",
        lambda stage: stage.unmark(_FIRST, "wrong"),
        _weights(1, 1),
        _BACK,
    ),
    Happening(
        "it hangs",
        lambda stage: stage.hang(_FIRST),
        _weights(0, 1),
        _without(first=True),
    ),
    Happening("it goes on", lambda stage: stage.thaw(_FIRST), _weights(1, 1), _BACK),
    Happening(
        "both real servers stop",
        lambda stage: stage.leave(*REALS),
        _weights(0, 0),
        Answering(frozenset({FALLBACK}), losses=None),
        fallback=True,
    ),
    Happening(
        "both start",
        lambda stage: stage.start(*REALS),
        _weights(1, 1),
        # IPVS drops what a client still says to a destination that was deleted:
        # a request that is at the fallback in that very moment
        Answering(frozenset(), _BOTH, losses=2),
    ),
)
"""The real servers' part of the drill."""

JOINED: Final[Mapping[str, int]] = dict.fromkeys((*REALS, JOINING), 1)
"""The weights when the third real server has joined."""

WITH_JOINED: Final = Answering(frozenset({JOINING}), _ANY)
EVERYBODY: Final = Answering(frozenset(), _ANY)
