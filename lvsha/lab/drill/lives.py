"""Lives of an engine that is killed again and again, and its table's history. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from lvsha.lab.drill.verdict import Fact, Listing

SOON: Final = 2.0
"""Seconds after its start within which the engine must have made the table right."""


@dataclass(frozen=True, slots=True)
class Life:
    """One life: from *started* to *killed*, *next* is when the next one started.

    *wanted* is the table this engine had to make.
    """

    started: float
    killed: float
    next: float
    wanted: frozenset[str]


def seconds_to_right(tables: Sequence[Listing], life: Life) -> float | None:
    """Return how long after its start the table was right for good, None if never.

    It is 0 when the table was right already.
    """
    before = [one for one in tables if one.at < life.started]
    during = [one for one in tables if life.started <= one.at < life.killed]
    history = [*before[-1:], *during]
    if not history or history[-1].lines != life.wanted:
        return None
    right = history[-1].at
    for one in reversed(history):
        if one.lines != life.wanted:
            break
        right = one.at
    return max(0.0, right - life.started)


def lives_fact(tables: Sequence[Listing], lives: Sequence[Life]) -> tuple[Fact, float]:
    """Return whether every engine was quick enough, and the longest one took."""
    longest = 0.0
    late = cut = 0
    for life in lives:
        seconds = seconds_to_right(tables, life)
        if seconds is None and life.killed - life.started < SOON:
            cut += 1
        elif seconds is None or seconds > SOON:
            late += 1
        longest = max(longest, seconds or 0.0)
    seen = f"{len(lives) - cut - late} starts, longest {longest:.2f} s"
    if cut:
        seen += f", {cut} killed before"
    if late:
        seen += f", {late} TOO LATE"
    return Fact(
        f"table right within {SOON:g} s of each start", seen, late == 0
    ), longest


def untouched_fact(
    tables: Sequence[Listing],
    lives: Sequence[Life],
    brief: Callable[[frozenset[str]], str],
) -> Fact:
    """Return whether the table stayed as it was while no engine ran."""
    words = "table untouched while it is dead"
    touched = [
        one for one in tables for life in lives if life.killed <= one.at < life.next
    ]
    if not touched:
        return Fact(words, words, good=True)
    return Fact(words, f"table changed: {brief(touched[0].lines)}", good=False)
