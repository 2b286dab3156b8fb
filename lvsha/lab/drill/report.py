"""What became of drills, for people and for programs. Pure."""

from collections.abc import Sequence
from io import StringIO
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from lvsha.lab.drill.verdict import Outcome, Row

_WIDTH: Final = 130  # of the written report

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


def table(outcome: Outcome) -> RenderableType:
    """Return the rows of *outcome*, and what it ended with."""
    verdict = "as expected" if outcome.good else "NOT AS EXPECTED"
    rows = Table(
        title=f"{outcome.scenario}: {verdict}, {outcome.seconds:.0f} s",
        title_justify="left",
        title_style="bold green" if outcome.good else "bold red",
    )
    rows.add_column("event", ratio=2)
    rows.add_column("expected", ratio=3)
    rows.add_column("seen", ratio=4)
    rows.add_column("reacted", justify="right", no_wrap=True)
    rows.add_column("lost", justify="right", no_wrap=True)
    for row in outcome.rows:
        _add(rows, row)
    parts: list[RenderableType] = [rows]
    if outcome.broken:
        parts.append(Text(f"not played to its end: {outcome.broken}", style="red"))
    if outcome.table:
        parts.append(Text("the kernel's table at the end:"))
        parts += [Text(f"  {line}") for line in outcome.table]
    return Group(*parts)


def _add(rows: Table, row: Row) -> None:
    """Add *row*, a line a fact: what was expected beside what was seen."""
    for number, fact in enumerate(row.facts):
        first = number == 0
        rows.add_row(
            Text(row.event if first else ""),
            Text(fact.expected),
            Text(fact.seen if fact.good else f"! {fact.seen}"),
            reaction(row) if first else "",
            f"{row.lost} of {row.sent}" if first else "",
            style="" if fact.good else "bold red",
            end_section=number == len(row.facts) - 1,
        )


def reaction(row: Row) -> str:
    """Return how long *row* took to react, in words."""
    return "never" if row.seconds is None else f"{row.seconds:.2f} s"


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return the last line: how many rows are as expected, and what is not."""
    rows = [row for outcome in outcomes for row in outcome.rows]
    good = sum(row.good for row in rows)
    lost = sum(row.lost for row in rows)
    sent = sum(row.sent for row in rows)
    line = (
        f"{good} of {len(rows)} rows as expected in {len(outcomes)} "
        f"scenario{'' if len(outcomes) == 1 else 's'}; {sent} requests, {lost} lost"
    )
    bad = [outcome.scenario for outcome in outcomes if not outcome.good]
    return f"{line}; not as expected: {', '.join(bad)}" if bad else line


def text(outcomes: Sequence[Outcome]) -> str:
    """Return the whole report as plain text."""
    page = StringIO()
    console = Console(file=page, width=_WIDTH, no_color=True, legacy_windows=False)
    for outcome in outcomes:
        console.print(table(outcome))
        console.print()
    console.print(summary(outcomes), highlight=False, soft_wrap=True)
    return page.getvalue()


def to_json(outcomes: Sequence[Outcome]) -> Json:
    """Return the whole report as JSON has it."""
    return {
        "ok": all(outcome.good for outcome in outcomes),
        "scenarios": [
            {
                "scenario": outcome.scenario,
                "ok": outcome.good,
                "seconds": round(outcome.seconds, 1),
                "broken": outcome.broken or None,
                "table": list(outcome.table),
                "rows": [_row(row) for row in outcome.rows],
            }
            for outcome in outcomes
        ],
    }


def _row(row: Row) -> Json:
    return {
        "event": row.event,
        "ok": row.good,
        "seconds": None if row.seconds is None else round(row.seconds, 3),
        "sent": row.sent,
        "lost": row.lost,
        "facts": [
            {"expected": fact.expected, "seen": fact.seen, "ok": fact.good}
            for fact in row.facts
        ],
    }
