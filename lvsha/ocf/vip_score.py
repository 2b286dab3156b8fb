"""How much a node deserves the VIPs: the promotion score; pure.

A promoted one is worth 100 more than a ready one, so a role moves only to
who is better by more than that. Seeing fewer real servers costs up to 500,
not knowing the connections yet 350, not synchronising 300. A configuration
that is not what it should be costs 50: it moves nothing, but of two that are
ready the other one is promoted. Without carrier or director nothing is left.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple, Self

READY = 1000
PROMOTED = 1100
_BLIND = 500
# Less than half of what blindness costs: who sees nothing goes for who is new.
_STRANGE = 350
_UNSYNCHRONISED = 300
_OUTDATED = 50


class View(NamedTuple):
    """What a node has to serve VIPs with; *lost* is a share, 0 to 1.

    *strange*: it has not been here for long and lacks the connections.
    *outdated*: its configuration was refused, or is not the promoted one's.
    """

    carrier: bool = True
    director: bool = True
    synchronised: bool = True
    lost: float = 0.0
    strange: bool = False
    outdated: bool = False


class Told(NamedTuple):
    """What the director of a node says of the virtual services at its VIPs."""

    lost: float = 0.0
    active: int = 0
    digest: str = ""
    refused: bool = False

    @classmethod
    def of(cls, answer: Mapping[str, object]) -> Self | None:
        """Read the *answer* to the question ``view``; None when it is none."""
        lost, active = answer.get("lost"), answer.get("active")
        if not isinstance(lost, int | float) or not isinstance(active, int):
            return None
        digest = str(answer.get("sha256", ""))
        return cls(float(lost), active, digest[:12], answer.get("refused") is True)

    @property
    def word(self) -> str:
        """What the other nodes are to know of it while it is promoted."""
        return f"{self.active}:{self.digest}"


def score(view: View, *, promoted: bool) -> int:
    """Return the promotion score of a node that has *view*; 1 is the last resort."""
    if not (view.carrier and view.director):
        return 0
    worth = PROMOTED if promoted else READY
    worth -= round(_BLIND * min(max(view.lost, 0.0), 1.0))
    worth -= 0 if view.synchronised else _UNSYNCHRONISED
    worth -= _OUTDATED if view.outdated else 0
    if view.strange and not promoted:
        worth -= _STRANGE
    return max(worth, 1)


def share(told: Told, words: Collection[str]) -> float | None:
    """Return how much of the connections in the others' *words* a node has.

    None when none of them tells.
    """
    counts = [int(word.partition(":")[0]) for word in words if _counted(word)]
    if not counts:
        return None
    most = max(counts)
    return min(1.0, told.active / most) if most else 1.0


def same(told: Told, words: Collection[str]) -> bool:
    """Tell whether one of the others has the same configuration, or none tells."""
    digests = {word.partition(":")[2] for word in words if _counted(word)}
    return not digests or told.digest in digests


def news(word: str, before: str) -> bool:
    """Tell whether *word* differs from *before* by what anybody would act upon."""
    if not (_counted(word) and _counted(before)):
        return word != before
    now, _, digest = word.partition(":")
    then, _, older = before.partition(":")
    return digest != older or abs(int(now) - int(then)) * 10 > max(int(now), int(then))


def _counted(word: str) -> bool:
    count = word.partition(":")[0]
    return count.isascii() and count.isdigit()
