"""The table of a whole run, as docs/services.md has it."""

from collections.abc import Mapping, Sequence
from typing import Final

import pytest

from tests.services.play import Heard
from tests.services.rows import Outcome, Row

HEAD: Final = """\
# Every check, against the daemon it is for

`tests/services` starts the servers people run, has ldirectord and lvsha check them side
by side, and compares what both say. `python -m lvsha.lab.tier services` prints this
page, and the test fails when it is another one. A cell is what lvsha says, and what
Debian's ldirectord says where that is something else; the reasons stand below. *dies*:
the check ends the daemon. *hangs*: it has no end, and nothing else is checked. An
empty cell is not proven; *-* is an outcome the service cannot have. Services in
italics are not ldirectord's: their cells are what lvsha says alone.

The daemon of each row is the real one; gRPC's own server has a health service of ours,
as Debian has none. *refused* to *reset* are servers in its place
that refuse, are silent, pass on the beginning of what the daemon says, talk nonsense, a
megabyte of it without a line's end, or reset the connection.

"""

# Checks that no daemon was there for.
_UNPROVEN: Final = {
    "oracle": "there is no database to be had. Servers of our own prove what it says of"
    " one that refuses, is silent, talks nonsense or resets; nothing proves that it"
    " gets on with a real one",
    "*agentport*": "nobody packages an agent. What HAProxy, which asks agents, makes of"
    " what one of ours says is compared with what lvsha makes of it (options.md)",
}

# Where a run keeps the page until all is over and it can be printed.
TOLD: Final = pytest.StashKey[str]()


def lines(row: Row, heard: Mapping[Outcome, Heard]) -> tuple[str, str]:
    """Return the line about *row* in the table, and the lines with its reasons."""
    cells = [_cell(row, outcome, heard.get(outcome)) for outcome in Outcome]
    reasons = "".join(
        f"- {row.name}, {outcome.value}: {row.cells[outcome].because}\n"
        for outcome in Outcome
        if outcome in heard and row.cells[outcome].because
    )
    name = f"*{row.name}*" if row.alone else row.name
    return f"| {name} | {row.daemon.name} | {' | '.join(cells)} |\n", reasons


def page(rows: Sequence[Row], heard: Sequence[Mapping[Outcome, Heard]]) -> str:
    """Return the page about *rows*."""
    told = [lines(row, each) for row, each in zip(rows, heard, strict=True)]
    head = " | ".join(outcome.value for outcome in Outcome)
    table = f"| check | daemon | {head} |\n|{' --- |' * (len(Outcome) + 2)}\n"
    seen = [one for each in heard for one in each.values()]
    cells = [one for one in seen if one.original is not None]
    equal = sum(one.ours is one.original for one in cells)
    unproven = "".join(f"| {name} | |{'  |' * len(Outcome)}\n" for name in _UNPROVEN)
    open_ = "".join(f"- {name}: {why}\n" for name, why in _UNPROVEN.items())
    return (
        f"{HEAD}{table}{''.join(line for line, _ in told)}{unproven}\n"
        f"{len(cells)} cells: {equal} equal, {len(cells) - equal} not;"
        f" {len(seen) - len(cells)} of services that are not ldirectord's.\n\n"
        f"## Why not\n\n{''.join(reasons for _, reasons in told)}\n"
        f"## Not proven\n\n{open_}"
    )


def _cell(row: Row, outcome: Outcome, heard: Heard | None) -> str:
    if heard is None:
        return "-" if outcome in row.senseless else ""
    if heard.original in (None, heard.ours):
        return heard.ours.value
    return f"{heard.ours.value} / {heard.original.value}"
