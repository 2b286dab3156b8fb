"""Progress in stages with the time each took: live on a terminal, lines elsewhere."""

import sys
import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status


class Stages:
    """Tells on standard error which stage is on and how long each took."""

    def __init__(self, title: str) -> None:
        """Head what is told with *title*."""
        self._title = title
        self._console = Console(stderr=True)
        self._status: Status | None = None
        self._lock = threading.Lock()
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        """Show the title."""
        if self._console.is_terminal:
            self._status = self._console.status(self._title)
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Say how long it all took, or leave the word to the error."""
        if self._status:
            self._status.stop()
        if error is None:
            self._line("done")

    def begin(self, stage: str) -> None:
        """Say that *stage* begins, or has happened."""
        with self._lock:
            self._line(stage)
            if self._status:
                self._status.update(f"{self._title}: {stage}")

    def _line(self, text: str) -> None:
        passed = time.monotonic() - self._began
        if self._console.is_terminal:
            self._console.print(f"[dim]{passed:6.1f} s[/]  {text}", highlight=False)
        else:
            sys.stderr.write(f"{passed:6.1f} s  {self._title}: {text}\n")
            sys.stderr.flush()
