"""A configuration file as its lines: what stands where, byte for byte.

Only layout lives here: which lines are blank, comments, headers of virtual
services or directives, where a value begins and ends. What a value means
belongs to :mod:`lvsha.config.directives`. A document is a value; the methods
that change something return another document in which every other byte is the
same.
"""

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

TAB: Final = 4  # blanks a tab is worth at the start of a line

_NAME = re.compile(r"([A-Za-z0-9_-]+)[ \t]*(=[ \t]*)?")
_HEADER = frozenset({"virtual", "virtual6"})
_BLANKS = " \t"
_SPACE = " \t\v\f"


class Kind(enum.Enum):
    """What a line is."""

    BLANK = enum.auto()
    COMMENT = enum.auto()
    HEADER = enum.auto()
    SETTING = enum.auto()
    STRANGE = enum.auto()


class Line(NamedTuple):
    """One line of the file.

    *number* counts from 1. *section* is the index of the virtual service the
    line belongs to, -1 outside of them. *start* and *stop* enclose the value
    in *text*: from after the equals sign and blanks to the trailing comment or
    the end of the line, trailing blanks included. *assigned* tells a bare word
    from ``word =``.
    """

    number: int
    text: str
    ending: str
    kind: Kind
    section: int = -1
    name: str = ""
    begin: int = 0
    start: int = 0
    stop: int = 0
    assigned: bool = False

    @property
    def value(self) -> str:
        """The value as it stands in the file."""
        return self.text[self.start : self.stop]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole file; *ends* holds the line number that closed each section."""

    lines: tuple[Line, ...]
    ends: tuple[int, ...]

    @classmethod
    def parse(cls, content: bytes, first: int = 1, section: int = -1) -> Self:
        """Return *content* taken apart; every content is a document.

        For a piece of a file, *first* is its first line's number and *section*
        the index of the virtual service before it.
        """
        lines: list[Line] = []
        ends: list[int] = []
        inside = False
        number = first
        for number, (text, ending) in enumerate(_physical(content), first):
            bare = text.lstrip(_SPACE)
            if bare[:1] == "#":
                lines.append(
                    Line(number, text, ending, Kind.COMMENT, section if inside else -1)
                )
                continue
            if inside and (not bare or _indent(text) < TAB):
                inside = False
                ends.append(number)
            if not bare:
                lines.append(Line(number, text, ending, Kind.BLANK))
            elif inside:
                lines.append(_inner(number, text, ending, section))
            else:
                line = _outer(number, text, ending, section + 1)
                lines.append(line)
                if line.kind is Kind.HEADER:
                    section += 1
                    inside = True
        if inside:
            ends.append(number)
        return cls(tuple(lines), tuple(ends))

    def content(self) -> bytes:
        """Return the file's bytes."""
        text = "".join([line.text + line.ending for line in self.lines])
        return text.encode("utf-8", "surrogateescape")

    def source(self, number: int) -> str:
        """Return the text of line *number*, or nothing if there is none."""
        return self.lines[number - 1].text if 0 < number <= len(self.lines) else ""

    def settings(self, name: str, *, section: int = -1) -> Iterator[Line]:
        """Yield the lines that set *name* in *section* (-1: globally)."""
        for line in self.lines:
            if (
                line.kind is Kind.SETTING
                and line.name == name
                and line.section == section
            ):
                yield line

    def sections(self) -> tuple[Line, ...]:
        """Return the header line of every virtual service."""
        return tuple(line for line in self.lines if line.kind is Kind.HEADER)


def _physical(content: bytes) -> Iterator[tuple[str, str]]:
    parts = content.decode("utf-8", "surrogateescape").split("\n")
    last = len(parts) - 1
    for index, part in enumerate(parts):
        text = part.rstrip("\r")
        ending = part[len(text) :] + ("\n" if index < last else "")
        if text or ending:
            yield text, ending


def _indent(text: str) -> int:
    blanks = text[: len(text) - len(text.lstrip(_BLANKS))]
    return len(blanks) + (TAB - 1) * blanks.count("\t")


def _outer(number: int, text: str, ending: str, section: int) -> Line:
    match = _NAME.match(text)
    if match is None:
        begin = len(text) - len(text.lstrip())
        return Line(number, text, ending, Kind.STRANGE, begin=begin, stop=len(text))
    name = match[1]
    header = match[2] is not None and name in _HEADER
    return Line(
        number,
        text,
        ending,
        Kind.HEADER if header else Kind.SETTING,
        section if header else -1,
        name,
        0,
        match.end(),
        len(text),
        match[2] is not None,
    )


def _inner(number: int, text: str, ending: str, section: int) -> Line:
    begin = len(text) - len(text.lstrip(_BLANKS))
    stop = comment(text, begin)
    match = _NAME.match(text, begin, stop)
    if match is None:
        return Line(number, text, ending, Kind.STRANGE, section, "", begin, begin, stop)
    return Line(
        number,
        text,
        ending,
        Kind.SETTING,
        section,
        match[1],
        begin,
        match.end(),
        stop,
        match[2] is not None,
    )


def comment(text: str, begin: int = 0) -> int:
    """Return where the comment after a value starts, or the length of *text*.

    A ``#`` between two double quotes is text.
    """
    at = text.find("#", begin)
    if at < 0:
        return len(text)
    last = text.rfind('"')
    quotes = 0
    while at >= 0:
        quotes += text.count('"', begin, at)
        if at > last or quotes % 2 == 0:
            return at
        begin, at = at, text.find("#", at + 1)
    return len(text)
