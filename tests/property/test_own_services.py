"""Whatever a peer says, and whatever is written, an answer or a refusal comes of it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsha.checks.agent import agent
from lvsha.checks.dialogue import CheckFailed, Dialogue
from lvsha.checks.grpc import grpc, health
from lvsha.checks.redis import Reply, redis
from lvsha.config.own_rules import alsocheck, httpheader, httpstatus, words_of
from lvsha.config.values import Refused
from lvsha.model import Check
from tests.checks_peers import BASE

SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
PIECES = st.lists(st.binary(min_size=1, max_size=60), max_size=12)
RESP = st.lists(
    st.sampled_from([b"+", b"-", b":", b"$", b"*", b"\r\n", b"1", b"3", b"PONG", b"x"]),
    max_size=30,
).map(b"".join)


def ends(dialogue: Dialogue, heard: list[bytes]) -> None:
    """Hold *dialogue* to its end: satisfied, or failed, and in no other way."""
    next(dialogue)
    with contextlib.suppress(StopIteration, CheckFailed):
        dialogue.send(b"")
        for words in heard:
            dialogue.send(words)
        dialogue.send(b"")
        pytest.fail("it went on after the end")


@given(PIECES)
def test_redis_ends_whatever_it_hears(heard: list[bytes]) -> None:
    ends(redis(BASE), heard)


@given(RESP, st.integers(0, 40))
def test_a_reply_does_not_depend_on_how_it_is_cut(heard: bytes, at: int) -> None:
    def read(*pieces: bytes) -> bytes | str | None:
        reply, found = Reply(), None
        for piece in filter(None, pieces):
            try:
                found = reply.hear(piece)
            except CheckFailed:
                return "failed"
            if found is not None:
                return found
        return found

    whole, cut = read(heard), read(heard[:at], heard[at:])

    # A reply that is whole before the cut is not looked at any further.
    assert whole in (cut, "failed") or read(heard[:at]) == cut


@given(PIECES)
def test_grpc_ends_whatever_it_hears(heard: list[bytes]) -> None:
    check: Check = BASE
    ends(grpc(check), heard)
    ends(grpc(check), [SETTINGS, *heard])


@given(
    st.integers(0, 12), st.integers(0, 255), st.integers(0, 3), st.binary(max_size=40)
)
def test_grpc_ends_whatever_frame_it_hears(
    kind: int, flags: int, stream: int, payload: bytes
) -> None:
    head = len(payload).to_bytes(3, "big") + bytes((kind, flags))
    frame = head + stream.to_bytes(4, "big") + payload

    ends(grpc(BASE), [SETTINGS, frame, frame])


@given(st.binary(max_size=20))
def test_a_health_message_is_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(CheckFailed):
        assert health(body) >= 0


@given(PIECES)
def test_an_agent_ends_whatever_it_says(heard: list[bytes]) -> None:
    ends(agent(BASE), heard)


@given(
    st.lists(
        st.tuples(st.integers(200, 599), st.integers(200, 599)).map(
            lambda pair: (min(pair), max(pair))
        ),
        min_size=1,
        max_size=5,
    ).map(tuple)
)
def test_statuses_are_read_as_they_are_written(
    ranges: tuple[tuple[int, int], ...],
) -> None:
    assert httpstatus(words_of(ranges)).value == ranges


@given(st.text(max_size=60))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    for rule in (httpstatus, alsocheck, httpheader):
        with contextlib.suppress(Refused):
            rule(text)


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_field_ends_its_line(name: str, value: str) -> None:
    try:
        read = httpheader(f'"{name}: {value}"').value
    except Refused:
        return

    assert isinstance(read, tuple)
    assert not {"\r", "\n", "\0"} & set("".join(read))
    assert ":" not in read[0]
