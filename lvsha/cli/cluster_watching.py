"""Drills of a cluster as they go on: a live line on a terminal, else plain lines."""

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner


class ClusterWatching:
    """Shows news as they come, and below them what goes on; safe from threads."""

    def __init__(self, console: Console) -> None:
        """Show them on *console*."""
        self._console = console
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._spinner = Spinner("dots")
        self._live: Live | None = None
        self._stage = ""
        self.progress: Callable[[], str] = str
        """What goes on now, in a few words; empty for what was told last."""

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._console.is_terminal:
            self._live = Live(
                get_renderable=self._line, console=self._console, transient=True
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

    def tell(self, news: str) -> None:
        """Show *news*, with the time that has passed."""
        with self._lock:
            self._stage = news
            line = f"{self._passed():7.1f} s  {news}"
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)
            sys.stdout.flush()

    def _line(self) -> RenderableType:
        words = self.progress() or self._stage
        self._spinner.update(text=f"{self._passed():6.0f} s  {words}")
        return self._spinner

    def _passed(self) -> float:
        return time.monotonic() - self._began
