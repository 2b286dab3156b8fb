"""A check that passes too slowly has failed (``maxresponsetime``)."""

from collections.abc import Callable
from dataclasses import replace

from lvsha.model import Verdict


def in_time(
    slowest: float, done: Callable[[Verdict], None]
) -> Callable[[Verdict], None]:
    """Return what tells *done* of a verdict, failed if it took more than *slowest*."""

    def timed(verdict: Verdict) -> None:
        done(punctual(verdict, slowest))

    return timed


def punctual(verdict: Verdict, slowest: float) -> Verdict:
    """Return *verdict*, failed if it passed after more than *slowest* seconds."""
    if not verdict.passed or verdict.seconds <= slowest:
        return verdict
    why = f"answered after {verdict.seconds:.3g} s, slower than {slowest:g} s"
    return replace(verdict, passed=False, detail=why)
