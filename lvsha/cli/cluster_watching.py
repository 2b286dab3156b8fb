"""Drills of a cluster as they go on: a live line on a terminal, else plain lines."""

from collections.abc import Callable

from rich.console import Console, RenderableType
from rich.spinner import Spinner

from lvsha.cli.below import Below


class ClusterWatching(Below):
    """Shows news as they come, and below them what goes on; safe from threads."""

    def __init__(self, console: Console) -> None:
        """Show them on *console*."""
        super().__init__(console)
        self._spinner = Spinner("dots")
        self._stage = ""
        self.progress: Callable[[], str] = str
        """What goes on now, in a few words; empty for what was told last."""

    def tell(self, news: str) -> None:
        """Show *news*, with the time that has passed."""
        with self.lock:
            self._stage = news
            self.say(news)

    def below(self) -> RenderableType:
        """Return what goes on now."""
        words = self.progress() or self._stage
        self._spinner.update(text=f"{self.passed:6.0f} s  {words}")
        return self._spinner
