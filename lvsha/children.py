"""Running the operator's commands: argument lists, a deadline, nobody left behind.

There is no shell here. Checks run their external commands elsewhere
(:mod:`lvsha.checks`): those are a thousand times more frequent.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

# How much of what a command says is kept; the rest is read and thrown away.
OUTPUT_LIMIT: Final = 4096

# What a shell reports for a command it cannot start.
NOT_STARTED: Final = 127


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    Exactly one of *status*, *signal* and *timed_out* tells; *output* is the
    beginning of what it wrote on standard output and error together.
    """

    status: int | None = None
    signal: int | None = None
    timed_out: bool = False
    output: str = ""

    @property
    def succeeded(self) -> bool:
        """Tell whether it exited with status 0."""
        return self.status == 0

    def __str__(self) -> str:
        """Say it as a log line's reason does."""
        if self.timed_out:
            how = "timed out and was killed"
        elif self.signal is not None:
            how = f"killed by {_signal_name(self.signal)}"
        else:
            how = f"exit status {self.status}"
        said = " ".join(self.output.split())
        return f"{how} ({said[:200]})" if said else how


async def run(
    argv: Sequence[str],
    *,
    seconds: float,
    environment: Mapping[str, str] | None = None,
) -> Ended:
    """Run *argv* and return how it ended, within *seconds* and a moment.

    It gets its own session, ``/`` to work in and nothing to read. When time
    is up, or the caller is cancelled, its whole process group is killed and
    it is reaped. A command that cannot be started ends with status 127, as
    under a shell. A process it leaves in the background must redirect its
    output: nobody reads it any longer once the command itself has ended.
    """
    try:
        readable, writable = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        return Ended(NOT_STARTED, output=f"cannot start {argv[0]!r}: {error}")
    os.set_blocking(writable, True)
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=writable,
            stderr=writable,
            cwd="/",
            env=environment,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        os.close(readable)
        return Ended(NOT_STARTED, output=f"cannot start {argv[0]!r}: {error}")
    finally:
        os.close(writable)

    loop = asyncio.get_running_loop()
    head = bytearray()
    listen = _listener(readable, head, loop)
    loop.add_reader(readable, listen)
    timed_out = False
    try:
        async with asyncio.timeout(seconds):
            await process.wait()
    except TimeoutError:
        timed_out = True
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await asyncio.shield(process.wait())
        loop.remove_reader(readable)
        listen()
        os.close(readable)
    output = head.decode(errors="replace")
    status = process.returncode
    if timed_out:
        return Ended(timed_out=True, output=output)
    if status is not None and status < 0:
        return Ended(signal=-status, output=output)
    return Ended(status, output=output)


def _listener(
    readable: int, head: bytearray, loop: asyncio.AbstractEventLoop
) -> Callable[[], None]:
    def listen() -> None:
        try:
            said = os.read(readable, 65536)
        except BlockingIOError:
            return
        if not said:
            loop.remove_reader(readable)
        head.extend(said[: max(0, OUTPUT_LIMIT - len(head))])

    return listen


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
