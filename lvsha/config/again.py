"""Reading a file again: what did not change in it is taken over.

A file is its globals and one piece for each virtual service. A piece means the
same as before while it stands in the same lines of the same file below the
same globals, and no name in it had to be looked up.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from lvsha.config.document import Document, Kind, Line
from lvsha.config.lint import lint_service
from lvsha.config.parse import Notes, Parsed, Section, parse
from lvsha.config.resolve import GlobalFallback, Resolver, virtual
from lvsha.errors import Problem
from lvsha.identity import Address
from lvsha.model import VirtualService

_HEADER: Final = re.compile(rb"^virtual6?[ \t]*=", re.MULTILINE)

# The index of a virtual service, the number of its first line, its bytes.
Piece = tuple[int, int, bytes]


@dataclass(frozen=True, slots=True)
class Known:
    """What a piece was found to mean."""

    lines: tuple[Line, ...]
    section: Section
    service: VirtualService
    warnings: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """A file that was read before: its *globals* and its pieces."""

    file: str
    globals: bytes
    lines: tuple[Line, ...]
    settings: Parsed
    warnings: tuple[Problem, ...]
    fallbacks: Mapping[str, GlobalFallback]
    known: Mapping[Piece, Known] = field(repr=False)


@dataclass(slots=True)
class Asked:
    """A resolver that remembers for which sections it was asked."""

    resolver: Resolver
    notes: Notes
    sections: set[int] = field(default_factory=set)

    def address(self, host: str, version: int) -> Address | None:
        """Return the first address of *host* in the IP *version*."""
        self.sections.add(self.notes.section)
        return self.resolver.address(host, version)

    def port(self, service: str, protocol: str) -> int | None:
        """Return the port of *service*; an empty *protocol* is any."""
        self.sections.add(self.notes.section)
        return self.resolver.port(service, protocol)

    def hostname(self) -> str:
        """Return the name this machine goes by; it does not change."""
        return self.resolver.hostname()


@dataclass(frozen=True, slots=True)
class Read:
    """A file as it was read: what is in it, what it means, what was noted."""

    content: bytes
    document: Document
    parsed: Parsed
    services: tuple[VirtualService, ...]
    fallbacks: Mapping[str, GlobalFallback]
    notes: Notes
    asked: Asked

    def remembered(self) -> Memory | None:
        """Return what can be taken over next time; None for an unusual file."""
        document, parsed, notes = self.document, self.parsed, self.notes
        start, pieces = _taken_apart(self.content)
        first = pieces[0][1] if pieces else len(document.lines) + 1
        scattered = any(
            line.kind is Kind.SETTING and line.section < 0
            for line in document.lines[first - 1 :]
        )
        named = self.asked.sections
        if scattered or -1 in named or len(pieces) != len(self.services):
            return None
        numbers = [number for _, number, _ in pieces]
        stops = [*numbers, len(document.lines) + 1][1:]
        return Memory(
            notes.file,
            start,
            document.lines[: first - 1],
            Parsed(parsed.settings, parsed.executes),
            tuple(notes.by_section.get(-1, ())),
            self.fallbacks,
            {
                piece: Known(
                    document.lines[piece[1] - 1 : stop - 1],
                    parsed.sections[piece[0]],
                    self.services[piece[0]],
                    tuple(notes.by_section.get(piece[0], ())),
                )
                for piece, stop in zip(pieces, stops, strict=True)
                if piece[0] not in named
            },
        )


def reread(
    content: bytes, memory: Memory, file: str, resolver: Resolver
) -> Read | None:
    """Return what *content* means by *memory*; None if it must be read as a whole.

    That is so too when something is wrong in it: errors are told in one way.
    """
    start, pieces = _taken_apart(content)
    if start != memory.globals or file != memory.file:
        return None
    notes = Notes(file)
    asked = Asked(resolver, notes)
    notes.by_section[-1] = list(memory.warnings)
    parsed = Parsed(memory.settings.settings, memory.settings.executes)
    lines = list(memory.lines)
    services: list[VirtualService] = []
    for piece in pieces:
        found = memory.known.get(piece)
        if found is None:
            found = _read(piece, parsed, memory.fallbacks, asked)
            if found is None:
                return None
        lines += found.lines
        parsed.sections.append(_closed(found, piece, last=piece is pieces[-1]))
        services.append(found.service)
        notes.by_section[piece[0]] = list(found.warnings)
    if len({service.key for service in services}) != len(services):
        return None
    ends = tuple(section.end for section in parsed.sections)
    document = Document(tuple(lines), ends)
    return Read(
        content, document, parsed, tuple(services), memory.fallbacks, notes, asked
    )


def _read(
    piece: Piece, parsed: Parsed, fallbacks: Mapping[str, GlobalFallback], asked: Asked
) -> Known | None:
    index, first, content = piece
    document = Document.parse(content, first, index - 1)
    own = Notes(asked.notes.file)
    found = parse(document, own)
    if len(found.sections) != 1 or found.settings or found.executes:
        return None
    (section,) = found.sections
    own.section = asked.notes.section = index
    service = virtual(parsed, section, asked, own, fallbacks)
    if service is None or own.errors:
        return None
    lint_service(parsed, section, service, own)
    return Known(document.lines, section, service, tuple(own.warnings))


def _closed(known: Known, piece: Piece, *, last: bool) -> Section:
    """Return the section, which what follows the piece may close."""
    section, line = known.section, known.lines[-1]
    end = line.number + (not last) if line.section == piece[0] else section.end
    return section if end == section.end else replace(section, end=end)


def _taken_apart(content: bytes) -> tuple[bytes, list[Piece]]:
    """Return what stands before the first virtual service, and each of them."""
    starts = [match.start() for match in _HEADER.finditer(content)]
    return content[: starts[0]] if starts else content, list(_pieces(content, starts))


def _pieces(content: bytes, starts: list[int]) -> Iterator[Piece]:
    number = 1
    before = 0
    stops = [*starts, len(content)][1:]
    for index, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        number += content.count(b"\n", before, start)
        before = start
        yield index, number, content[start:stop]
