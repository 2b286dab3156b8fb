"""A drill as it goes on: a live line a scenario on a terminal, else plain lines."""

import sys
import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner

from lvsha.lab.drill.report import reaction, table
from lvsha.lab.drill.run import News
from lvsha.lab.drill.verdict import Row


class Watching:
    """Shows news of drills as they come; safe to be told from threads."""

    def __init__(self, console: Console) -> None:
        """Show them on *console*."""
        self._console = console
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._spinners: dict[str, Spinner] = {}
        self._doings: dict[str, str] = {}
        self._rows: dict[str, list[Row]] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._console.is_terminal:
            self._live = Live(
                get_renderable=self._lines, console=self._console, transient=True
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the screen to what comes next."""
        if self._live:
            self._live.stop()

    def tell(self, news: News) -> None:
        """Show *news*."""
        with self._lock:
            rows = self._rows.setdefault(news.scenario, [])
            if news.outcome:
                self._spinners.pop(news.scenario, None)
                self._console.print(table(news.outcome))
                sys.stdout.flush()
            elif news.row:
                rows.append(news.row)
                self._say(news.scenario, f"{news.event}: {_result(news.row)}")
            else:
                self._doing(news, rows)

    def _doing(self, news: News, rows: list[Row]) -> None:
        if not self._live:
            return
        sent, lost = sum(row.sent for row in rows), sum(row.lost for row in rows)
        bad = sum(not row.good for row in rows)
        counts = f"{len(rows)} rows, {bad} bad; {sent} requests, {lost} lost"
        self._doings[news.scenario] = f"{news.scenario}: {news.event} ({counts})"
        self._spinners.setdefault(news.scenario, Spinner("dots"))

    def _say(self, scenario: str, words: str) -> None:
        passed = time.monotonic() - self._began
        self._console.print(
            f"{passed:6.1f} s  {scenario}: {words}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        sys.stdout.flush()

    def _lines(self) -> RenderableType:
        passed = time.monotonic() - self._began
        spinners = dict(self._spinners)
        for scenario, spinner in spinners.items():
            spinner.update(text=f"{passed:5.0f} s  {self._doings[scenario]}")
        return Group(*spinners.values())


def _result(row: Row) -> str:
    words = "as expected" if row.good else "NOT AS EXPECTED"
    return f"{words}, reacted in {reaction(row)}, lost {row.lost} of {row.sent}"
