"""Other programs of the operator's: ``execute`` siblings and the ``callback``."""

import os
import shlex
from collections.abc import Callable, Sequence
from typing import Final

from lvsha import children
from lvsha.events import CommandFailed, Event

_PROGRAM: Final = "lvsha-ldirectord"
# A sibling's start waits for its first checks; its stop for a clean table.
_PATIENCE: Final = 60.0

Tell = Callable[[Event], None]


class Siblings:
    """The directors this one starts, reloads and stops with itself."""

    def __init__(self, tell: Tell) -> None:
        """Begin with none."""
        self._tell = tell
        self._running: tuple[str, ...] = ()

    async def follow(self, execute: Sequence[str]) -> None:
        """Have exactly *execute* running: stop, reload or start what it takes."""
        before, self._running = self._running, tuple(execute)
        for name in before:
            if name not in self._running:
                await self._do(name, "stop")
        for name in self._running:
            if name not in before or not await self._do(name, "reload"):
                await self._do(name, "start")

    async def _do(self, name: str, verb: str) -> bool:
        return await _done([_PROGRAM, *shlex.split(name), verb], self._tell)


async def callback(command: str, path: str, tell: Tell) -> None:
    """Run *command* with the *path* of the changed configuration, if it can run."""
    if os.access(command, os.X_OK):
        await _done([command, path], tell)


async def _done(argv: Sequence[str], tell: Tell) -> bool:
    ended = await children.run(argv, seconds=_PATIENCE)
    if not ended.succeeded:
        tell(CommandFailed(shlex.join(argv), str(ended)))
    return ended.succeeded
