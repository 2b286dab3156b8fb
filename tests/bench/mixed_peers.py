"""Real servers of every service in one process, of which each fifth says nothing.

``python -m tests.bench.mixed_peers DIRECTORY COUNT`` makes COUNT of each service on
loopback ports of their own, prints ``{service: [[well ports], [hanging ports]]}`` and
serves until it is ended.
"""

import asyncio
import json
import resource
import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests import certificates
from tests.checks_peers import Script
from tests.library_peers import (
    Directory,
    Mysql,
    Postgres,
    name_server,
    radius_server,
)

PAGE: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nstill alive"
HANGS: Final = 5  # one of so many

# What answers a datagram.
DATAGRAMS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "dns": name_server(["www.example.org. 60 IN A 192.0.2.1"]),
    "radius": radius_server(),
    "sip": lambda _: b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
}
SEALED: Final = frozenset({"https", "imaps", "ldaps", "pops"})


def lines(greeting: bytes, answer: Callable[[bytes], bytes]) -> Script:
    """Return a script of a protocol that talks in lines."""

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(greeting)
        while line := await reader.readline():
            if words := answer(line):
                writer.write(words)

    return script


def _http(line: bytes) -> bytes:
    return PAGE if line == b"\r\n" else b""


def _imap(line: bytes) -> bytes:
    return line.split()[0] + b" OK done\r\n"


def _pop(line: bytes) -> bytes:
    return b"-ERR no\r\n" if line.startswith(b"CAPA") else b"+OK\r\n"


def _ftp(line: bytes) -> bytes:
    return b"331 go on\r\n" if line.startswith(b"USER") else b"230 welcome\r\n"


def _redis(line: bytes) -> bytes:
    return b"+PONG\r\n" if b"PING" in line.upper() else b""


_WEB: Final = lines(b"", _http)
_IMAP: Final = lines(b"* OK ready\r\n", _imap)
_POP: Final = lines(b"+OK ready\r\n", _pop)
_SMTP: Final = lines(b"220 ready\r\n", lambda _: b"250 fine\r\n")
STREAMS: Final[dict[str, Script]] = {
    "ftp": lines(b"220 ready\r\n", _ftp),
    "http": _WEB,
    "https": _WEB,
    "http_proxy": _WEB,
    "imap": _IMAP,
    "imaps": _IMAP,
    "ldap": Directory().script,
    "ldaps": Directory().script,
    "mysql": Mysql().script,
    "nntp": lines(b"200 ready\r\n", lambda _: b"205 bye\r\n"),
    "pgsql": Postgres().script,
    "pop": _POP,
    "pops": _POP,
    "redis": lines(b"", _redis),
    "simpletcp": lines(b"", lambda _: b"still alive\n"),
    "smtp": _SMTP,
    "submission": _SMTP,
}


def certificate(directory: Path) -> ssl.SSLContext:
    """Return a context with a new certificate nobody vouches for."""
    return certificates.presenting(certificates.certificate(directory))


async def stream(script: Script, tls: ssl.SSLContext | None) -> int:
    """Serve *script*; return the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await script(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port: int = server.sockets[0].getsockname()[1]
    KEPT.append(server)
    return port


def datagrams(answer: Callable[[bytes], bytes]) -> int:
    """Answer datagrams; return the port."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(0)

    def hear() -> None:
        with suppress(OSError):
            words, sender = sock.recvfrom(65536)
            sock.sendto(answer(words), sender)

    asyncio.get_running_loop().add_reader(sock, hear)
    port: int = sock.getsockname()[1]
    KEPT.append(sock)
    return port


def hanging(kind: socket.SocketKind) -> int:
    """Take what comes and say nothing; return the port."""
    sock = socket.socket(socket.AF_INET, kind)
    sock.bind(("127.0.0.1", 0))
    if kind is socket.SOCK_STREAM:
        sock.listen(128)
        HUNG.append(sock)
    port: int = sock.getsockname()[1]
    KEPT.append(sock)
    return port


KEPT: Final[list[object]] = []
HUNG: Final[list[socket.socket]] = []


async def main() -> None:
    """Serve for ever."""
    directory, count = Path(sys.argv[1]), int(sys.argv[2])
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    tls = certificate(directory)
    told: dict[str, tuple[list[int], list[int]]] = {}
    for service in (*STREAMS, *DATAGRAMS):
        well, hung = told.setdefault(service, ([], []))
        for number in range(count):
            if number % HANGS == 0:
                stream_ = service in STREAMS
                kind = socket.SOCK_STREAM if stream_ else socket.SOCK_DGRAM
                hung.append(hanging(kind))
            elif service in STREAMS:
                sealed = tls if service in SEALED else None
                well.append(await stream(STREAMS[service], sealed))
            else:
                well.append(datagrams(DATAGRAMS[service]))
    print(json.dumps(told), flush=True)
    loop = asyncio.get_running_loop()
    for sock in HUNG:
        sock.settimeout(0)
        loop.add_reader(sock, hold, sock)
    await asyncio.Event().wait()


def hold(sock: socket.socket) -> None:
    """Accept a connection and hear it out in silence."""
    caller, _ = sock.accept()
    caller.settimeout(0)
    loop = asyncio.get_running_loop()

    def hear() -> None:
        try:
            over = not caller.recv(65536)
        except OSError:
            over = True
        if over:
            loop.remove_reader(caller)
            caller.close()

    loop.add_reader(caller, hear)


if __name__ == "__main__":
    asyncio.run(main())
