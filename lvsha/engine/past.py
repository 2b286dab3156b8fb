"""The last few checks of every real server, what was said and heard. Pure state."""

from collections.abc import Container, Iterator

from lvsha.evidence import as_json, evidence
from lvsha.health import Seat
from lvsha.model import Verdict

# So many of those that passed, and of those that failed, are kept.
PASSED = 2
FAILED = 3

# A verdict, and when it was heard in the loop's seconds.
_Kept = tuple[Verdict, float]


class Past:
    """Remembers verdicts, the latest of each kind; cheap while nobody asks."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._passed: dict[Seat, tuple[_Kept, ...]] = {}
        self._failed: dict[Seat, tuple[_Kept, ...]] = {}

    def remember(self, seat: Seat, verdict: Verdict, at: float) -> None:
        """Keep *verdict*, and forget the oldest of its kind."""
        if verdict.passed:
            kept = self._passed.get(seat, ())
            self._passed[seat] = (*kept[1 - PASSED :], (verdict, at))
        else:
            kept = self._failed.get(seat, ())
            self._failed[seat] = (*kept[1 - FAILED :], (verdict, at))

    def forget_all_but(self, seats: Container[Seat]) -> None:
        """Forget the seats that are gone, or are checked in another way."""
        for kept in (self._passed, self._failed):
            for seat in [seat for seat in kept if seat not in seats]:
                del kept[seat]

    def of(self, seat: Seat) -> tuple[_Kept, ...]:
        """Return what is kept of *seat*, the latest first."""
        kept = self._passed.get(seat, ()) + self._failed.get(seat, ())
        return tuple(sorted(kept, key=lambda each: -each[1]))


def told(kept: tuple[_Kept, ...], now: float) -> Iterator[dict[str, object]]:
    """Return what is *kept* of a real server as ``status`` shows it."""
    for verdict, at in kept:
        about = verdict.transcript
        yield {
            "passed": verdict.passed,
            "detail": verdict.detail,
            "status": verdict.status,
            "seconds": round(verdict.seconds, 6),
            "age": round(now - at, 3),
            "check": about.check.service if about else "",
            **as_json(evidence(verdict)),
        }
