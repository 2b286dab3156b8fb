"""What host and agent say to each other."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsha.lab.guest.wire import (
    LONGEST,
    MAGIC,
    Decoder,
    Garbled,
    Kind,
    Message,
    encode,
    encode_all,
)

MESSAGES = st.builds(
    Message,
    st.sampled_from(Kind),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=300),
)


def pieces(content: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(content) + 1) for cut in cuts} | {0, len(content)})
    return [content[start:end] for start, end in pairwise(places)]


@given(st.lists(MESSAGES, max_size=8), st.lists(st.integers(0, 5000), max_size=20))
def test_what_was_encoded_is_decoded_however_it_is_cut(
    messages: list[Message], cuts: list[int]
) -> None:
    content = b"".join(map(encode, messages))
    decoder = Decoder(after_magic=False)

    heard = [
        message for piece in pieces(content, cuts) for message in decoder.feed(piece)
    ]

    assert heard == messages


@given(st.binary(max_size=200), st.lists(st.integers(0, 5000), max_size=20), MESSAGES)
def test_what_the_terminal_said_before_the_magic_is_skipped(
    noise: bytes, cuts: list[int], message: Message
) -> None:
    content = noise.replace(MAGIC, b"") + MAGIC + encode(message)
    decoder = Decoder(after_magic=True)

    heard = [found for piece in pieces(content, cuts) for found in decoder.feed(piece)]

    assert heard == [message]


def test_long_content_goes_in_several_messages() -> None:
    content = bytes(range(256)) * 600
    decoder = Decoder(after_magic=False)

    heard = decoder.feed(encode_all(Kind.INPUT, 7, content))

    assert len(heard) == 3
    assert all(len(message.payload) <= LONGEST for message in heard)
    assert b"".join(message.payload for message in heard) == content


def test_a_message_that_is_too_long_is_not_sent() -> None:
    with pytest.raises(Garbled, match="too long"):
        encode(Message(Kind.INPUT, 1, bytes(LONGEST + 1)))


def test_a_length_that_cannot_be_is_garbled_and_not_waited_for() -> None:
    with pytest.raises(Garbled, match="claims"):
        Decoder(after_magic=False).feed(b"\x05" + b"\xff" * 8)
