import asyncio
import os
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from ipaddress import ip_address

import pytest

from lvsha.checks import unsupported
from lvsha.checks.external import CHILDREN
from lvsha.checks.prober import Prober
from lvsha.identity import Protocol
from lvsha.model import Check, CheckType, Verdict
from tests.checks_peers import (
    BASE,
    SOON,
    Script,
    answering,
    black_hole,
    datagrams,
    heard,
    http_check,
    refusing,
    serving,
    silent,
    stalling,
    verdict,
)

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nstill alive"


def on(script: Script, check: Callable[[int], Check], **how: str) -> Verdict:
    """Return the verdict on a server that follows *script*."""

    async def run() -> Verdict:
        async with serving(script, **how) as port:  # type: ignore[arg-type]
            return await verdict(check(port))

    return asyncio.run(run())


def tcp(port: int) -> Check:
    return replace(BASE, kind=CheckType.CONNECT, port=port)


def line(port: int) -> Check:
    return replace(BASE, service="simpletcp", port=port, request="/hi\\n", receive="ok")


def test_a_page_is_up_and_its_status_is_told() -> None:
    seen = on(answering(PAGE), lambda port: http_check(port, receive="alive"))

    assert (seen.passed, seen.detail, seen.status) == (True, "", "200 OK")
    assert seen.seconds > 0


def test_b26_a_signal_fails_no_check() -> None:
    async def run() -> Verdict:
        loop = asyncio.get_running_loop()
        signalled = asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, signalled.set)

        async def script(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            os.kill(os.getpid(), signal.SIGUSR1)
            await signalled.wait()
            await answering(PAGE)(reader, writer)

        try:
            async with serving(script) as port:
                return await verdict(http_check(port, receive="alive"))
        finally:
            loop.remove_signal_handler(signal.SIGUSR1)

    assert asyncio.run(run()).passed


def test_a_missing_page_is_down() -> None:
    seen = on(answering(b"HTTP/1.1 404 Not Found\r\n\r\n"), http_check)

    assert not seen.passed
    assert seen.detail == "status: expected 2xx, got '404 Not Found'"
    assert seen.status == "404 Not Found"


def test_b11_an_ipv6_real_server_is_checked() -> None:
    def check(port: int) -> Check:
        return http_check(port, address=ip_address("::1"))

    assert on(answering(PAGE), check, host="::1").passed


def test_an_answer_may_come_byte_by_byte() -> None:
    pieces = [PAGE[i : i + 1] for i in range(len(PAGE))]

    assert on(answering(*pieces), http_check).passed


def test_a_long_answer_is_read_to_its_end() -> None:
    page = b"HTTP/1.0 200 OK\r\n\r\n" + b"." * 3_000_000

    assert on(answering(page), http_check).passed


def test_a_long_request_is_said_to_its_end() -> None:
    def check(port: int) -> Check:
        return http_check(port, request="/" + "x" * 8_000_000)

    async def script(r: asyncio.StreamReader, w: asyncio.StreamWriter) -> None:
        await r.readexactly(8_000_000)
        w.write(PAGE)

    assert on(script, check).passed


def test_a_redirect_is_followed_to_a_host_with_a_name() -> None:
    async def script(r: asyncio.StreamReader, w: asyncio.StreamWriter) -> None:
        asked = await r.readuntil(b"\r\n\r\n")
        port = w.get_extra_info("sockname")[1]
        to = b"Location: http://localhost:%d/x\r\n\r\n" % port
        w.write(PAGE if b"GET /x " in asked else b"HTTP/1.1 302 Found\r\n" + to)

    assert on(script, http_check).passed


def test_a_name_nobody_knows_is_down() -> None:
    seen = asyncio.run(verdict(http_check(url="http://no-such-host.invalid/")))

    assert seen.detail.startswith("resolve: 'no-such-host.invalid': ")


@pytest.mark.parametrize("make", [tcp, http_check, line])
def test_refused_is_down_at_once(make: Callable[[int], Check]) -> None:
    seen = asyncio.run(verdict(make(refusing())))

    assert (seen.passed, seen.detail) == (False, "connect: refused")


@pytest.mark.parametrize("make", [tcp, line])
def test_no_port_is_down_at_once(make: Callable[[int], Check]) -> None:
    seen = asyncio.run(verdict(replace(make(80), port=None)))

    assert not seen.passed
    assert seen.detail.startswith("no port to check")


@pytest.mark.parametrize("kind", [CheckType.CONNECT, CheckType.NEGOTIATE])
def test_a_black_hole_is_down_at_its_deadline(kind: CheckType) -> None:
    with black_hole() as port:
        check = http_check(port, kind=kind, checktimeout=SOON, negotiatetimeout=SOON)
        seen = asyncio.run(verdict(check))

    assert seen.detail == "connect: no answer within 0.1 s"


@pytest.mark.parametrize("make", [http_check, line])
def test_silence_is_down_at_its_deadline(make: Callable[[int], Check]) -> None:
    with silent() as port:
        seen = asyncio.run(verdict(replace(make(port), negotiatetimeout=SOON)))

    assert not seen.passed
    assert seen.detail.startswith("no answer within 0.1 s (")


def test_b15_a_stalled_page_is_down_without_receive_and_up_with_a_match() -> None:
    half = stalling(PAGE[:-1])

    def check(port: int) -> Check:
        return http_check(port, negotiatetimeout=SOON)

    assert on(half, check).detail == (
        "no answer within 0.1 s (waiting for the end of the body)"
    )
    assert on(half, lambda port: replace(check(port), receive="aliv")).passed


def test_a_connection_that_stands_is_up() -> None:
    with silent() as port:
        assert asyncio.run(verdict(tcp(port))).passed


def test_a_connection_that_is_reset_after_it_stood_is_up() -> None:
    async def script(_r: asyncio.StreamReader, w: asyncio.StreamWriter) -> None:
        w.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
        )

    assert on(script, tcp).passed


