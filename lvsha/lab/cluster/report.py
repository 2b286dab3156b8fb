"""What became of the drills of clusters, stacks side by side. Pure."""

from collections.abc import Sequence
from dataclasses import asdict
from io import StringIO
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from lvsha.lab.cluster.outcome import Outcome

_WIDTH: Final = 110

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


def table(outcomes: Sequence[Outcome]) -> RenderableType:
    """Return a table a drill: a column a stack, and the last's ratio to the first."""
    parts: list[RenderableType] = []
    for drill in dict.fromkeys(one.drill for one in outcomes):
        played = [one for one in outcomes if one.drill == drill]
        parts.append(_one(drill, played))
    return Group(*parts)


def _one(drill: str, played: Sequence[Outcome]) -> RenderableType:
    good = all(one.good for one in played)
    found = Table(
        title=drill,
        title_justify="left",
        title_style="bold green" if good else "bold red",
    )
    found.add_column("")
    for one in played:
        found.add_column(one.stack, justify="right")
    ratios = len(played) > 1
    if ratios:
        found.add_column(f"{played[-1].stack} / {played[0].stack}", justify="right")
    for title, values in _lines(played):
        ratio = [_ratio(values)] if ratios else []
        found.add_row(title, *(_word(value) for value in values), *ratio)
    for title, words in _words(played):
        found.add_row(title, *words, *([""] if ratios else []))
    parts: list[RenderableType] = [found]
    parts += [
        Text(f"! {one.stack}: {problem}", style="red")
        for one in played
        for problem in one.problems
    ]
    return Group(*parts)


def _lines(played: Sequence[Outcome]) -> list[tuple[str, list[float | None]]]:
    return [
        ("longest time without an answer, s", [one.outage for one in played]),
        ("power of the old one cut after, s", [one.fenced for one in played]),
        ("address taken after, s", [one.taken for one in played]),
        ("announced after, s", [one.announced for one in played]),
        ("first answer after that, s", [one.answered for one in played]),
        ("whole again after, s", [one.whole for one in played]),
    ]


def _words(played: Sequence[Outcome]) -> list[tuple[str, list[str]]]:
    crowds = [one.crowd for one in played]
    return [
        ("requests failed", [f"{one.failed} of {one.sent}" for one in played]),
        (
            "talking connections survived",
            ["-" if c is None else f"{c.talking[0]} of {c.talking[1]}" for c in crowds],
        ),
        (
            "idle connections survived",
            ["-" if c is None else f"{c.idle[0]} of {c.idle[1]}" for c in crowds],
        ),
        (
            "why the others did not",
            [
                "" if c is None else ", ".join(f"{n} {w}" for w, n in c.why.items())
                for c in crowds
            ],
        ),
        ("announcements", [str(one.announcements) for one in played]),
        ("two owners, s", [f"{one.doubled:.2f}" for one in played]),
        ("from, to", [f"{one.before}, {one.after}" for one in played]),
    ]


def _word(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _ratio(values: Sequence[float | None]) -> str:
    first, last = values[0], values[-1]
    return f"{last / first:.2f}" if first and last is not None else ""


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
