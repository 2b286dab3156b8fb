"""Real servers that fail in every way a daemon might, on an address and port.

All of one session live in one thread. What hangs half-way is the daemon itself, heard
through a relay that stops passing on.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar, cast

from tests.services.rows import FAULTS, Outcome, Row

_SECONDS: Final = 30.0
_PIECE: Final = 65536
_NOISE: Final = bytes(range(1, 256)) * 4 + b"\r\n\r\n"
_FLOOD: Final = b"x" * (1 << 20)
_DATAGRAM: Final = b"x" * 60_000

_Reader = asyncio.StreamReader
_Writer = asyncio.StreamWriter
_Closing = Callable[[], None]
_Script = Callable[[_Reader, _Writer], Awaitable[None]]
Value = TypeVar("Value")


class Saboteurs:
    """The thread in which faulty servers live."""

    def __init__(self) -> None:
        """Start it."""
        self._loop = asyncio.new_event_loop()
        self._servers: list[_Closing] = []
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def spoil(self, row: Row, spots: dict[Outcome, str]) -> None:
        """Have the faults of *row* happen at their addresses."""
        for outcome, host in spots.items():
            if outcome in FAULTS and outcome in row.cells:
                self._servers += self._run(_started(outcome, row, host))

    def close(self) -> None:
        """End the thread; what still runs there is cut off."""
        self._run(_closed(self._servers))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_SECONDS)
        self._loop.close()

    def _run(self, work: Coroutine[None, None, Value]) -> Value:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_SECONDS)


async def _started(outcome: Outcome, row: Row, host: str) -> list[_Closing]:
    """Start the server for *outcome*; return what ends it."""
    if outcome is Outcome.REFUSED:
        return []
    loop = asyncio.get_running_loop()
    if row.udp:
        transport, _ = await loop.create_datagram_endpoint(
            partial(_Datagrams, outcome), local_addr=(host, row.port)
        )
        return [transport.close]
    scripts: Mapping[Outcome, _Script] = {
        Outcome.SILENT: _silent,
        Outcome.HALFWAY: partial(_halfway, row),
        Outcome.GARBAGE: partial(_says, _NOISE),
        Outcome.FLOOD: partial(_says, _FLOOD),
        Outcome.RESET: _reset,
    }
    serve = partial(_served, scripts[outcome])
    return [(await asyncio.start_server(serve, host, row.port)).close]


async def _served(
    serve: _Script,
    reader: _Reader,
    writer: _Writer,
) -> None:
    try:
        await serve(reader, writer)
    except ConnectionError:
        pass  # the check has heard enough
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _silent(reader: _Reader, _writer: _Writer) -> None:
    while await reader.read(_PIECE):
        pass


async def _says(words: bytes, reader: _Reader, writer: _Writer) -> None:
    """Say *words* at once, as one who greets would, and listen from then on."""
    writer.write(words)
    await writer.drain()
    await _silent(reader, writer)


async def _reset(reader: _Reader, writer: _Writer) -> None:
    """Reset the connection once the peer speaks, or after a moment."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0.2):
            await reader.read(1)
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def _halfway(row: Row, reader: _Reader, writer: _Writer) -> None:
    """Pass on what the daemon of *row* says until it has said enough."""
    host, _, port = row.own.rpartition(":")
    theirs, to_them = await asyncio.open_connection(host, int(port))

    async def passing() -> None:
        while heard := await reader.read(_PIECE):
            to_them.write(heard)
            await to_them.drain()

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(passing())
            left = row.middle
            while heard := await theirs.read(left or _PIECE):
                writer.write(heard)
                await writer.drain()
                left -= len(heard)
                if left <= 0:
                    break
    except* ConnectionError:
        pass
    finally:
        to_them.close()


class _Datagrams(asyncio.DatagramProtocol):
    """Answers each datagram as *outcome* has it."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # What asyncio makes here is no DatagramTransport by its class.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:  # noqa: ARG002
        if self._outcome is Outcome.GARBAGE:
            self._transport.sendto(_NOISE, addr)
        elif self._outcome is Outcome.FLOOD:
            self._transport.sendto(_DATAGRAM, addr)


async def _closed(servers: list[_Closing]) -> None:
    for close in servers:
        close()
    here = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() if task is not here]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # The loop lets go of the sockets in its next turn.
    await asyncio.sleep(0)