def test_a_reset_in_the_answer_is_down() -> None:
    async def script(r: asyncio.StreamReader, w: asyncio.StreamWriter) -> None:
        await r.readuntil(b"\r\n\r\n")
        w.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
        )

    seen = on(script, http_check)

    assert seen.detail == "connection reset by peer (waiting for the status line)"


def test_simpletcp_shuts_its_side_and_hears_the_answer() -> None:
    async def script(r: asyncio.StreamReader, w: asyncio.StreamWriter) -> None:
        w.write(b"heard " + await r.read() + b"ok")

    assert on(script, line).passed
    assert not on(script, lambda port: replace(line(port), receive="no")).passed


async def over_udp(check: Check) -> Verdict:
    async with datagrams(lambda asked: b"no\nheard " + asked + b"ok", b"") as port:
        return await verdict(replace(check, port=port, transport=Protocol.UDP))


def test_simpletcp_speaks_udp_too() -> None:
    assert asyncio.run(over_udp(line(0))).passed


def test_simpletcp_over_udp_says_nothing_without_a_request() -> None:
    check = replace(line(0), request="/", negotiatetimeout=SOON)

    assert asyncio.run(over_udp(check)).detail.endswith("(not a line heard)")


def test_a_closed_udp_port_is_down_at_once() -> None:
    check = replace(line(refusing()), transport=Protocol.UDP)

    assert asyncio.run(verdict(check)).detail.startswith("refused")


def test_service_none_is_up_without_asking() -> None:
    assert asyncio.run(verdict(replace(BASE, service="none", port=None))).passed


def test_a_service_nobody_wrote_yet_says_so() -> None:
    check = replace(BASE, service="gopher")

    assert unsupported(check) == "service 'gopher' cannot be checked yet"
    assert asyncio.run(verdict(check)).detail == unsupported(check)
    assert unsupported(replace(check, kind=CheckType.CONNECT)) == ""
    assert unsupported(replace(check, service="https")) == ""


def test_a_verdict_never_comes_before_start_returns() -> None:
    async def run() -> None:
        seen: list[Verdict] = []
        prober = Prober()
        prober.start(tcp(refusing()), seen.append)
        assert not seen
        await heard(prober, tcp(refusing()))
        assert len(seen) == 1
        prober.close()

    asyncio.run(run())


def test_a_cancelled_check_gives_no_verdict() -> None:
    async def run() -> list[Verdict]:
        seen: list[Verdict] = []
        prober = Prober()
        with silent() as port:
            unbegun = prober.start(tcp(port), seen.append)
            unbegun()
            begun = prober.start(http_check(port), seen.append)
            await heard(prober, tcp(port))
            begun()
            begun()
            await heard(prober, tcp(port))
        prober.close()
        return seen

    assert not asyncio.run(run())


def test_hanging_real_servers_delay_nobody() -> None:
    async def run() -> None:
        prober = Prober()
        with silent() as port:
            for _ in range(500):
                prober.start(http_check(port), lambda _: None)
            async with serving(answering(PAGE)) as well:
                assert (await heard(prober, http_check(well))).passed
            prober.close()

    asyncio.run(run())


def test_more_than_the_limit_wait_and_their_deadline_with_them() -> None:
    async def run() -> list[str]:
        prober = Prober(limit=1)
        with silent() as port:
            check = http_check(port, negotiatetimeout=SOON)
            seen = await asyncio.gather(*(heard(prober, check) for _ in range(3)))
        prober.close()
        return [f"{one.detail} {one.seconds < 2 * SOON}" for one in seen]

    late = "no answer within 0.1 s (waiting for the status line) True"
    assert asyncio.run(run()) == [late] * 3


def test_it_asks_for_the_descriptors_it_needs_and_no_more() -> None:
    async def run() -> int:
        Prober(limit=200).close()
        return resource.getrlimit(resource.RLIMIT_NOFILE)[0]

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard > 600
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        assert asyncio.run(run()) == 200 + CHILDREN + 128
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_check_may_start_the_next_from_its_verdict() -> None:
    async def run() -> int:
        prober = Prober()
        left = 200
        over = asyncio.get_running_loop().create_future()

        def again(_: Verdict) -> None:
            nonlocal left
            left -= 1
            if left:
                prober.start(tcp(port), again)
            else:
                over.set_result(None)

        port = refusing()
        prober.start(tcp(port), again)
        await over
        prober.close()
        return left

    assert asyncio.run(run()) == 0


def test_closing_leaves_no_descriptor_behind() -> None:
    async def run() -> int:
        with socket.socket() as before:
            lowest = before.fileno()
        prober = Prober()
        with ExitStack() as stack:
            port = stack.enter_context(silent())
            for _ in range(100):
                prober.start(http_check(port), lambda _: None)
            await heard(prober, tcp(port))
            prober.close()
        with socket.socket() as after:
            return after.fileno() - lowest

    assert asyncio.run(run()) == 0
