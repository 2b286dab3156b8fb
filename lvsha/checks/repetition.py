"""Words that are said again while nothing comes of them. Effects."""

from collections.abc import Callable
from typing import Final

from lvsha.checks.pump import Pump

# A datagram that was lost twice in a row is news of the network.
TIMES: Final = 2


class Repetition:
    """Says something again, TIMES times, evenly spread over a check's seconds."""

    __slots__ = ("_left", "_pump", "_say", "_seconds")

    def __init__(self, say: Callable[[], None], pump: Pump, seconds: float) -> None:
        """Begin to wait: what is said now is somebody else's business."""
        self._say = say
        self._pump = pump
        self._seconds = seconds / (TIMES + 1)
        self._left = TIMES
        pump.expect(self._seconds, self._due)

    def cancel(self) -> None:
        """Say it no more."""
        self._pump.relieve(self._seconds, self._due)

    def _due(self) -> None:
        self._left -= 1
        if self._left:
            self._pump.expect(self._seconds, self._due)
        self._say()
