import asyncio
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace

import dns.rcode
import pytest

from lvsha.checks.dialogue import Again
from lvsha.checks.dns import dns_check
from lvsha.checks.pump import Expiry, Pump
from lvsha.checks.resolver import Resolver
from lvsha.checks.talk import Exchange, Talk
from lvsha.identity import Protocol
from lvsha.model import Check, Verdict
from tests.checks_peers import (
    AGES,
    BASE,
    SOON,
    datagrams,
    refusing,
    serving,
    verdict,
)
from tests.library_peers import in_stream, name_server

WWW = (
    "www.example.org. 60 IN A 192.0.2.1",
    "www.example.org. 60 IN A 192.0.2.2",
    "www.example.org. 60 IN AAAA 2001:db8::1",
    "1.2.0.192.in-addr.arpa. 60 IN PTR www.example.org.",
)
Answer = Callable[[bytes], bytes]


def asks(port: int = 0, **how: object) -> Check:
    plain = replace(
        BASE,
        service="dns",
        port=port,
        transport=Protocol.UDP,
        request="/www.example.org",
        receive=r"192\.0\.2\.1",
    )
    return replace(plain, **how)  # type: ignore[arg-type]


async def over_udp(check: Check, answer: Answer, *strays: bytes) -> Verdict:
    """Return the verdict on a server that says *strays* before it answers."""
    async with datagrams(answer, *strays, port=check.port or 0) as port:
        return await verdict(replace(check, port=port))


def seen(answer: Answer, *strays: bytes, **how: object) -> Verdict:
    return asyncio.run(over_udp(asks(0, **how), answer, *strays))


def test_a_matching_address_is_up() -> None:
    assert seen(name_server(WWW)).passed


@pytest.mark.parametrize("receive", [r"\.2$", "2.0", "^192"])
def test_any_record_may_match_and_anywhere_in_it(receive: str) -> None:
    assert seen(name_server(WWW), receive=receive).passed


def test_an_address_is_asked_for_its_name() -> None:
    name = r"^www\.example\.org$"

    assert seen(name_server(WWW), request="/192.0.2.1", receive=name).passed


def test_b17_an_ipv6_address_matches_too() -> None:
    assert seen(name_server(WWW), receive="^2001:db8::1$").passed


def test_b17_nothing_matches_without_receive_and_the_verdict_says_so() -> None:
    verdict = seen(name_server(WWW), receive="")

    assert (verdict.passed, verdict.detail) == (
        False,
        "no receive: nothing can match",
    )


def test_another_address_is_down() -> None:
    assert seen(name_server(WWW[1:2])).detail == (
        r"answer: none of '192.0.2.2' matches '192\\.0\\.2\\.1'"
    )


def test_an_empty_answer_is_down() -> None:
    assert seen(name_server()).detail == "answer: neither an address nor a name"


@pytest.mark.parametrize("rcode", [dns.rcode.NXDOMAIN, dns.rcode.SERVFAIL])
def test_an_error_is_down_at_once(rcode: dns.rcode.Rcode) -> None:
    assert seen(name_server(WWW, rcode=rcode)).detail == (
        f"answer: {dns.rcode.to_text(rcode)}"
    )


def test_what_is_no_answer_is_passed_over() -> None:
    stranger = name_server(WWW)(dns.message.make_query("x.", "A").to_wire())

    assert seen(name_server(WWW), b"\0", b"x" * 600, stranger).passed


def test_only_garbage_is_down_at_the_deadline() -> None:
    verdict = seen(lambda _: b"garbage", negotiatetimeout=SOON)

    assert re.fullmatch(
        r"no answer within 0\.1 s \(waiting for A of 'www\.example\.org\.',"
        r" \d other datagrams heard\)",
        verdict.detail,
    )


def test_silence_is_down_at_the_deadline() -> None:
    verdict = seen(lambda _: b"", negotiatetimeout=SOON)

    assert verdict.detail == (
        "no answer within 0.1 s (waiting for A of 'www.example.org.')"
    )


def test_nobody_there_is_down_at_once() -> None:
    assert asyncio.run(verdict(asks(refusing()))).detail.startswith("refused")


