"""What moves the checks on: an epoll instance of our own, and their deadlines.

The epoll instance is a descriptor asyncio's own selector watches, so a turn of
the loop moves many checks on (``docs/decisions/nested-epoll.md``). Effects.
"""

import asyncio
import select
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Final

# Sockets moved on, and checks begun, in one go before the loop gets its turn.
BATCH: Final = 64
BATCHES: Final = 4

# A timer this much early is on time: asyncio rounds to its clock's resolution.
_SLACK: Final = 0.001

Expiry = Callable[[], None]
Watcher = Callable[[int], None]


class Pump:
    """Calls back when a descriptor is ready or a deadline over, within one loop."""

    def __init__(self) -> None:
        """Attach to the running loop."""
        self._loop = asyncio.get_running_loop()
        self._epoll = select.epoll()
        self._watchers: dict[int, Watcher] = {}
        # By length, because those of one length fall due in the order they began.
        self._deadlines: dict[float, OrderedDict[Expiry, float]] = {}
        self._turning = False
        self._after: list[Callable[[], None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._loop.add_reader(self._epoll.fileno(), self._turn)

    def watch(self, fd: int, events: int, watcher: Watcher) -> None:
        """Tell *watcher* what happens to *fd*; add EPOLLET to be told of edges."""
        self._epoll.register(fd, events)
        self._watchers[fd] = watcher

    def rewatch(self, fd: int, events: int) -> None:
        """Wait for other *events* of a watched *fd*, those due now included."""
        self._epoll.modify(fd, events)

    def hand_over(self, fd: int, watcher: Watcher) -> None:
        """Tell *watcher* from now on what happens to a watched *fd*."""
        self._watchers[fd] = watcher

    def unwatch(self, fd: int) -> None:
        """Forget *fd*, which is about to be closed: that takes it off epoll."""
        self._watchers.pop(fd, None)

    def expect(self, seconds: float, expiry: Expiry) -> None:
        """Call *expiry*, equal to no other, in *seconds* unless it is relieved."""
        line = self._deadlines.get(seconds)
        if line is None:
            line = self._deadlines[seconds] = OrderedDict()
        due = monotonic() + seconds
        line[expiry] = due
        if self._timer is None or due < self._timer.when():
            self._arm(due)

    def relieve(self, seconds: float, expiry: Expiry) -> None:
        """Forget the deadline *expiry* of this many *seconds*, if there is one."""
        line = self._deadlines.get(seconds)
        if line is not None:
            line.pop(expiry, None)

    def soon(self, call: Callable[[], None]) -> None:
        """Call *call* from the loop, when the present batch is over."""
        if self._turning:
            self._after.append(call)
        else:
            self._loop.call_soon(call)

    def soon_threadsafe(self, call: Callable[[], None]) -> None:
        """Call *call* from the loop, asked for by another thread."""
        try:
            self._loop.call_soon_threadsafe(call)
        except RuntimeError:
            return  # the loop is closed, and nobody waits for the answer any more

    def close(self) -> None:
        """Watch nothing any more and expect nothing."""
        if self._timer is not None:
            self._timer.cancel()
        self._deadlines.clear()
        self._watchers.clear()
        if not self._epoll.closed:
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()

    def _turn(self) -> None:
        """Move a few batches on; what is left keeps our descriptor readable.

        A watcher may close descriptors but opens none under a number that is
        still in this batch: sockets are made by calls of their own (`soon`).
        """
        watchers = self._watchers
        poll = self._epoll.poll
        self._turning = True
        try:
            for _ in range(BATCHES):
                ready = poll(0, BATCH)
                if not ready:
                    break
                for fd, events in ready:
                    watcher = watchers.get(fd)
                    if watcher is not None:
                        watcher(events)
                if self._after:
                    after, self._after = self._after, []
                    for call in after:
                        call()
        finally:
            self._turning = False
            for call in self._after:
                self._loop.call_soon(call)
            self._after.clear()

    def _arm(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._expire)

    def _expire(self) -> None:
        """Call everything that is due, then wait for what is due next."""
        self._timer = None
        now = monotonic() + _SLACK
        for seconds, line in list(self._deadlines.items()):
            while line:
                expiry, due = next(iter(line.items()))
                if due > now:
                    break
                del line[expiry]
                expiry()
            if not line:
                self._deadlines.pop(seconds, None)
        soonest = min(
            (next(iter(line.values())) for line in self._deadlines.values() if line),
            default=None,
        )
        # What expired may have expected something later: that is not the soonest.
        if soonest is not None:
            self._arm(soonest)
