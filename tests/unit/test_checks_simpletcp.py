from dataclasses import replace

import pytest

from lvsha.checks.dialogue import (
    SILENCE,
    Call,
    CheckFailed,
    Last,
    Lines,
    NoAnswer,
    insist,
    quoted,
    spoken,
)
from lvsha.checks.simpletcp import simpletcp
from lvsha.identity import Protocol
from tests.checks_peers import BASE, rehearse

CHECK = replace(BASE, service="simpletcp", port=7, request="/hello\\n", receive="alive")


def test_the_request_goes_without_its_slash_and_with_line_feeds() -> None:
    said, _ = rehearse(simpletcp(replace(CHECK, request="//a\\nb\\r")), [b"alive"])

    assert said == [Call("127.0.0.1", 7, name="127.0.0.1"), Last(b"/a\nb\\r")]


@pytest.mark.parametrize(
    "heard",
    [[b"hello\nalive\n"], [b"al", b"ive\n"], [b"alive"], [b"x\nali", b"ve"]],
)
def test_one_matching_line_is_up(heard: list[bytes]) -> None:
    rehearse(simpletcp(CHECK), heard)


@pytest.mark.parametrize("heard", [[b"ali\nve\n"], [b"dead"], []])
def test_no_matching_line_is_down(heard: list[bytes]) -> None:
    with pytest.raises(CheckFailed, match="answer: "):
        rehearse(simpletcp(CHECK), heard)


def test_a_pattern_never_spans_lines() -> None:
    with pytest.raises(CheckFailed, match="none of 2 lines"):
        rehearse(simpletcp(replace(CHECK, receive="a\\sb")), [b"a\nb\n"])


@pytest.mark.parametrize("request_", ["/abc", "/abc\\n", "/"])
def test_b18_any_line_will_do_without_receive(request_: str) -> None:
    rehearse(simpletcp(replace(CHECK, request=request_, receive="")), [b"x\n"])


def test_b18_no_line_is_down_without_receive() -> None:
    with pytest.raises(CheckFailed, match="not a line"):
        rehearse(simpletcp(replace(CHECK, receive="")), [])


def test_a_datagram_ends_its_last_line() -> None:
    check = replace(CHECK, transport=Protocol.UDP, receive="^alive$")

    rehearse(simpletcp(check), [b"dead\nalive", b"x"])


def test_silence_says_what_was_heard_before() -> None:
    with pytest.raises(CheckFailed, match=r"late \(none of 1 lines matches 'alive'\)"):
        rehearse(simpletcp(CHECK), [b"dead\n", NoAnswer("late")])


def test_a_line_without_an_end_is_down() -> None:
    with pytest.raises(CheckFailed, match="answer"):
        rehearse(simpletcp(CHECK), [b"x" * 500_000] * 3)


def test_no_port_is_down_at_once() -> None:
    with pytest.raises(CheckFailed, match="no port to check"):
        next(simpletcp(replace(CHECK, port=None)))


def pop() -> Lines:
    insist((yield SILENCE), b"+OK", at="greeting")
    insist((yield b"USER me\r\n"), b"+OK", at="USER")
    return b"QUIT\r\n"


@pytest.mark.parametrize(
    "heard",
    [[b"+OK hi\r\n", b"+OK\r\n"], [b"+O", b"K hi\r", b"\n", b"+OK\n"]],
)
def test_a_protocol_of_lines_hears_lines(heard: list[bytes]) -> None:
    said, satisfied = rehearse(spoken(Call("h", 110), pop()), heard)

    assert said == [Call("h", 110), b"", b"USER me\r\n"]
    assert satisfied.farewell == b"QUIT\r\n"


def test_a_protocol_of_lines_says_what_it_heard_instead() -> None:
    with pytest.raises(CheckFailed, match=r"USER: expected b'\+OK', got '-ERR no"):
        rehearse(spoken(Call("h", 110), pop()), [b"+OK\n", b"-ERR no\n"])


def test_a_peer_is_quoted_escaped_and_cut() -> None:
    assert quoted(b"a\xff\x00") == r"'a\\xff\x00'"
    assert quoted(b"x" * 1000) == f"'{'x' * 60}'..."
