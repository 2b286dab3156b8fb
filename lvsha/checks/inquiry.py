"""A check that a library holds by itself: a task, its deadline and its verdict.

The deadline is ours. It is kept whatever the library does, and so is the rule
that no secret stands in a message.
"""

import asyncio
from collections.abc import Callable
from time import monotonic

from lvsha.checks.dial import reason_of
from lvsha.checks.dialogue import CheckFailed
from lvsha.checks.extras import Coroutine
from lvsha.checks.pump import Pump
from lvsha.masking import concealing
from lvsha.model import Check, Verdict


class Inquiry:
    """One check of a server by a library."""

    __slots__ = ("_ask", "_began", "_check", "_done", "_ended", "_pump", "_task")

    def __init__(
        self,
        ask: Coroutine,
        check: Check,
        pump: Pump,
        ended: Callable[["Inquiry"], None],
        done: Callable[[Verdict], None],
    ) -> None:
        """Prepare to *ask* about *check*; nothing happens yet."""
        self._ask = ask
        self._check = check
        self._pump = pump
        self._ended = ended
        self._done: Callable[[Verdict], None] | None = done
        self._task: asyncio.Task[None] | None = None

    @property
    def over(self) -> bool:
        """Tell whether there is a verdict, or nobody wants one any more."""
        return self._done is None

    def begin(self) -> None:
        """Begin to ask; the deadline starts now."""
        self._began = monotonic()
        self._pump.expect(self._check.negotiatetimeout, self._late)
        self._task = asyncio.get_running_loop().create_task(self._run())

    def cancel(self) -> None:
        """Ask no more and give no verdict, if none was given yet."""
        if self._done is not None:
            self._done = None
            self._stop()

    def _late(self) -> None:
        self._say(f"no answer within {self._check.negotiatetimeout:g} s")
        self._stop()

    def _stop(self) -> None:
        self._pump.relieve(self._check.negotiatetimeout, self._late)
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        """Ask, and say how that went; the library may raise what it likes.

        A server that talks nonsense makes a library stumble in its own way: that
        is news of the server. Who it was is told by the kind of the exception.
        """
        try:
            satisfied = await self._ask(self._check)
        except CheckFailed as failed:
            self._say(str(failed))
        except OSError as reason:
            why = reason_of(reason.errno) if reason.errno else "connection lost"
            self._say(f"connect: {why}")
        except Exception as error:  # noqa: BLE001 - the top of a task
            self._say(f"no sensible answer ({type(error).__name__})")
        else:
            self._say(satisfied.detail, passed=True)
        finally:
            self._pump.relieve(self._check.negotiatetimeout, self._late)
            self._ended(self)

    def _say(self, detail: str, *, passed: bool = False) -> None:
        done, self._done = self._done, None
        if done is not None:
            if conceal := concealing(self._check):
                detail = conceal(detail)
            done(Verdict(passed, detail, monotonic() - self._began))
