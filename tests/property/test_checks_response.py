from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lvsha.checks import echo
from lvsha.checks.dialogue import Call, CheckFailed, Dialogue, NoAnswer, Satisfied
from lvsha.checks.http import errand, http
from lvsha.checks.simpletcp import simpletcp
from tests.checks_peers import BASE, http_check

# What an answer may be made of, right or wrong.
PIECES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 204 No\n",
        b"HTTP/1.1 100 Go on\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\n",
        b"HTTP/1.1 302 Found\r\n",
        b"Location: /x\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: 0\r\n",
        b"Content-Length: x\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"\r\n",
        b"\n",
        b"5\r\nalive\r\n",
        b"2\r\nal\r\n3;x\r\nive\r\n",
        b"0\r\n\r\n",
        b"0\r\nX: y\r\n\r\n",
        b"alive",
        b"HTTP/",
        b"F" * 17 + b"\r\n",
    ]
)
ANSWERS = st.lists(PIECES | st.binary(max_size=8), max_size=12).map(b"".join)
CUTS = st.lists(st.integers(0, 200), max_size=12)


def cut(words: bytes, cuts: list[int]) -> list[bytes]:
    at = sorted({0, len(words), *(one % (len(words) + 1) for one in cuts)})
    return [words[a:b] for a, b in pairwise(at)]


def passes(dialogue: Dialogue, heard: list[bytes]) -> bool | None:
    """Tell whether the check passed, None if it goes on: never anything else."""
    next(dialogue)
    try:
        dialogue.send(b"")
        for words in heard:
            word = dialogue.send(words)
            assert word == b"" or isinstance(word, Call)
            if word:
                return None
        dialogue.send(b"")
        dialogue.throw(NoAnswer("connection closed"))
    except StopIteration as satisfied:
        end: object = satisfied.value
    except CheckFailed as failed:
        end = str(failed)
    assert isinstance(end, Satisfied) or (isinstance(end, str) and sober(end))
    return isinstance(end, Satisfied)


def sober(detail: str) -> bool:
    """Tell whether *detail* may stand in a log, whatever the peer said."""
    return detail.isprintable() and len(detail) < 250


@given(ANSWERS, CUTS, st.sampled_from(["", "alive", "^al", "x"]))
def test_any_cut_of_an_answer_gives_the_same_verdict(
    answer: bytes, cuts: list[int], receive: str
) -> None:
    check = http_check(receive=receive)

    whole = passes(http(check), [answer] if answer else [])

    assert passes(http(check), cut(answer, cuts)) is whole


@given(ANSWERS, CUTS, st.sampled_from(["", "alive", "^al", "x"]))
def test_any_cut_of_lines_gives_the_same_verdict(
    answer: bytes, cuts: list[int], receive: str
) -> None:
    check = replace(BASE, service="simpletcp", port=7, receive=receive)

    whole = passes(simpletcp(check), [answer] if answer else [])

    assert passes(simpletcp(check), cut(answer, cuts)) is whole


@given(st.lists(st.binary(min_size=1), max_size=5))
def test_no_answer_crashes_a_check(heard: list[bytes]) -> None:
    check = http_check(receive="a")

    passes(http(check), heard)
    passes(http(check), [b"HTTP/1.1 200 OK\r\n", *heard])
    passes(
        http(check), [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *heard]
    )


@given(st.text(), st.text())
def test_no_url_is_anything_but_a_request_of_three_lines_or_refused(
    url: str, virtualhost: str
) -> None:
    virtualhost = "".join(virtualhost.split())
    try:
        words = errand(f"http://{url}", "GET", virtualhost, proxied=False).words
    except CheckFailed:
        return
    assert words.count(b"\n") in (5, 6)
    assert words.startswith(b"GET /")


@given(st.sampled_from([4, 6]), st.binary(max_size=100), st.booleans())
def test_no_packet_crashes_a_ping(version: int, packet: bytes, raw: bool) -> None:  # noqa: FBT001
    echo.reply(version, packet, raw=raw)
