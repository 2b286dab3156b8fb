"""Progress in stages with the time each took: live on a terminal, lines elsewhere."""

from types import TracebackType

from rich.console import Console, RenderableType
from rich.spinner import Spinner

from lvsha.cli.below import Below


class Stages(Below):
    """Tells on standard error which stage is on and how long each took."""

    def __init__(self, title: str) -> None:
        """Head what is told with *title*."""
        super().__init__(Console(stderr=True))
        self._title = title
        self._spinner = Spinner("dots", title)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Say how long it all took, or leave the word to the error."""
        super().__exit__(kind, error, traceback)
        if error is None:
            self._tell("done")

    def begin(self, stage: str) -> None:
        """Say that *stage* begins, or has happened."""
        with self.lock:
            self._tell(stage)
            self._spinner.update(text=f"{self._title}: {stage}")

    def below(self) -> RenderableType:
        """Return the stage that is on."""
        return self._spinner

    def _tell(self, words: str) -> None:
        # On a terminal the title stands below.
        self.say(words if self.live else f"{self._title}: {words}")
