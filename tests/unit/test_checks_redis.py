"""Redis as a dialogue: what is said, and which replies are good."""

from dataclasses import replace

import pytest

from lvsha.checks.dialogue import Call, CheckFailed, NoAnswer
from lvsha.checks.redis import Reply, command, redis
from lvsha.model import Check, Credentials
from tests.checks_peers import BASE, rehearse

PING = b"*1\r\n$4\r\nPING\r\n"
ROLE = (
    b"*3\r\n$6\r\nmaster\r\n:3129659\r\n*1\r\n"
    b"*3\r\n$9\r\n127.0.0.1\r\n$4\r\n9001\r\n$7\r\n3129242\r\n"
)


def check(**settings: object) -> Check:
    asked = replace(BASE, service="redis", port=6379)
    return replace(asked, **settings)  # type: ignore[arg-type]


def failure(asked: Check, *heard: bytes) -> str:
    with pytest.raises(CheckFailed) as failed:
        rehearse(redis(asked), heard)
    return str(failed.value)


def test_a_ping_is_answered_with_pong() -> None:
    said, end = rehearse(redis(check()), [b"+PONG\r\n"])

    assert said == [Call("127.0.0.1", 6379, name="127.0.0.1"), PING]
    assert end.farewell == command("QUIT")


def test_rediss_is_the_same_in_tls() -> None:
    said, _ = rehearse(redis(check(service="rediss")), [b"+PONG\r\n"])

    assert isinstance(said[0], Call)
    assert said[0].sealed


@pytest.mark.parametrize(
    ("login", "words"),
    [
        ("", b"*2\r\n$4\r\nAUTH\r\n$6\r\ngeheim\r\n"),
        ("me", b"*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$6\r\ngeheim\r\n"),
    ],
)
def test_a_password_is_said_first(login: str, words: bytes) -> None:
    asked = check(credentials=Credentials(login, "geheim"))

    said, _ = rehearse(redis(asked), [b"+OK\r\n", b"+PONG\r\n"])

    assert said[1:] == [words, PING]


@pytest.mark.parametrize(
    ("heard", "why"),
    [
        (b"-ERR unknown\r\n", "PING: got '-ERR unknown'"),
        (b"-NOAUTH Authentication required.\r\n", "PING: got '-NOAUTH"),
        (b"-LOADING dataset in memory\r\n", "PING: got '-LOADING"),
        (b"+QUEUED\r\n", "PING: expected PONG, got 'QUEUED'"),
        (b"HTTP/1.1 400 Bad Request\r\n", "not Redis: 'HTTP/1.1 400"),
        (b"$x\r\n", "not Redis: '$x'"),
        (b"*1\r\n" * 9, "not Redis: '*1'"),
        (b"$999999999999\r\n", "not Redis"),
        (b"+" + b"x" * (1 << 20), "reply without an end"),
        (b"+PON", "PING: connection closed"),
    ],
)
def test_any_other_answer_is_a_failure(heard: bytes, why: str) -> None:
    assert failure(check(), heard).startswith(why)


def test_a_wrong_password_is_told_without_it() -> None:
    asked = check(credentials=Credentials("me", "geheim"))

    said = failure(asked, b"-WRONGPASS invalid username-password pair\r\n")

    assert said.startswith("AUTH: got '-WRONGPASS")
    assert "geheim" not in said


def test_a_role_is_matched_as_text() -> None:
    asked = check(request="/ROLE", receive="^master")

    said, _ = rehearse(redis(asked), [ROLE])

    assert said[1] == command("ROLE")
    assert failure(replace(asked, receive="^slave"), ROLE) == (
        "ROLE: nothing matches '^slave'"
    )


def test_any_cut_of_a_reply_is_the_same_reply() -> None:
    whole = Reply().hear(ROLE)

    for at in range(1, len(ROLE)):
        reply = Reply()
        assert reply.hear(ROLE[:at]) is None
        assert reply.hear(ROLE[at:]) == whole
    assert whole == b"+master\n3129659\n127.0.0.1\n9001\n3129242"


def test_nothing_within_the_deadline_is_told() -> None:
    dialogue = redis(check())
    next(dialogue)
    dialogue.send(b"")

    with pytest.raises(NoAnswer):
        dialogue.throw(NoAnswer("no answer within 3 s"))
