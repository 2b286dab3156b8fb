"""Lines as they come, and on a terminal what goes on now below them."""

import sys
import threading
import time
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live


class Below(ABC):
    """Says lines with the time that has passed; safe to be told from threads.

    What :meth:`below` returns stays at the end of a terminal, and moves.
    """

    def __init__(self, console: Console) -> None:
        """Say them on *console*."""
        self.console = console
        self.lock = threading.Lock()
        self._began = time.monotonic()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        """Begin to show."""
        if self.console.is_terminal:
            self._live = Live(
                get_renderable=self.below, console=self.console, transient=True
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

    @property
    def live(self) -> bool:
        """Tell whether anybody sees what is below."""
        return self._live is not None

    @property
    def passed(self) -> float:
        """Return the seconds since it was made."""
        return time.monotonic() - self._began

    @abstractmethod
    def below(self) -> RenderableType:
        """Return what goes on now."""

    def say(self, words: str) -> None:
        """Print *words*, as they are, after the time that has passed."""
        line = f"{self.passed:7.1f} s  {words}"
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)
        sys.stdout.flush()
