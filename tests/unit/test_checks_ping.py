import asyncio
import errno
import socket
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address

import pytest

from lvsha.checks import echo
from lvsha.checks.ping import Line, Ping
from lvsha.checks.pump import Pump
from lvsha.identity import Protocol
from lvsha.model import Check, CheckType, Verdict
from tests.checks_peers import AGES, BASE, SOON, verdict

PING = replace(BASE, kind=CheckType.PING, checktimeout=SOON)


class Wire:
    """An ICMP socket whose packets we see and answer; a pipe makes it readable."""

    def __init__(self, answer: Callable[[bytes, int], list[tuple[bytes, str]]]) -> None:
        self.near, self.far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.answer = answer
        self.sent: list[bytes] = []
        self.heard: list[tuple[bytes, str]] = []

    def sendto(self, message: bytes, _address: tuple[str, int]) -> int:
        self.sent.append(message)
        for words in self.answer(message, len(self.sent)):
            self.heard.append(words)
            self.far.send(b"x")
        return len(message)

    def recvfrom(self, size: int) -> tuple[bytes, tuple[str, int]]:
        self.near.recv(1)
        words, sender = self.heard.pop(0)
        return words[:size], (sender, 0)

    def fileno(self) -> int:
        return self.near.fileno()

    def settimeout(self, seconds: float) -> None:
        self.near.settimeout(seconds)

    def setsockopt(self, *_: object) -> None: ...

    def close(self) -> None:
        self.near.close()
        self.far.close()


def reply_to(message: bytes) -> bytes:
    return bytes((0 if message[0] == 8 else 129,)) + message[1:]


def over(wire: Wire, check: Check) -> Verdict:
    """Return the verdict on *check* when *wire* is the network."""

    async def run() -> Verdict:
        future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        pump = Pump()
        line = Line(check.address.version, pump, lambda *_: wire)  # type: ignore[arg-type]
        Ping(check, pump, line, future.set_result).attempt()
        try:
            return await asyncio.wait_for(future, AGES)
        finally:
            line.close()
            pump.close()
            wire.close()

    return asyncio.run(run())


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "fe80::1%lo"])
def test_b49_an_answer_is_up_in_both_families(host: str) -> None:
    wire = Wire(lambda message, _: [(reply_to(message), host)])

    assert over(wire, replace(PING, address=ip_address(host))).passed
    assert len(wire.sent) == 1
    assert len(wire.sent[0]) == 8 + 64


def test_no_answer_is_down_after_every_attempt() -> None:
    wire = Wire(lambda _message, _count: [])

    seen = over(wire, replace(PING, checkcount=3))

    assert (seen.passed, seen.detail) == (False, "ping: no answer within 0.1 s")
    assert len(wire.sent) == len(set(wire.sent)) == 3


def test_the_second_attempt_may_be_answered() -> None:
    wire = Wire(
        lambda message, count: [(reply_to(message), "127.0.0.1")] if count == 2 else []
    )

    assert over(wire, replace(PING, checkcount=3)).passed
    assert len(wire.sent) == 2


@pytest.mark.parametrize(
    "forged",
    [
        lambda message: (reply_to(message), "192.0.2.9"),
        lambda message: (message, "127.0.0.1"),
        lambda message: (reply_to(message)[:-64] + bytes(64), "127.0.0.1"),
        lambda message: (reply_to(message)[:7] + b"\xff" + message[8:], "127.0.0.1"),
        lambda _: (b"\0", "127.0.0.1"),
        lambda _: (b"", "127.0.0.1"),
    ],
)
def test_what_answers_nothing_we_asked_is_not_heard(
    forged: Callable[[bytes], tuple[bytes, str]],
) -> None:
    wire = Wire(lambda message, _: [forged(message)])

    assert not over(wire, PING).passed


def test_an_unreachable_network_is_down_at_once() -> None:
    def unreachable(_message: bytes, _count: int) -> list[tuple[bytes, str]]:
        raise OSError(errno.ENETUNREACH, "out")

    assert over(Wire(unreachable), PING).detail == "ping: network is unreachable"


def test_a_full_queue_is_a_packet_lost() -> None:
    def full(message: bytes, count: int) -> list[tuple[bytes, str]]:
        if count == 1:
            raise OSError(errno.ENOBUFS, "full")
        return [(reply_to(message), "127.0.0.1")]

    assert over(Wire(full), replace(PING, checkcount=2)).passed


def test_who_may_not_ping_is_told_so() -> None:
    def forbidden(*_: int) -> socket.socket:
        raise PermissionError

    async def run() -> str:
        pump = Pump()
        line = Line(4, pump, forbidden)
        why = line.ask(Ping(PING, pump, line, lambda _: None))
        pump.close()
        return why

    assert asyncio.run(run()).startswith("not permitted (neither net.ipv4.ping_group")


@pytest.mark.parametrize("kind", [CheckType.PING, CheckType.CONNECT])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_this_host_answers_or_says_that_we_may_not_ask(
    kind: CheckType, host: str
) -> None:
    check = replace(PING, kind=kind, address=ip_address(host), checktimeout=AGES)

    seen = asyncio.run(verdict(replace(check, transport=Protocol.UDP)))

    assert seen.passed or "not permitted" in seen.detail


def test_a_request_sums_up_to_nothing() -> None:
    message = echo.request(4, 0xBEEF, 7, b"cookie")
    total = sum(int.from_bytes(message[i : i + 2]) for i in range(0, len(message), 2))

    assert total % 0xFFFF == 0
    assert len(message) == 8 + 64


@pytest.mark.parametrize("version", [4, 6])
def test_a_reply_is_understood_with_and_without_its_ip_header(version: int) -> None:
    message = reply_to(echo.request(version, 1, 2, b"cookie"))
    raw = b"\x46" + bytes(23) + message if version == 4 else message

    for heard in (
        echo.reply(version, message, raw=False),
        echo.reply(version, raw, raw=True),
    ):
        assert heard is not None
        assert (heard.identifier, heard.sequence) == (1, 2)
        assert heard.data.startswith(b"cookie")
