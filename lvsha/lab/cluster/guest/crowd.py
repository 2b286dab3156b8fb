"""Clients that keep their connections: some talk all the time, some only at the end.

``crowd.py HOST PORT TALKING IDLE OWN`` opens them all, from its own ports from OWN on,
and prints ``{"open": [talking, idle]}``. A line on standard input has every connection
say a last word, the idle ones their second; then ``{"talking": [survived, of], "idle":
[survived, of], "why": {reason: count}}`` follows. A connection survives if it is open
and got each answer in time.
"""

import asyncio
import json
import socket
import sys
from collections import Counter

_PATIENCE = 30.0  # TCP asks again ever more slowly: this long after 15 s of silence
_PAUSE = 0.5
_QUESTION = b"GET / HTTP/1.1\r\nHost: drill\r\nConnection: keep-alive\r\n\r\n"


class Connection:
    """One of them; *why* says how it died, empty while it lives."""

    def __init__(self, *, talking: bool) -> None:
        """Describe it; `open` opens it."""
        self.talking = talking
        self.why = ""
        self._ears: asyncio.StreamReader | None = None
        self._mouth: asyncio.StreamWriter | None = None

    async def open(self, host: str, port: int, own: int) -> None:
        """Connect from port *own* and ask once."""
        one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        one.setblocking(False)  # noqa: FBT003 - its only way
        one.bind(("", own))
        try:
            async with asyncio.timeout(_PATIENCE):
                await asyncio.get_running_loop().sock_connect(one, (host, port))
                self._ears, self._mouth = await asyncio.open_connection(sock=one)
        except OSError as error:
            one.close()
            self.why = f"not opened: {error.strerror or type(error).__name__}"
            return
        await self.ask()

    async def ask(self) -> None:
        """Say a word and hear the answer, unless it is dead."""
        if self.why or self._ears is None or self._mouth is None:
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                self._mouth.write(_QUESTION)
                await self._mouth.drain()
                head = await self._ears.readuntil(b"\r\n\r\n")
                words = head.lower().partition(b"content-length:")[2]
                await self._ears.readexactly(int(words.split(b"\r", 1)[0]))
        except TimeoutError:
            self.why = "timeout"
        except (OSError, EOFError) as error:
            self.why = getattr(error, "strerror", None) or "closed"

    async def talk(self, ended: asyncio.Event) -> None:
        """Ask again and again until *ended*."""
        while not self.why and not ended.is_set():
            await self.ask()
            await asyncio.sleep(_PAUSE)


async def play(host: str, port: int, own: int, talking: int, idle: int) -> None:
    """Open, talk, wait for the line, ask for the last time, tell."""
    crowd = [Connection(talking=number < talking) for number in range(talking + idle)]
    ended = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        opening = [
            one.open(host, port, own + number) for number, one in enumerate(crowd)
        ]
        await asyncio.gather(*opening)
        tell(open=[sum(not c.why for c in part) for part in parts(crowd)])
        talks = [tasks.create_task(one.talk(ended)) for one in crowd if one.talking]
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        ended.set()
        await asyncio.gather(*talks)
        await asyncio.gather(*(one.ask() for one in crowd))
    first, second = (
        [sum(not one.why for one in part), len(part)] for part in parts(crowd)
    )
    why = Counter(one.why for one in crowd if one.why)
    tell(talking=first, idle=second, why=why)


def parts(crowd: list[Connection]) -> tuple[list[Connection], list[Connection]]:
    """Return those that talk, and the idle ones."""
    return (
        [one for one in crowd if one.talking],
        [one for one in crowd if not one.talking],
    )


def tell(**words: object) -> None:
    """Print one line."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Do as the command line says."""
    host, port, talking, idle, own = sys.argv[1:]
    asyncio.run(play(host, int(port), int(own), int(talking), int(idle)))


if __name__ == "__main__":
    main()
