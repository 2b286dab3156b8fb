"""What a real server's agent says of itself: the words of HAProxy's agent checks.

Pure. An agent answers with a line of words, separated by blanks or commas. Each
is about one of three things, and leaves the others as they were: whether the
server works (``up``, ``down``, ``fail``, ``stopped``), what is to be done with
it (``ready``, ``drain``, ``maint``), and how much of its weight it wants.
"""

import enum
import re
from dataclasses import dataclass, replace
from typing import Final

_WORDS: Final = re.compile(r"[ \t,\r\n]+")
_PERCENT: Final = re.compile(r"([0-9]{1,9})%")
# HAProxy takes up to 256 times a weight of 1; more than all of it is no share.
_WHOLE: Final = 100


class Mode(enum.Enum):
    """What an agent wants done with its server; the value is its word."""

    READY = "ready"
    DRAIN = "drain"
    MAINT = "maint"


@dataclass(frozen=True, slots=True)
class Advice:
    """All an agent has said so far."""

    mode: Mode = Mode.READY
    works: bool = True
    percent: int = _WHOLE

    @property
    def vetoed(self) -> bool:
        """Tell whether the server is out whatever its checks say."""
        return not self.works or self.mode is Mode.MAINT

    @property
    def share(self) -> int:
        """The percentage of its weight the server wants."""
        return 0 if self.mode is Mode.DRAIN else self.percent

    def __str__(self) -> str:
        """Name it in the agent's own words."""
        state = "up" if self.works else "down"
        return f"{state} {self.mode.value} {self.percent}%"


_MODES: Final = {mode.value: mode for mode in Mode}
# HAProxy says `fail`, and its manual said `failed`.
_OUT: Final = ("down", "fail", "failed", "stopped")
_WORKS: Final = {"up": True} | dict.fromkeys(_OUT, False)


def advised(advice: Advice, said: str) -> Advice:
    """Return *advice* after an agent *said* something; unknown words say nothing.

    What follows a ``#`` is a reason for people to read.
    """
    for word in filter(None, _WORDS.split(said.partition("#")[0].lower())):
        percent = _PERCENT.fullmatch(word)
        if percent:
            advice = replace(advice, percent=min(int(percent[1]), _WHOLE))
        elif word in _MODES:
            advice = replace(advice, mode=_MODES[word])
        elif word in _WORKS:
            advice = replace(advice, works=_WORKS[word])
    return advice
