"""Other programs of the operator's: ``execute`` siblings and the ``callback``."""

import asyncio
import os
import shlex
from collections.abc import Callable, Sequence
from typing import Final

from lvsha import children
from lvsha.events import CommandFailed, Event

_PROGRAM: Final = "lvsha-ldirectord"
# A sibling's start waits for its first checks; its stop for a clean table. Who
# waits for our own end loses patience after 60 s.
_PATIENCE: Final = 60.0
_STOP_PATIENCE: Final = 40.0

Tell = Callable[[Event], None]


class Siblings:
    """The directors this one starts, reloads and stops with itself."""

    def __init__(self, tell: Tell) -> None:
        """Begin with none."""
        self._tell = tell
        self._running: list[str] = []
        self._turn = asyncio.Lock()
        self._work: asyncio.Task[None] | None = None
        self._closed = False

    async def follow(self, execute: Sequence[str]) -> None:
        """Have exactly *execute* running: stop, reload or start what it takes."""
        async with self._turn:
            if self._closed:
                return
            self._work = asyncio.create_task(self._change(execute))
            await asyncio.wait([self._work])
            if not self._work.cancelled():
                self._work.result()

    async def close(self) -> None:
        """Stop all of them side by side, and start none any more."""
        self._closed = True
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait([self._work])
        leaving, self._running = self._running, []
        await asyncio.gather(*(self._do(name, "stop") for name in leaving))

    async def _change(self, execute: Sequence[str]) -> None:
        for name in [name for name in self._running if name not in execute]:
            await self._do(name, "stop")
            self._running.remove(name)
        for name in execute:
            if name not in self._running:
                self._running.append(name)
            elif await self._do(name, "reload"):
                continue
            await self._do(name, "start")

    async def _do(self, name: str, verb: str) -> bool:
        try:
            words = shlex.split(name)
        except ValueError as error:
            self._tell(CommandFailed(name, f"cannot be split into words: {error}"))
            return False
        seconds = _STOP_PATIENCE if verb == "stop" else _PATIENCE
        return await _done([_PROGRAM, *words, verb], seconds, self._tell)


async def callback(command: str, path: str, tell: Tell) -> None:
    """Run *command* with the *path* of the changed configuration, if it can run."""
    if os.access(command, os.X_OK):
        await _done([command, path], _PATIENCE, tell)


async def _done(argv: Sequence[str], seconds: float, tell: Tell) -> bool:
    ended = await children.run(argv, seconds=seconds)
    if not ended.succeeded:
        tell(CommandFailed(shlex.join(argv), str(ended)))
    return ended.succeeded
