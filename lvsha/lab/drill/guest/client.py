"""A drill's client: asks at a steady rate, or holds one connection; tells each outcome.

Each line of output is a JSON object. ``at`` is when it began, in seconds since the
epoch, ``took`` the seconds until it was over, ``said`` the answer, ``error`` why there
was none.
"""

import argparse
import asyncio
import json
import socket
import sys
import time

_PIECE = 65536
_FIRST_PORT = 20000  # there is room for half an hour of requests
_TALK = 0.1  # seconds between two words on a held connection
_TRIES = 40  # connections until the scheduler gives us the server we want


def tell(**words: object) -> None:
    """Print one line."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


class Asker:
    """Asks one server, by HTTP or by a datagram, with a deadline for each answer."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Ask as *options* say."""
        self._udp = options.protocol == "udp"
        self._seconds = options.timeout
        where = socket.getaddrinfo(options.host, options.port)[0]
        self._family, self._address = where[0], where[4]
        self._host = options.host
        self._next = options.first_port

    async def once(self, number: int) -> None:
        """Ask on a connection of its own and tell the outcome of request *number*."""
        began, clock = time.time(), time.monotonic()
        said, error = "", ""
        try:
            async with asyncio.timeout(self._seconds):
                said = await (self._datagram() if self._udp else self._page())
        except TimeoutError:
            error = "timeout"
        except OSError as reason:
            error = reason.strerror or type(reason).__name__
        took = time.monotonic() - clock
        tell(number=number, at=began, took=took, said=said, error=error)

    async def talk(self) -> None:
        """Ask again and again on one connection, as long as it lives."""
        loop = asyncio.get_running_loop()
        with await self._connected() as one:
            while True:
                began, clock = time.time(), time.monotonic()
                try:
                    async with asyncio.timeout(self._seconds):
                        await loop.sock_sendall(one, self._question("keep-alive"))
                        said = await _whole(one, udp=self._udp)
                    error = "" if said else "closed"
                except TimeoutError:
                    said, error = b"", "timeout"
                except OSError as reason:
                    said, error = b"", reason.strerror or type(reason).__name__
                took = time.monotonic() - clock
                tell(at=began, took=took, said=_body(said), error=error, talk=True)
                if error and not self._udp:
                    return
                await asyncio.sleep(max(0.0, _TALK - took))

    async def download(self, server: str) -> None:
        """Fetch the slow page from *server*, whoever else is offered first."""
        loop = asyncio.get_running_loop()
        for _ in range(_TRIES):
            with await self._connected() as one:
                request = f"GET /slow HTTP/1.0\r\nHost: {self._host}\r\n\r\n"
                await loop.sock_sendall(one, request.encode())
                head = b""
                while b"\r\n\r\n" not in head and (
                    piece := await loop.sock_recv(one, _PIECE)
                ):
                    head += piece
                if f"X-Server: {server}\r\n".encode() not in head:
                    continue
                size = len(head.partition(b"\r\n\r\n")[2])
                tell(begun=time.time(), server=server)
                while piece := await loop.sock_recv(one, _PIECE):
                    size += len(piece)
                tell(ended=time.time(), server=server, size=size)
                return
        raise SystemExit(f"{_TRIES} connections, and none went to {server}")

    def _question(self, connection: str) -> bytes:
        if self._udp:
            return b"who\n"
        return (
            f"GET / HTTP/1.1\r\nHost: drill\r\nConnection: {connection}\r\n\r\n"
        ).encode()

    async def _connected(self) -> socket.socket:
        loop = asyncio.get_running_loop()
        kind = socket.SOCK_DGRAM if self._udp else socket.SOCK_STREAM
        one = socket.socket(self._family, kind)
        try:
            one.settimeout(0)
            # IPVS remembers a client's port for minutes, and whom it was sent to:
            # never use one twice, as if each request came from somebody else
            any_address = "::" if self._family == socket.AF_INET6 else ""
            one.bind((any_address, self._next))
            self._next += 1
            await loop.sock_connect(one, self._address)
        except BaseException:
            one.close()
            raise
        return one

    async def _page(self) -> str:
        loop = asyncio.get_running_loop()
        with await self._connected() as one:
            await loop.sock_sendall(one, self._question("close"))
            heard = b""
            while piece := await loop.sock_recv(one, _PIECE):
                heard += piece
        if b"\r\n\r\n" not in heard:
            raise ConnectionError(0, "closed without an answer")
        return _body(heard)

    async def _datagram(self) -> str:
        loop = asyncio.get_running_loop()
        with await self._connected() as one:
            await loop.sock_sendall(one, self._question(""))
            return _body(await loop.sock_recv(one, _PIECE))


async def _whole(one: socket.socket, *, udp: bool) -> bytes:
    """Return one answer, empty when the other side has closed."""
    loop = asyncio.get_running_loop()
    heard = b""
    while piece := await loop.sock_recv(one, _PIECE):
        heard += piece
        head, found, body = heard.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r", 1)[0]
        if udp or (found and len(body) >= int(length or 0)):
            return heard
    return b""


def _body(heard: bytes) -> str:
    head, found, body = heard.partition(b"\r\n\r\n")
    return (body if found else head)[:200].decode(errors="replace").strip()


async def steadily(asker: Asker, rate: float) -> None:
    """Begin *rate* requests a second, whether or not the ones before are over."""
    began = time.monotonic()
    count = 0
    async with asyncio.TaskGroup() as tasks:
        while True:
            tasks.create_task(asker.once(count))
            count += 1
            await asyncio.sleep(began + count / rate - time.monotonic())


def main() -> None:
    """Ask as the command line says, until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mode", choices=("steady", "talk", "download"))
    parser.add_argument("protocol", choices=("tcp", "udp"))
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--timeout", type=float, default=3)
    parser.add_argument("--server", default="")
    parser.add_argument("--first-port", type=int, default=_FIRST_PORT)
    options = parser.parse_args()
    asker = Asker(options)
    match options.mode:
        case "steady":
            asyncio.run(steadily(asker, options.rate))
        case "talk":
            asyncio.run(asker.talk())
        case _:
            asyncio.run(asker.download(options.server))


if __name__ == "__main__":
    main()
