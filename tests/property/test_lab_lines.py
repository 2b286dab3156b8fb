"""Output that comes in pieces is heard line by line."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from lvsha.lab.guest.wire import Kind
from lvsha.lab.process import by_line

LINES = st.lists(st.binary(max_size=8).filter(lambda line: b"\n" not in line))


@given(LINES, st.lists(st.integers(0, 100)))
def test_lines_come_whole_however_they_are_cut(
    lines: list[bytes], cuts: list[int]
) -> None:
    heard: list[bytes] = []
    listen = by_line(heard.append)
    sent = b"".join(line + b"\n" for line in lines) + b"unfinished"

    places = [0, *sorted(min(cut, len(sent)) for cut in cuts), len(sent)]
    for first, last in itertools.pairwise(places):
        listen(Kind.OUTPUT, sent[first:last])

    assert heard == lines


def test_what_goes_to_standard_error_is_no_line() -> None:
    heard: list[bytes] = []
    listen = by_line(heard.append)

    listen(Kind.OUTPUT, b"a li")
    listen(Kind.ERRORS, b"trouble\n")
    listen(Kind.OUTPUT, b"ne\n")

    assert heard == [b"a line"]
