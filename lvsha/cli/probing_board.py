"""Checks as they end: a line each, the dialogue of some, and what is still awaited."""

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from lvsha.cli.dialogue_lines import lines, milliseconds, phases, printable
from lvsha.cli.targets import Target, kind_of
from lvsha.cli.wanted import number, text

_STYLES: Final[Mapping[str, str]] = {"pass": "green", "FAIL": "bold red", "-": "dim"}

# Of those that are awaited, so many are named.
_NAMED: Final = 3

_INDENT: Final = "      "


class Board:
    """Prints results as they come; on a terminal with a bar below them."""

    def __init__(self, targets: list[Target], times: int, *, verbose: bool) -> None:
        """Expect each of *targets* so many *times*."""
        self.passed = self.failed = self.unasked = 0
        self._verbose = verbose
        self._all = targets
        self._left: dict[int, Target] = {}
        self._console = Console(highlight=False, soft_wrap=True)
        # A bar beside results that go into a file is better than none.
        below = self._console if self._console.is_terminal else Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(),
            MofNCompleteColumn(),
            BarColumn(bar_width=20),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=below,
            transient=True,
            redirect_stdout=False,
            disable=not below.is_terminal,
        )
        self._bar = self._progress.add_task("", total=len(targets) * times)
        self._widths = [
            max((len(column) for column in columns), default=0)
            for columns in zip(*map(_names, targets), strict=True)
        ]

    def __enter__(self) -> Self:
        """Begin to show."""
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the screen to what comes next."""
        self._progress.stop()

    def tell(self, target: Target, result: Mapping[str, object]) -> None:
        """Show how the check of *target* went: *result* is what ``--json`` prints."""
        passed = result.get("passed")
        self.passed += passed is True
        self.failed += passed is False
        self.unasked += passed is None
        self._console.print(self._line(target, result))
        if passed is False or (self._verbose and passed):
            self._tell_more(result)
        sys.stdout.flush()
        if not self._left:
            self._left = {id(each): each for each in self._all}
        self._left.pop(id(target), None)
        self._progress.update(self._bar, advance=1, description=self._awaited())

    def sum_up(self, seconds: float) -> None:
        """Print how many passed."""
        said = [f"{self.passed} of {self.passed + self.failed} checks passed"]
        if self.unasked:
            said.append(f"{self.unasked} not asked")
        style = "bold red" if self.failed else "bold"
        self._console.print(Text(f"{', '.join(said)} ({seconds:.1f} s)", style=style))

    def _line(self, target: Target, result: Mapping[str, object]) -> Text:
        passed = result.get("passed")
        word = "-" if passed is None else ("pass" if passed else "FAIL")
        seconds = number(result, "seconds")
        took = "" if seconds is None else milliseconds(seconds)
        said = text(result, "detail") or text(result, "status")
        line = Text(f"{word:<4}", style=_STYLES[word])
        for name, width in zip(_names(target), self._widths, strict=True):
            line.append(f"  {name:<{width}}", style="default")
        line.append(f"  {took:>9}  {printable(said)}".rstrip(), style="default")
        return line

    def _tell_more(self, result: Mapping[str, object]) -> None:
        self._console.print(Text(f"{_INDENT}{phases(result)}", style="dim"))
        for line in lines(result):
            self._console.print(Text(f"{_INDENT}{line}", style="dim"))

    def _awaited(self) -> str:
        named = [str(target.real.endpoint) for target in self._left.values()]
        if not named:
            return ""
        more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        return f"waiting for {', '.join(named[:_NAMED])}{more}"


def _names(target: Target) -> tuple[str, ...]:
    return (
        str(target.virtual.key),
        str(target.real.endpoint),
        printable(kind_of(target.check)),
    )