def on_tcp(answer: Answer, **how: object) -> Verdict:
    async def run() -> Verdict:
        async with serving(in_stream(answer)) as port:
            return await verdict(asks(port, transport=Protocol.TCP, **how))

    return asyncio.run(run())


def test_it_speaks_tcp_where_the_virtual_service_does() -> None:
    assert on_tcp(name_server(WWW)).passed
    assert on_tcp(lambda _: b"garbage").detail.startswith("answer: '\\x00\\x07garbage'")
    assert on_tcp(lambda _: b"").detail.startswith("answer: ")


def test_an_answer_that_was_cut_is_asked_for_again_over_tcp() -> None:
    async def run() -> Verdict:
        async with serving(in_stream(name_server(WWW))) as port:
            return await over_udp(asks(port), name_server(WWW, cut=True))

    assert asyncio.run(run()).passed


@pytest.mark.parametrize("request_", ["/" + "x" * 64, "/a..b", "/\udcff"])
def test_what_is_no_domain_name_is_down(request_: str) -> None:
    verdict = asyncio.run(asked(request_))

    assert verdict.detail.startswith("request: ")


async def asked(request: str) -> Verdict:
    return await verdict(asks(refusing(), request=request))


def test_the_default_request_asks_for_the_root() -> None:
    dialogue = dns_check(asks(53, request="/"))
    next(dialogue)
    said = dialogue.send(b"")

    assert isinstance(said, Again)
    assert dns.message.from_wire(said.words).question[0].name == dns.name.root


class Patient(Pump):
    """One whose deadlines are over when a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.due: dict[float, Expiry] = {}

    def expect(self, seconds: float, expiry: Expiry) -> None:
        self.due[seconds] = expiry

    def relieve(self, seconds: float, expiry: Expiry) -> None:
        if self.due.get(seconds) == expiry:
            del self.due[seconds]

    def pass_over(self, seconds: float) -> None:
        self.due.pop(seconds)()


def asked_again(
    answers: Sequence[Answer], **how: object
) -> tuple[list[bytes], Verdict, dict[float, Expiry]]:
    """Return what a server hears that answers in turn, a third of the time apart.

    Nothing is answered in the end where nothing is left to wait for but the deadline.
    """
    heard: list[bytes] = []

    async def run() -> tuple[Verdict, dict[float, Expiry]]:
        loop = asyncio.get_running_loop()
        verdict: asyncio.Future[Verdict] = loop.create_future()
        pump = Patient()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            sock.settimeout(0)
            check = asks(sock.getsockname()[1], negotiatetimeout=30, **how)
            exchange = Exchange(pump, Resolver(pump), lambda _: None)
            talk = Talk(exchange, dns_check(check), 30, check, verdict.set_result)
            talk.begin()
            async with asyncio.timeout(AGES):
                for answer in answers:
                    words, sender = await loop.sock_recvfrom(sock, 4096)
                    heard.append(words)
                    if reply := answer(words):
                        sock.sendto(reply, sender)
                    elif 10 in pump.due:
                        pump.pass_over(10)
                    else:
                        pump.pass_over(30)
                said = await verdict
        pump.close()
        return said, pump.due

    return heard, *asyncio.run(run())


def mute(_: bytes) -> bytes:
    return b""


def test_a_question_that_was_lost_is_asked_again() -> None:
    heard, verdict, due = asked_again([mute, name_server(WWW)])

    assert verdict.passed
    assert heard[0] == heard[1]
    assert due == {}


def test_a_question_is_asked_three_times_at_most() -> None:
    heard, verdict, due = asked_again([mute, mute, mute])

    assert verdict.detail.startswith("no answer within 30 s")
    assert len(set(heard)) == 1
    assert due == {}


def test_each_question_is_asked_again_for_itself() -> None:
    ipv6 = name_server(WWW[2:3])
    heard, verdict, _ = asked_again([mute, ipv6, mute, ipv6], receive="^2001:")

    assert verdict.passed
    assert heard[0] == heard[1] != heard[2] == heard[3]
