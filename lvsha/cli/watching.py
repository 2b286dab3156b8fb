"""A drill as it goes on: a live line a scenario on a terminal, else plain lines."""

import sys

from rich.console import Console, Group, RenderableType
from rich.spinner import Spinner

from lvsha.cli.below import Below
from lvsha.lab.drill.report import reaction, table
from lvsha.lab.drill.run import News
from lvsha.lab.drill.verdict import Row


class Watching(Below):
    """Shows news of drills as they come; safe to be told from threads."""

    def __init__(self, console: Console) -> None:
        """Show them on *console*."""
        super().__init__(console)
        self._spinners: dict[str, Spinner] = {}
        self._doings: dict[str, str] = {}
        self._rows: dict[str, list[Row]] = {}

    def tell(self, news: News) -> None:
        """Show *news*."""
        with self.lock:
            rows = self._rows.setdefault(news.scenario, [])
            if news.outcome:
                self._spinners.pop(news.scenario, None)
                self.console.print(table(news.outcome))
                sys.stdout.flush()
            elif news.row:
                rows.append(news.row)
                self.say(f"{news.scenario}: {news.event}: {_result(news.row)}")
            elif self.live:
                self._doing(news, rows)

    def below(self) -> RenderableType:
        """Return what each scenario does now."""
        spinners = dict(self._spinners)
        for scenario, spinner in spinners.items():
            spinner.update(text=f"{self.passed:5.0f} s  {self._doings[scenario]}")
        return Group(*spinners.values())

    def _doing(self, news: News, rows: list[Row]) -> None:
        sent, lost = sum(row.sent for row in rows), sum(row.lost for row in rows)
        bad = sum(not row.good for row in rows)
        counts = f"{len(rows)} rows, {bad} bad; {sent} requests, {lost} lost"
        self._doings[news.scenario] = f"{news.scenario}: {news.event} ({counts})"
        self._spinners.setdefault(news.scenario, Spinner("dots"))


def _result(row: Row) -> str:
    words = "as expected" if row.good else "NOT AS EXPECTED"
    return f"{words}, reacted in {reaction(row)}, lost {row.lost} of {row.sent}"
