"""Runs checks side by side, each by its own deadline. Effects."""

import socket
from collections import deque
from collections.abc import Callable
from typing import Final

from lvsha.checks import COROUTINES, PROGRAMS, SERVICES, unsupported
from lvsha.checks.descriptors import descriptors
from lvsha.checks.dialogue import CheckFailed, Dialogue, Satisfied, connect
from lvsha.checks.external import CHILDREN, Children, unheard
from lvsha.checks.inquiry import Inquiry
from lvsha.checks.ping import Line, Ping
from lvsha.checks.pump import BATCH, Pump
from lvsha.checks.resolver import Resolver
from lvsha.checks.slowness import in_time
from lvsha.checks.talk import Exchange, Talk
from lvsha.identity import Protocol
from lvsha.model import Check, CheckType, Verdict

Done = Callable[[Verdict], None]
Cancel = Callable[[], None]

# Descriptors left to everybody else in the process: one a program, and 128.
_SPARE: Final = CHILDREN + 128


class Prober:
    """Runs checks side by side, each with its own deadline.

    Of more than *limit* the rest waits; a deadline starts when its check does.
    """

    def __init__(
        self, *, limit: int = 4096, complain: Callable[[str], None] = unheard
    ) -> None:
        """Attach to the running loop, and allow this process *limit* sockets.

        *complain* is told what of ours keeps checks waiting.
        """
        self._limit = max(1, min(limit, descriptors(limit + _SPARE) - _SPARE))
        self._pump = Pump()
        self._exchange = Exchange(self._pump, Resolver(self._pump), self._ended)
        self._lines = {
            version: Line(version, self._pump, socket.socket) for version in (4, 6)
        }
        self._children = Children(self._pump, complain=complain)
        self._waiting: deque[Talk | Inquiry] = deque()
        self._running: set[Talk | Inquiry] = set()
        self._launching = False

    def start(self, check: Check, done: Done) -> Cancel:
        """Run *check* and call *done* with the verdict, once, from the loop.

        Never before this returns, and not at all if what is returned is called
        first.
        """
        if check.slowest:
            done = in_time(check.slowest, done)
        kind = check.kind
        seconds = check.negotiatetimeout
        if kind is CheckType.NEGOTIATE:
            if why := unsupported(check):
                dialogue = _answered(why)
            elif check.service in SERVICES:
                dialogue = SERVICES[check.service](check)
            elif check.service in COROUTINES:
                ask = COROUTINES[check.service]
                return self._enlist(Inquiry(ask, check, self._pump, self._ended, done))
            elif check.service in PROGRAMS:
                return self._children.start(check, done).cancel
            else:
                dialogue = _answered("")
        elif kind is CheckType.EXTERNAL or kind is CheckType.EXTERNAL_PERL:
            return self._children.start(check, done).cancel
        elif kind is CheckType.PING or check.transport is Protocol.UDP:
            return self._ping(check, done)
        else:
            seconds = check.checktimeout
            dialogue = connect(check)
        return self._enlist(Talk(self._exchange, dialogue, seconds, check, done))

    def close(self) -> None:
        """Cancel everything; no verdict is given any more."""
        self._waiting.clear()
        for run in list(self._running):
            run.cancel()
        for line in self._lines.values():
            line.close()
        self._children.close()
        self._exchange.resolver.close()
        self._pump.close()

    def _ping(self, check: Check, done: Done) -> Cancel:
        """Ping *check*'s real server; all pings of a family share a socket."""
        line = self._lines[check.address.version]
        ping = Ping(check, self._pump, line, done)
        self._pump.soon(ping.attempt)
        return ping.cancel

    def _enlist(self, run: Talk | Inquiry) -> Cancel:
        """Begin *run* when there is room; return what cancels it."""
        self._waiting.append(run)
        if not self._launching:
            self._hurry()
        return run.cancel

    def _hurry(self) -> None:
        if not self._launching and self._waiting and len(self._running) < self._limit:
            self._launching = True
            self._pump.soon(self._launch)

    def _launch(self) -> None:
        """Begin a batch of those that wait, as far as there is room."""
        self._launching = False
        for _ in range(
            min(BATCH, len(self._waiting), self._limit - len(self._running))
        ):
            run = self._waiting.popleft()
            if not run.over:
                self._running.add(run)
                run.begin()
        self._hurry()

    def _ended(self, run: Talk | Inquiry) -> None:
        self._running.discard(run)
        if self._waiting:
            self._hurry()


def _answered(why: str) -> Dialogue:
    """Say without asking anybody that all is well, or *why* not."""
    if why:
        raise CheckFailed(why)
    yield from ()
    return Satisfied()
