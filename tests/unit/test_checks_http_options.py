"""HTTP checks with statuses, header fields and a limit of time of the operator's."""

import asyncio

import pytest

from lvsha.checks.dialogue import Call, CheckFailed, NoAnswer
from lvsha.checks.http import http, http_proxy
from lvsha.checks.slowness import punctual
from lvsha.model import Check, Verdict
from tests.checks_peers import AGES, answering, http_check, rehearse, serving, verdict

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
DENIED = b"HTTP/1.1 401 Who are you\r\nContent-Length: 5\r\n\r\nalive"
MOVED = b"HTTP/1.1 302 Found\r\nLocation: %b\r\n\r\n"


def failure(check: Check, *heard: bytes | Exception) -> str:
    with pytest.raises(CheckFailed) as failed:
        rehearse(http(check), heard)
    return str(failed.value)


def words(check: Check, *heard: bytes) -> list[bytes]:
    said, _ = rehearse(http(check), heard)
    return [word for word in said if isinstance(word, bytes)]


def test_a_status_the_operator_names_is_good_and_no_other() -> None:
    check = http_check(80, statuses=((401, 401), (500, 599)))

    assert rehearse(http(check), [DENIED])[1].status == "401 Who are you"
    assert failure(check, OK) == "status: expected 401,500-599, got '200 OK'"


def test_the_body_of_a_good_answer_is_looked_at_whatever_its_status() -> None:
    check = http_check(80, statuses=((401, 401),), receive="alive")

    rehearse(http(check), [DENIED[:-3], DENIED[-3:]])
    assert "nothing matches" in failure(
        check, b"HTTP/1.1 401 No\r\nContent-Length: 4\r\n\r\ndead"
    )


def test_a_match_saves_an_answer_without_an_end_if_its_status_is_good() -> None:
    check = http_check(80, statuses=((401, 401),), receive="al")
    late = NoAnswer("no answer within 3 s")

    dialogue = http(check)
    next(dialogue)
    dialogue.send(b"")
    dialogue.send(DENIED[:-2])
    with pytest.raises(StopIteration):
        dialogue.throw(late)


def test_a_redirection_that_is_good_is_not_followed() -> None:
    moved = MOVED % b"/elsewhere"

    assert len(words(http_check(80, statuses=((302, 302),)), moved)) == 1
    assert len(words(http_check(80), moved, OK)) == 2


@pytest.mark.parametrize("code", [b"204 No Content", b"304 Not Modified"])
def test_a_status_without_a_body_ends_with_its_head(code: bytes) -> None:
    check = http_check(80, statuses=((200, 399),))

    rehearse(http(check), [b"HTTP/1.1 " + code + b"\r\n\r\n"])


def test_header_fields_are_sent_and_replace_our_own() -> None:
    check = http_check(
        80, headers=(("X-Check", "deep"), ("user-agent", "probe"), ("X-Check", "two"))
    )

    (said,) = words(check, OK)

    assert said.endswith(
        b"user-agent: probe\r\nX-Check: two\r\nConnection: close\r\n\r\n"
    )
    assert b"\r\nX-Check: deep\r\n" in said
    assert b"lvsha" not in said


def test_an_authorization_replaces_the_one_of_the_url() -> None:
    check = http_check(
        80, url="http://u:p@127.0.0.1/", headers=(("Authorization", "Bearer t"),)
    )

    (said,) = words(check, OK)

    assert said.count(b"Authorization") == 1
    assert b"Authorization: Bearer t\r\n" in said


@pytest.mark.parametrize(
    ("where", "sent"),
    [
        (b"/login", True),
        (b"http://127.0.0.1:80/login", True),
        (b"http://127.0.0.1:81/", False),
        (b"https://127.0.0.1/", False),
        (b"http://elsewhere.example/", False),
    ],
)
def test_header_fields_go_nowhere_else(where: bytes, *, sent: bool) -> None:
    check = http_check(
        80, virtualhost="www.example.com", headers=(("Authorization", "Bearer t"),)
    )

    _, again = words(check, MOVED % where, OK)

    assert (b"Bearer t" in again) is sent


def test_a_proxy_is_told_them_too() -> None:
    check = http_check(
        3128, service="http_proxy", url="http://x.example/", headers=(("X-A", "1"),)
    )

    said, _ = rehearse(http_proxy(check), [OK])

    assert isinstance(said[0], Call)
    assert b"\r\nX-A: 1\r\n" in bytes(said[1])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("passed", "seconds", "good"),
    [(True, 0.4, True), (True, 0.5, True), (True, 0.6, False), (False, 0.1, False)],
)
def test_what_passes_too_slowly_has_failed(
    *, passed: bool, seconds: float, good: bool
) -> None:
    before = Verdict(passed, "why", seconds, "200 OK")

    after = punctual(before, 0.5)

    assert after.passed is good
    assert (after == before) is (good is passed)
    assert (after.seconds, after.status) == (seconds, "200 OK")


def test_a_slow_answer_says_so() -> None:
    detail = punctual(Verdict(passed=True, seconds=1.234), 0.5).detail

    assert detail == "answered after 1.23 s, slower than 0.5 s"


def test_the_prober_holds_every_check_to_its_limit() -> None:
    async def run(slowest: float) -> bool:
        async with serving(answering(OK)) as port:
            return (await verdict(http_check(port, slowest=slowest))).passed

    assert asyncio.run(run(AGES))
    assert not asyncio.run(run(1e-9))
