"""Real servers that do as they are told, in any number of network namespaces.

All of them live in one thread. Each answers HTTP, a line of text or a datagram on
one address and port; told to be down, it is not there and connections are refused.
"""

import asyncio
import enum
import socket
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Final, TypeAlias, TypeVar, cast

_REQUEST_SECONDS: Final = 60.0
_SECONDS: Final = 20.0

Value = TypeVar("Value")
Closing: TypeAlias = Callable[[], Coroutine[None, None, None]]


class Mood(enum.Enum):
    """How a real server answers."""

    UP = "still alive"
    WRONG = "not what you wanted"
    ERROR = "out of order"
    BARE = "no status line"
    # What agents say.
    HALF = "50%"
    DRAIN = "drain"
    READY = "ready"
    DOWN = ""


class Server:
    """One real server: a socket bound in its namespace, and what it says."""

    def __init__(self, bind: Callable[[], socket.socket], town: "Town") -> None:
        """Be down. *bind* returns the socket, each time it comes up."""
        self.mood = Mood.DOWN
        self._bind = bind
        self._town = town
        self._close: Closing | None = None

    def become(self, mood: Mood) -> None:
        """Answer like *mood* from now on."""
        self.mood = mood
        if mood is Mood.DOWN and self._close is not None:
            self._town.run(self._close())
            self._close = None
        elif mood is not Mood.DOWN and self._close is None:
            sock = self._bind()
            serve = self._datagrams if sock.type == socket.SOCK_DGRAM else self._serve
            self._close = self._town.run(serve(sock))

    async def _serve(self, sock: socket.socket) -> Closing:
        server = await asyncio.start_server(self._answer, sock=sock)
        return partial(_stop_listening, server, sock)

    async def _datagrams(self, sock: socket.socket) -> Closing:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            partial(_Datagrams, self), sock=sock
        )
        return partial(_let_go, transport.close)

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            async with asyncio.timeout(_REQUEST_SECONDS):
                asked = await reader.readline()
                while b"HTTP/" in asked and (await reader.readline()).strip():
                    pass  # the headers: nothing of theirs matters here
                writer.write(self._words(asked))
                await writer.drain()
        except (TimeoutError, ConnectionError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def _words(self, asked: bytes) -> bytes:
        if not asked:
            return b""
        if b"HTTP/" not in asked or self.mood is Mood.BARE:
            return b"+OK " + self.mood.value.encode() + b"\n"
        method, path, _ = asked.split(maxsplit=2)
        body = b"%s is %s\n" % (path, self.mood.value.encode())
        status = b"500 Broken" if self.mood is Mood.ERROR else b"200 OK"
        head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        return head % (status, len(body)) + (b"" if method == b"HEAD" else body)


class _Datagrams(asyncio.DatagramProtocol):
    """Answers each datagram with what the server says."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # What asyncio makes here is no DatagramTransport by its class.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:  # noqa: ARG002
        said = self._server.mood.value.encode()
        self._transport.sendto(b"+OK " + said + b"\n", addr)


class Town:
    """The thread in which real servers live."""

    def __init__(self) -> None:
        """Start it."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[None, None, Value]) -> Value:
        """Have *work* done there and return what comes of it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_SECONDS)

    def close(self) -> None:
        """End the thread; whatever still runs there is cut off."""
        self.run(_cancelled())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_SECONDS)
        self._loop.close()


async def _stop_listening(server: asyncio.Server, sock: socket.socket) -> None:
    # A connection accepted in this very turn joins the server in the next one, and
    # a server closed by then would leave it open and owned by nobody.
    asyncio.get_running_loop().remove_reader(sock)
    await asyncio.sleep(0)
    await _let_go(server.close)


async def _let_go(close: Callable[[], None]) -> None:
    close()
    # The loop lets go of the socket in its next turn.
    await asyncio.sleep(0)


async def _cancelled() -> None:
    here = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() if task is not here]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
