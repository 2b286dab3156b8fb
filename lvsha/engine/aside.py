"""Work that may hang for as long as a name server likes, beside the loop."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

Result = TypeVar("Result")


async def aside(call: Callable[[], Result]) -> Result:
    """Return what *call* returns, run in a thread that nobody waits for at the end.

    :func:`asyncio.to_thread` would hold up the end of the director.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def deliver(report: Callable[[], None]) -> None:
        if not done.done():
            report()

    def work() -> None:
        try:
            report = partial(done.set_result, call())
        except BaseException as error:  # noqa: BLE001 - the top of a thread
            report = partial(done.set_exception, error)
        # The loop may be closed: then nobody wants to know.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(deliver, report)

    threading.Thread(target=work, name="lvsha-aside", daemon=True).start()
    return await done
