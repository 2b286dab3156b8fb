"""Running fallbackcommands: in order for each virtual service, never waited for.

A command that hangs delays the next one of its own virtual service only.
"""

import asyncio
import collections
import shlex
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from lvsha.children import Ended, run
from lvsha.identity import ServiceKey

DEADLINE: Final = 60.0

# Commands at a time, and waiting for one virtual service.
AT_ONCE: Final = 8
WAITING_LIMIT: Final = 16

Run = Callable[[Sequence[str]], Awaitable[Ended]]


async def run_within_deadline(argv: Sequence[str]) -> Ended:
    """Run *argv* as :func:`lvsha.children.run`, for a minute at most."""
    return await run(argv, seconds=DEADLINE)


class Commands:
    """A queue of commands a virtual service; needs a running event loop."""

    def __init__(
        self,
        failed: Callable[[str, str], None],
        run: Run = run_within_deadline,
    ) -> None:
        """Tell *failed* of every command that did not succeed, and why."""
        self._failed = failed
        self._run = run
        self._waiting: dict[ServiceKey, collections.deque[tuple[str, ...]]] = {}
        self._workers: dict[ServiceKey, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    def start(self, key: ServiceKey, command: str, arguments: Sequence[str]) -> None:
        """Queue *command*, split as a shell would, with *arguments* behind it."""
        try:
            argv = (*shlex.split(command), *arguments)
        except ValueError as error:
            self._failed(command, f"cannot be split into words: {error}")
            return
        if len(argv) == len(arguments):
            self._failed(command, "no word in it")
            return
        waiting = self._waiting.setdefault(key, collections.deque())
        if len(waiting) >= WAITING_LIMIT:
            self._failed(shlex.join(waiting.popleft()), "too many are waiting")
        waiting.append(argv)
        if key not in self._workers:
            name = f"fallbackcommand {key}"
            self._workers[key] = asyncio.create_task(self._work(key), name=name)

    async def close(self, seconds: float) -> None:
        """Finish what waits, for *seconds* at most; then kill what still runs."""
        workers = list(self._workers.values())
        if not workers:
            return
        _, late = await asyncio.wait(workers, timeout=seconds)
        for worker in late:
            worker.cancel()
        if late:
            await asyncio.wait(late)
        for waiting in self._waiting.values():
            for argv in waiting:
                self._failed(shlex.join(argv), "the director stopped before it ran")
        self._waiting.clear()

    async def _work(self, key: ServiceKey) -> None:
        waiting = self._waiting[key]
        try:
            while waiting:
                async with self._room:
                    argv = waiting.popleft()
                    try:
                        ended = await self._run(argv)
                    except asyncio.CancelledError:
                        self._failed(shlex.join(argv), "killed, the director stopped")
                        raise
                if not ended.succeeded:
                    self._failed(shlex.join(argv), str(ended))
        finally:
            # No await since the queue was seen empty: nothing can be lost.
            del self._workers[key]
            if not waiting:
                del self._waiting[key]
