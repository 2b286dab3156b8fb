import asyncio
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from pyrad.packet import AccessAccept, AccessChallenge

from lvsha.checks.dialogue import Again, Hidden, Ourselves
from lvsha.checks.radius import radius
from lvsha.identity import Protocol
from lvsha.model import Check, Credentials, Verdict
from tests.checks_peers import BASE, SOON, datagrams, refusing, verdict
from tests.library_peers import (
    LOGIN,
    PASSWD,
    SECRET,
    radius_server,
    signature_is_right,
)

KNOWN = Credentials(LOGIN, PASSWD, secret=SECRET)
Answer = Callable[[bytes], bytes]


def asks(**how: object) -> Check:
    plain = replace(
        BASE, service="radius", transport=Protocol.UDP, credentials=KNOWN, port=1812
    )
    return replace(plain, **how)  # type: ignore[arg-type]


async def over_udp(check: Check, answer: Answer) -> Verdict:
    async with datagrams(answer) as port:
        return await verdict(replace(check, port=port))


def seen(answer: Answer, **how: object) -> Verdict:
    return asyncio.run(over_udp(asks(**how), answer))


def said(check: Check, ours: bytes = b"192.0.2.1:50000") -> bytes:
    dialogue = radius(check)
    next(dialogue)
    assert dialogue.send(b"") == Ourselves()
    word = dialogue.send(ours)
    assert isinstance(word, Again)
    assert isinstance(word.words, Hidden)
    return word.words


def test_a_right_password_is_up() -> None:
    assert seen(radius_server()).passed


@pytest.mark.parametrize("passwd", ["wrong", "", "x" * 128, "pass wörd"])
def test_any_other_password_is_down(passwd: str) -> None:
    wrong = Credentials(LOGIN, passwd, secret=SECRET)

    assert seen(radius_server(), credentials=wrong).detail == "answer: rejected"


def test_a_challenge_is_down() -> None:
    assert seen(radius_server(AccessChallenge)).detail == "answer: challenged"


def test_who_does_not_know_the_secret_is_not_believed() -> None:
    stranger = radius_server(AccessAccept, secret="another")  # noqa: S106

    assert re.fullmatch(
        r"no answer within 0\.1 s \(waiting for the answer,"
        r" \d packets not signed with the secret\)",
        seen(stranger, negotiatetimeout=SOON).detail,
    )


@pytest.mark.parametrize("words", [b"", b"x", b"\2" * 20, b"x" * 60_000])
def test_garbage_is_down_at_the_deadline(words: bytes) -> None:
    verdict = seen(lambda _: words, negotiatetimeout=SOON)

    assert verdict.detail.startswith("no answer within 0.1 s (waiting for the answer")


def test_nobody_there_is_down_at_once() -> None:
    seen = asyncio.run(verdict(asks(port=refusing())))

    assert seen.detail.startswith("refused")


def test_a_request_is_signed_and_its_signature_comes_first() -> None:
    words = said(asks())

    assert signature_is_right(words)
    assert PASSWD.encode() not in words


@pytest.mark.parametrize(
    ("ours", "attribute"),
    [
        (b"192.0.2.1:50000", bytes((4, 6, 192, 0, 2, 1))),
        (b"[2001:db8::1]:50000", b"\x5f\x12\x20\x01\x0d\xb8" + bytes(11) + b"\x01"),
    ],
)
def test_a_request_says_whose_it_is(ours: bytes, attribute: bytes) -> None:
    assert said(asks(), ours).endswith(attribute)


def test_each_request_is_another() -> None:
    assert said(asks())[4:20] != said(asks())[4:20]


@pytest.mark.parametrize(
    "known", [Credentials(LOGIN, "x" * 129), Credentials("x" * 300, PASSWD)]
)
def test_b61_what_cannot_be_asked_is_down_and_harms_nobody(known: Credentials) -> None:
    seen = asyncio.run(verdict(asks(port=refusing(), credentials=known)))

    assert not seen.passed
    assert "refused" not in seen.detail
    assert "xxx" not in seen.detail


def test_without_a_port_it_is_down() -> None:
    assert asyncio.run(verdict(asks(port=None))).detail.startswith("no port to check")
