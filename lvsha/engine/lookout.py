"""Looks at files from a thread: a file system that hangs does not hang the director."""

import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

Seen = TypeVar("Seen")

# A look at a local file takes a fraction of a millisecond; this is what a mount
# that has died costs, once.
MOMENT: Final = 0.05


class Lookout(Generic[Seen]):
    """Makes one look at a time, each in a thread that nobody waits for at the end."""

    def __init__(self, name: str) -> None:
        """Call the threads *name*."""
        self._name = name
        self._look: _Look[Seen] | None = None
        self._told = False

    def look(self, call: Callable[[], Seen], seconds: float = MOMENT) -> Seen | None:
        """Return what *call* returns; None if that is not there within *seconds*.

        It is returned the next time then, and nothing else is begun before it is
        there. What *call* raises is raised here.
        """
        look = self._look
        if look is None:
            look = self._look = _Look(call)
            thread = threading.Thread(target=look.run, name=self._name, daemon=True)
            thread.start()
            look.over.wait(seconds)
        if not look.over.is_set():
            return None
        self._look = None
        self._told = False
        if look.error is not None:
            raise look.error
        return look.seen

    def hangs(self) -> bool:
        """Tell, once each time, that a look has been under way for longer."""
        hangs = self._look is not None and not self._told
        self._told = self._told or hangs
        return hangs


class _Look(Generic[Seen]):
    """One look, and what came of it."""

    __slots__ = ("_call", "error", "over", "seen")

    def __init__(self, call: Callable[[], Seen]) -> None:
        self._call = call
        self.seen: Seen | None = None
        self.error: BaseException | None = None
        self.over = threading.Event()

    def run(self) -> None:
        try:
            self.seen = self._call()
        except BaseException as error:  # noqa: BLE001 - the top of a thread
            self.error = error
        self.over.set()
