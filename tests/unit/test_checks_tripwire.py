"""Wires to servers of our own on loopback."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address

import pytest

from lvsha.checks.tripwire import Tripwires
from lvsha.identity import Endpoint
from tests.checks_peers import AGES

HERE = ip_address("127.0.0.1")


class Watched:
    """Wires, and what they told."""

    def __init__(self, limit: int = 100) -> None:
        self.wires = Tripwires(limit=limit)
        self.tripped: asyncio.Queue[Endpoint] = asyncio.Queue()

    def follow(self, *ports: int) -> None:
        ends = [Endpoint(HERE, port) for port in ports]
        self.wires.follow(ends, self.tripped.put_nowait)

    async def trip(self) -> int:
        return (await asyncio.wait_for(self.tripped.get(), AGES)).port

    async def held(self, count: int) -> None:
        async with asyncio.timeout(AGES):
            while self.wires.held != count:  # noqa: ASYNC110 - they are connected by the kernel
                await asyncio.sleep(0.01)


@asynccontextmanager
async def watched(limit: int = 100) -> AsyncIterator[Watched]:
    made = Watched(limit)
    try:
        yield made
    finally:
        made.wires.close()


def listener() -> socket.socket:
    made = socket.create_server(("127.0.0.1", 0), backlog=128)
    made.setblocking(False)  # noqa: FBT003 - the socket's own way
    return made


def port_of(sock: socket.socket) -> int:
    return int(sock.getsockname()[1])


async def accepted(server: socket.socket) -> socket.socket:
    loop = asyncio.get_running_loop()
    return (await asyncio.wait_for(loop.sock_accept(server), AGES))[0]


def test_the_end_of_a_connection_is_told_and_it_is_made_again() -> None:
    async def run() -> None:
        async with watched() as seen:
            with listener() as server:
                seen.follow(port_of(server))
                first = await accepted(server)
                await seen.held(1)
                first.close()
                assert await seen.trip() == port_of(server)
                with await accepted(server):
                    await seen.held(1)
        assert seen.tripped.empty()

    asyncio.run(run())


def test_a_process_that_never_accepted_is_missed_all_the_same() -> None:
    async def run() -> None:
        async with watched() as seen:
            with listener() as server:
                seen.follow(port_of(server))
                await seen.held(1)
                port = port_of(server)
            assert await seen.trip() == port

    asyncio.run(run())


def test_what_a_server_says_is_no_end() -> None:
    async def run() -> None:
        async with watched() as seen:
            with listener() as server:
                seen.follow(port_of(server))
                with await accepted(server) as first:
                    await seen.held(1)
                    first.sendall(b"220 hello\r\n" * 50)
                    await asyncio.sleep(0)
                    assert seen.tripped.empty()
                    assert seen.wires.held == 1
                assert await seen.trip() == port_of(server)

    asyncio.run(run())


def test_a_server_that_is_not_there_is_no_news_until_mended() -> None:
    async def run() -> None:
        async with watched() as seen:
            with listener() as server:
                port = port_of(server)
            seen.follow(port)
            while not seen.wires.waiting:  # noqa: ASYNC110 - refused by the kernel
                await asyncio.sleep(0.01)
            assert seen.tripped.empty()
            with socket.create_server(("127.0.0.1", port), backlog=1) as again:
                again.setblocking(False)  # noqa: FBT003
                seen.wires.mend(Endpoint(HERE, port))
                with await accepted(again):
                    await seen.held(1)

    asyncio.run(run())


def test_a_wire_that_nobody_wants_any_more_is_dropped_in_silence() -> None:
    async def run() -> None:
        async with watched() as seen:
            with listener() as one, listener() as other:
                seen.follow(port_of(one), port_of(other))
                await seen.held(2)
                seen.follow(port_of(other))
                await seen.held(1)
                with await accepted(one) as gone:
                    loop = asyncio.get_running_loop()
                    said = await asyncio.wait_for(loop.sock_recv(gone, 1), AGES)
                    assert said == b""
        assert seen.tripped.empty()

    asyncio.run(run())


def test_no_more_wires_are_held_than_allowed() -> None:
    async def run() -> None:
        async with watched(limit=2) as seen:
            with listener() as one, listener() as two, listener() as three:
                seen.follow(*map(port_of, (one, two, three)))
                await seen.held(2)
                assert len(seen.wires.ends) == 2

    asyncio.run(run())


FEW = """
import asyncio, resource
from ipaddress import ip_address
from lvsha.checks.tripwire import Tripwires
from lvsha.identity import Endpoint

async def run():
    wires = Tripwires()
    here = ip_address("127.0.0.1")
    wires.follow([Endpoint(here, 1 + i) for i in range(100)], lambda _: None)
    print(len(wires.ends))
    wires.close()

resource.setrlimit(resource.RLIMIT_NOFILE, ({limit}, {limit}))
asyncio.run(run())
"""


@pytest.mark.parametrize(("limit", "count"), [(256, 64), (4096, 100)])
def test_a_process_with_few_descriptors_holds_fewer_wires(
    limit: int, count: int
) -> None:
    argv = [sys.executable, "-c", FEW.format(limit=limit)]

    said = subprocess.run(argv, check=True, capture_output=True, timeout=60).stdout

    assert int(said) == count
