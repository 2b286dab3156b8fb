"""What became of the drills of clusters, stacks side by side, as text. Pure."""

from collections.abc import Sequence
from dataclasses import asdict
from io import StringIO
from typing import Final

from rich import table as rich_table
from rich.console import Console, Group, RenderableType
from rich.text import Text

from lvsha.lab.cluster.beside import Table, tables
from lvsha.lab.cluster.outcome import Outcome

_WIDTH: Final = 140

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


def table(outcomes: Sequence[Outcome]) -> RenderableType:
    """Return a table a drill: a column a stack, and our ratios to the others."""
    return Group(*(_one(found) for found in tables(outcomes)))


def _one(found: Table) -> RenderableType:
    runs = f", median of {found.runs} runs" if found.runs > 1 else ""
    shown = rich_table.Table(
        title=f"{found.drill}{runs}",
        title_justify="left",
        title_style="bold green" if found.good else "bold red",
    )
    shown.add_column("", no_wrap=True)
    for stack in found.stacks:
        shown.add_column(stack, justify="right")
    for other in found.against:
        shown.add_column(f"{found.ours} / {other}", justify="right")
    for row in found.rows:
        shown.add_row(row.title, *row.cells, *row.ratios)
    problems = [Text(f"! {problem}", style="red") for problem in found.problems]
    return Group(shown, *problems)


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return the last line: how many drills were played, and which not to their end."""
    good = sum(one.good for one in outcomes)
    owners = sum(bool(one.doubled) for one in outcomes)
    line = (
        f"{good} of {len(outcomes)} drills played to their end; "
        f"two owners of the address in {owners} of them"
    )
    bad = [f"{one.drill} on {one.stack}" for one in outcomes if not one.good]
    return f"{line}; not well: {', '.join(bad)}" if bad else line


def text(outcomes: Sequence[Outcome]) -> str:
    """Return the whole report as plain text."""
    page = StringIO()
    console = Console(file=page, width=_WIDTH, no_color=True, legacy_windows=False)
    console.print(table(outcomes))
    console.print(summary(outcomes), highlight=False, soft_wrap=True)
    return page.getvalue()


def to_json(outcomes: Sequence[Outcome]) -> Json:
    """Return the whole report as JSON has it."""
    return {
        "ok": all(one.good for one in outcomes),
        "drills": [asdict(one) | {"ok": one.good} for one in outcomes],
    }
