"""How a check went, as lines of text: phases, then who said what and when. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from lvsha.cli.wanted import entries, entry, number, text

_NAMES: Final[Mapping[str, str]] = {
    "resolve": "resolve",
    "connect": "connect",
    "tls": "TLS",
    "first_byte": "first byte",
    "whole": "whole",
}
_MARKS: Final[Mapping[str, str]] = {"said": ">", "heard": "<"}
_EVENTS: Final = ("called", "resolved", "connected", "sealed")

# A line of a page may be as long as the page.
_WIDTH: Final = 160


def phases(found: Mapping[str, object]) -> str:
    """Return how long each phase took: ``connect 0.3 ms, whole 12 ms``."""
    seconds = entry(found, "phases")
    return ", ".join(
        f"{word} {milliseconds(value)}"
        for name, word in _NAMES.items()
        if (value := number(seconds, name)) is not None
    )


def lines(found: Mapping[str, object]) -> Iterator[str]:
    """Return the dialogue of what ``--json`` shows of a check.

    What was said stands after ``>``, what was heard after ``<``, and what
    happened besides after ``*``; before it, when.
    """
    for turn in entries(found, "dialogue"):
        at = milliseconds(number(turn, "after") or 0.0)
        mark, words = _turn(turn)
        for line in words:
            yield f"{at:>10}  {mark} {line}".rstrip()
            at = ""
        if turn.get("cut") is True:
            yield f"{'':>10}  {mark} ..."
    if more := number(found, "more_bytes"):
        yield f"{'':>10}  * {more:,.0f} bytes more"
    if ends := text(found, "certificate_ends"):
        yield f"{'':>10}  * certificate ends {ends}"


def milliseconds(seconds: float) -> str:
    """Return *seconds* as a reader compares them."""
    value = seconds * 1000
    return f"{value:.1f} ms" if value < 100 else f"{value:,.0f} ms"  # noqa: PLR2004


def printable(words: str) -> str:
    """Return *words* without what would move a terminal's cursor or be no text."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in words.encode(errors="backslashreplace").decode()
    )


def _turn(turn: Mapping[str, object]) -> tuple[str, list[str]]:
    for kind, mark in _MARKS.items():
        if kind in turn:
            said = text(turn, kind).replace("\r\n", "\n").removesuffix("\n")
            return mark, [_cut(printable(line)) for line in said.split("\n")]
    kind = next((kind for kind in _EVENTS if kind in turn), "")
    return "*", [f"{kind} {printable(text(turn, kind))}"]


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..."
