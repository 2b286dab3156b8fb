"""Rows of a drill's table: what was expected, what was seen, what it cost. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from lvsha.lab.drill.traffic import Request, between, tally

_IN_FLIGHT = 0.25
"""Seconds: a request that began this shortly before a happening may suffer from it."""

_SETTLED = 0.1
"""Seconds after the table's change from which on no request may be lost."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The kernel's table at a time, as the lines of ``ipvsadm -Sn``."""

    at: float
    lines: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing expected and what was seen instead or indeed."""

    expected: str
    seen: str
    good: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One happening. *seconds* is the time to react, None if it never came to that.

    *lost* of *sent* requests failed, from the happening until the next one.
    """

    event: str
    facts: tuple[Fact, ...]
    seconds: float | None = None
    lost: int = 0
    sent: int = 0

    @property
    def good(self) -> bool:
        """Whether every fact is as expected."""
        return all(fact.good for fact in self.facts)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a scenario.

    *table* is the kernel's at the end. *broken* says why the scenario could not be
    played to its end, empty if it was.
    """

    scenario: str
    rows: tuple[Row, ...]
    table: tuple[str, ...] = ()
    seconds: float = 0.0
    broken: str = ""

    @property
    def good(self) -> bool:
        """Whether it was played to its end and every row is good."""
        whole = bool(self.rows) and not self.broken
        return whole and all(row.good for row in self.rows)


@dataclass(frozen=True, slots=True)
class Window:
    """The time of one happening: it began, the table was right, the next one began."""

    began: float
    reacted: float | None
    ended: float


@dataclass(frozen=True, slots=True)
class Answering:
    """Who must answer once the director has reacted, and who else may.

    *losses* is how many requests may be lost in all; None: any number before the
    reaction, since they went to a real server that could not answer.
    """

    wanted: frozenset[str]
    welcome: frozenset[str] = frozenset()
    losses: int | None = 0

    def __str__(self) -> str:
        """Say it in a few words."""
        more = ", ".join(sorted(self.welcome - self.wanted))
        if not self.wanted:
            return f"any of {more} answers"
        words = " and ".join(sorted(self.wanted))
        words += " answers" if len(self.wanted) == 1 else " answer"
        return f"{words} (also {more})" if more else words


def table_fact(expected: str, seen: str, *, equal: bool) -> Fact:
    """Return the fact that the kernel's table is exactly as expected."""
    return Fact(f"table {expected}", f"table {seen}", equal)


def clients_facts(
    requests: Sequence[Request], window: Window, answering: Answering
) -> tuple[Fact, Fact]:
    """Return who answered after the reaction, and whether as few were lost as hoped."""
    reacted = window.ended if window.reacted is None else window.reacted
    after = tally(between(requests, reacted + _SETTLED, window.ended))
    who = set(after.answers)
    allowed = answering.wanted | answering.welcome
    answered = Fact(
        str(answering),
        f"answers: {after}" if after.sent else _nothing_after(window),
        bool(who) and answering.wanted <= who <= allowed,
    )
    everything = tally(suffering(requests, window))
    late = after.lost
    if answering.losses is None:
        words = "none lost after the reaction"
        seen = f"{late} lost after it" if late else words
        return answered, Fact(words, seen, late == 0)
    most = answering.losses
    words = f"at most {most} lost" if most else "none lost"
    seen = f"{everything.lost} lost" if everything.lost else "none lost"
    if everything.lost:
        reasons = everything.failures.most_common()
        seen += f" ({', '.join(f'{count} {why}' for why, count in reasons)})"
    return answered, Fact(words, seen, everything.lost <= most)


def _nothing_after(window: Window) -> str:
    return "no reaction" if window.reacted is None else "nobody asked"


def suffering(requests: Sequence[Request], window: Window) -> list[Request]:
    """Return the requests of *window*, and those in flight at its start that failed."""
    before = between(requests, window.began - _IN_FLIGHT, window.began)
    return [
        *(one for one in before if one.lost and one.at + one.took > window.began),
        *between(requests, window.began, window.ended),
    ]
