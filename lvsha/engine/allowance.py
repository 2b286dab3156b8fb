"""How much of its weight each real server may have: its agent's word, slow starts.

Pure state, for the few seats that have something to be remembered of; time is an
argument, in the loop's seconds.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from lvsha.advice import Advice, advised
from lvsha.health import Health, Seat
from lvsha.share import WHOLE, grown, next_step

_UNADVISED = Advice()


class Allowances:
    """What was said by agents, and which servers came back lately."""

    def __init__(self) -> None:
        """Nobody has said or done anything yet."""
        self._advice: dict[Seat, Advice] = {}
        # When a server came back, and how many seconds it is given to grow.
        self._growing: dict[Seat, tuple[float, float]] = {}

    def advice(self, seat: Seat) -> Advice | None:
        """Return what the agent at *seat* has said so far, if it ever spoke."""
        return self._advice.get(seat)

    def hear(self, seat: Seat, said: str) -> Advice | None:
        """Take in what an agent *said*; return its advice if that is another now."""
        before = self._advice.get(seat, _UNADVISED)
        after = advised(before, said)
        self._advice[seat] = after
        return after if after != before else None

    def begin(self, seat: Seat, now: float, seconds: float) -> None:
        """Have the server at *seat*, which came back *now*, grow for *seconds*."""
        self._growing[seat] = now, seconds

    def end(self, seat: Seat) -> None:
        """Have the server at *seat* grow no more: it is out again."""
        self._growing.pop(seat, None)

    def forget(self, seats: Iterable[Seat]) -> None:
        """Remember nothing of *seats*."""
        for seat in seats:
            self._advice.pop(seat, None)
            self._growing.pop(seat, None)

    def applied(self, seat: Seat, health: Health, now: float) -> Health:
        """Return *health* with what the server at *seat* may have *now*."""
        advice = self._advice.get(seat, _UNADVISED)
        share = advice.share
        if (growing := self._growing.get(seat)) is not None:
            since, seconds = growing
            step = grown(now - since, seconds)
            if step == WHOLE:
                del self._growing[seat]
            elif share:
                share = max(1, share * step // WHOLE)
        if share == health.share and advice.vetoed == health.vetoed:
            return health
        return replace(health, share=share, vetoed=advice.vetoed)

    def growing(self) -> Collection[Seat]:
        """Return the seats whose servers grow."""
        return self._growing.keys()

    def next_step(self, now: float) -> float | None:
        """Return when the next server is given more, None if none grows."""
        return min(
            (
                since + next_step(now - since, seconds)
                for since, seconds in self._growing.values()
            ),
            default=None,
        )
