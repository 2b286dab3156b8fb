"""Clients of more kinds: datagrams, a persistent service, large downloads.

``loads.py HOST UDP PERSISTENT WEB OWN`` asks from its own ports from OWN on. Each line
of output is a JSON object with ``load``; a question has ``at``, ``took``, ``said`` and
``error``, a piece of a download ``at`` and ``got``. A line on standard input ends it:
each download must get one more piece, and ``{"kept": [survived, of], "why": {reason:
count}}`` follows.
"""

import asyncio
import itertools
import json
import socket
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator

_DATAGRAMS = 5.0  # a second
_VISITS = 2.0
_DOWNLOADS = 4
_PIECE = 65536
_TIMEOUT = 3.0
_PATIENCE = 30.0  # TCP asks again ever more slowly: this long after 15 s of silence
_HEAD = "GET {page} HTTP/1.0\r\nHost: drill\r\n\r\n"

Ask = Callable[[], Awaitable[str]]


def tell(load: str, **words: object) -> None:
    """Print one line."""
    sys.stdout.write(json.dumps({"load": load, **words}) + "\n")
    sys.stdout.flush()


async def connected(kind: int, where: tuple[str, int], own: int) -> socket.socket:
    """Return a socket of *kind*, bound to the port *own*, that talks to *where*."""
    one = socket.socket(socket.AF_INET, kind)
    try:
        one.setblocking(False)  # noqa: FBT003 - its only way
        one.bind(("", own))
        await asyncio.get_running_loop().sock_connect(one, where)
    except BaseException:
        one.close()
        raise
    return one


async def datagram(where: tuple[str, int], ports: Iterator[int]) -> str:
    """Return the answer to a datagram."""
    loop = asyncio.get_running_loop()
    with await connected(socket.SOCK_DGRAM, where, next(ports)) as one:
        await loop.sock_sendall(one, b"who\n")
        return (await loop.sock_recv(one, _PIECE)).decode().strip()


async def visit(where: tuple[str, int], ports: Iterator[int]) -> str:
    """Return a page, fetched by a connection of its own."""
    loop = asyncio.get_running_loop()
    with await connected(socket.SOCK_STREAM, where, next(ports)) as one:
        await loop.sock_sendall(one, _HEAD.format(page="/").encode())
        heard = b""
        while piece := await loop.sock_recv(one, _PIECE):
            heard += piece
    head, _, body = heard.partition(b"\r\n\r\n")
    if not head:
        raise ConnectionError(0, "closed without an answer")
    return body.decode().strip()


async def once(load: str, ask: Ask) -> None:
    """Ask and tell what came."""
    began, clock, said, error = time.time(), time.monotonic(), "", ""
    try:
        async with asyncio.timeout(_TIMEOUT):
            said = await ask()
    except TimeoutError:
        error = "timeout"
    except OSError as reason:
        error = reason.strerror or type(reason).__name__
    tell(load, at=began, took=time.monotonic() - clock, said=said, error=error)


async def steadily(load: str, ask: Ask, rate: float, tasks: asyncio.TaskGroup) -> None:
    """Begin *rate* questions a second, whether or not the ones before are over."""
    began = time.monotonic()
    for count in itertools.count(1):
        tasks.create_task(once(load, ask))
        await asyncio.sleep(began + count / rate - time.monotonic())


async def download(where: tuple[str, int], own: int, ended: asyncio.Event) -> str:
    """Read a large page until *ended*, and one piece more; return why it broke off."""
    loop = asyncio.get_running_loop()
    try:
        with await connected(socket.SOCK_STREAM, where, own) as one:
            await loop.sock_sendall(one, _HEAD.format(page="/large").encode())
            while piece := await loop.sock_recv(one, _PIECE):
                tell("download", at=time.time(), got=len(piece), number=own)
                if ended.is_set():
                    return ""
    except OSError as reason:
        return reason.strerror or type(reason).__name__
    return "closed"


async def play(host: str, udp: int, sticky: int, web: int, own: int) -> None:
    """Ask all of them until the line comes; then tell what became of downloads."""
    ended = asyncio.Event()
    downloads = [
        asyncio.create_task(download((host, web), own + number, ended))
        for number in range(_DOWNLOADS)
    ]
    ports = itertools.count(own + _DOWNLOADS)
    loop = asyncio.get_running_loop()

    async def asking() -> None:
        async with asyncio.TaskGroup() as tasks:
            for load, ask, port, rate in (
                ("udp", datagram, udp, _DATAGRAMS),
                ("persistent", visit, sticky, _VISITS),
            ):

                def one(
                    ask: Callable[[tuple[str, int], Iterator[int]], Awaitable[str]] = (
                        ask
                    ),
                    port: int = port,
                ) -> Awaitable[str]:
                    return ask((host, port), ports)

                tasks.create_task(steadily(load, one, rate, tasks))

    asked = asyncio.create_task(asking())
    await loop.run_in_executor(None, sys.stdin.readline)
    asked.cancel()
    ended.set()
    done, late = await asyncio.wait(downloads, timeout=_PATIENCE)
    why = Counter(task.result() for task in done)
    kept = why.pop("", 0)
    if late:
        why["timeout"] += len(late)
    for task in late:
        task.cancel()
    tell("download", kept=[kept, len(downloads)], why=why)


def main() -> None:
    """Do as the command line says."""
    host, *ports = sys.argv[1:]
    udp, sticky, web, own = map(int, ports)
    asyncio.run(play(host, udp, sticky, web, own))


if __name__ == "__main__":
    main()
