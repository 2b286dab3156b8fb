"""Real servers of our own for the checks' tests: scripted, on loopback."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from ipaddress import ip_address

from lvsha.checks.dialogue import Call, Dialogue, Satisfied, Word
from lvsha.checks.prober import Prober
from lvsha.identity import Protocol
from lvsha.model import Check, CheckType, Verdict

# Where a hang is the subject, this is how long we wait for it.
SOON = 0.1

# No test waits for this: something would be wrong.
AGES = 20.0

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

BASE = Check(
    CheckType.NEGOTIATE,
    "http",
    Protocol.TCP,
    ip_address("127.0.0.1"),
    0,
    checktimeout=AGES,
    negotiatetimeout=AGES,
    request="/",
)


def http_check(port: int = 80, **settings: object) -> Check:
    """Return an HTTP check of 127.0.0.1, with its URL."""
    check = replace(BASE, port=port, **settings)  # type: ignore[arg-type]
    if check.url:
        return check
    scheme = "https" if check.service == "https" else "http"
    host = f"[{check.address}]" if check.address.version == 6 else check.address
    request = check.request.removeprefix("/")
    return replace(check, url=f"{scheme}://{host}:{port}/{request}")


def rehearse(
    dialogue: Dialogue, heard: Sequence[bytes | Exception]
) -> tuple[list[Word], Satisfied]:
    """Hold *dialogue* without a socket: return what it yields, and its end.

    An exception among what is *heard* is thrown in; after the last, the peer
    hangs up.
    """
    said: list[Word] = [next(dialogue)]
    try:
        said.append(dialogue.send(b""))
        for words in heard:
            if isinstance(words, Exception):
                dialogue.throw(words)
            word = dialogue.send(words) if isinstance(words, bytes) else b""
            if isinstance(word, Call):
                said.append(word)
                word = dialogue.send(b"")
            if word:
                said.append(word)
        dialogue.send(b"")
    except StopIteration as satisfied:
        return said, satisfied.value
    raise AssertionError("the dialogue went on after the end")


async def verdict(check: Check) -> Verdict:
    """Return the verdict a prober of its own gives on *check*."""
    prober = Prober()
    try:
        return await heard(prober, check)
    finally:
        prober.close()


async def heard(prober: Prober, check: Check) -> Verdict:
    """Return the verdict *prober* gives on *check*."""
    future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
    prober.start(check, future.set_result)
    return await asyncio.wait_for(future, AGES)


@asynccontextmanager
async def serving(
    script: Script, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Serve every connection by *script*; gives the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await script(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the check had heard enough
        finally:
            writer.close()

    server = await asyncio.start_server(serve, host, 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def datagrams(
    answer: Callable[[bytes], bytes], *strays: bytes, port: int = 0
) -> AsyncIterator[int]:
    """Say *strays* and the *answer* to each datagram, nothing if empty; gives the port.

    An empty stray is an empty datagram.
    """
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", port))
        sock.settimeout(0)

        def hear() -> None:
            asked, sender = sock.recvfrom(4096)
            for words in strays:
                sock.sendto(words, sender)
            if words := answer(asked):
                sock.sendto(words, sender)

        loop.add_reader(sock, hear)
        try:
            yield sock.getsockname()[1]
        finally:
            loop.remove_reader(sock)


def answering(*words: bytes, until: bytes = b"\r\n\r\n") -> Script:
    """Return a script that waits for *until*, answers *words*, and hangs up."""

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if until:
            await reader.readuntil(until)
        for piece in words:
            writer.write(piece)
            await writer.drain()

    return script


def stalling(words: bytes, until: bytes = b"\r\n\r\n") -> Script:
    """Return a script that answers *words* and then neither speaks nor hangs up."""

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await answering(words, until=until)(reader, writer)
        await reader.read()

    return script


@contextmanager
def silent() -> Iterator[int]:
    """Accept connections and say nothing; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextmanager
def black_hole() -> Iterator[int]:
    """Answer no attempt to connect: the accept queue is full; gives the port."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        callers = [socket.socket() for _ in range(4)]
        for caller in callers:
            caller.settimeout(0)
            caller.connect_ex(address)
        try:
            yield address[1]
        finally:
            for caller in callers:
                caller.close()


def refusing() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Site:
    """An FTP server with one file, or none, which *ends* or does not."""

    def __init__(
        self, file: bytes | None, *, ends: bool = True, knows: bool = True
    ) -> None:
        """Let everybody in, unless it *knows* nobody."""
        self.file = file
        self.ends = ends
        self.knows = knows
        self.asked: list[bytes] = []

    async def control(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        server = await asyncio.start_server(self.data, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        answers = {
            b"USER": b"331 who\r\n",
            b"PASS": b"230 you\r\n" if self.knows else b"530 not you\r\n",
            b"PASV": f"227 (127,0,0,1,{port >> 8},{port & 255})\r\n".encode(),
            b"RETR": b"150 now\r\n" + b"226 done\r\n" * self.ends,
        }
        if self.file is None:
            answers[b"RETR"] = b"550 what\r\n"
        async with server:
            writer.write(b"220-hello\r\n220 there\r\n")
            while asked := await reader.readline():
                self.asked.append(asked)
                writer.write(answers.get(asked[:4], b"200 well\r\n"))

    async def data(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            writer.write(self.file or b"")
            await writer.drain()
            if not self.ends:
                await reader.read()
        except ConnectionError:
            pass  # the check had heard enough
        finally:
            writer.close()
