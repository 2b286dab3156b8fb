"""Changing a document: one value, one line, one section, and no other byte.

Every function returns another document. A value that the file's grammar cannot
hold, or that its directive refuses, raises :exc:`Refused` and changes nothing.
"""

from collections.abc import Iterable, Mapping

from lvsha.config import addresses, directives
from lvsha.config.directives import Directive, Quotes
from lvsha.config.document import Document, Kind, Line
from lvsha.config.values import Refused, between_quotes

_INDENT = "\t"
_HEADERS = {"virtual": 4, "virtual6": 6}


def set_value(
    document: Document, name: str, value: str, *, section: int = -1
) -> Document:
    """Return *document* with *name* set to *value* in *section* (-1: globally).

    The line that counts, the last one, is changed; without one, a line is added.
    """
    lines = list(document.settings(name, section=section))
    if not lines:
        return add_line(document, name, value, section=section)
    return replace_value(document, lines[-1].number, value)


def replace_value(document: Document, number: int, value: str) -> Document:
    """Return *document* with the value of line *number* replaced."""
    line = document.lines[number - 1]
    if line.kind not in (Kind.SETTING, Kind.HEADER):
        raise Refused("unknown-directive", f"line {number} has no value")
    start, stop = _extent(line, _directive(document, line))
    written = value
    if line.text[start - 1 : start] != '"' or line.text[stop : stop + 1] != '"':
        written = _written(document, line, value)
    if not line.assigned:
        written = f"{line.text[:stop].rstrip()} = {written}"
        start = 0
    text = line.text[:start] + written + line.text[stop:]
    changed = [
        each if each is not line else line._replace(text=text)
        for each in document.lines
    ]
    return _examined(_rebuilt(changed), number, line, value)


def add_line(
    document: Document, name: str, value: str, *, section: int = -1
) -> Document:
    """Return *document* with one more line, behind the others of *section*."""
    lines = list(document.lines)
    if section >= 0:
        at, indent = _end_of_section(document, section)
    else:
        at, indent = _end_of_globals(document), ""
    ending = next((line.ending for line in lines if line.ending), "\n")
    mould = Line(at + 1, "", ending, Kind.SETTING, section, name, assigned=True)
    text = f"{indent}{name} = {_written(document, mould, value)}"
    added = mould._replace(text=text)
    if at and not lines[at - 1].ending:
        lines[at - 1] = lines[at - 1]._replace(ending=ending)
        added = added._replace(ending="")
    return _examined(_rebuilt([*lines[:at], added, *lines[at:]]), at + 1, added, value)


def remove(document: Document, name: str, *, section: int = -1) -> Document:
    """Return *document* without any line that sets *name* in *section*."""
    gone = {line.number for line in document.settings(name, section=section)}
    return _without(document, gone)


def remove_line(document: Document, number: int) -> Document:
    """Return *document* without line *number*."""
    return _without(document, {number})


def add_section(document: Document, name: str, value: str) -> Document:
    """Return *document* with a new virtual service at its end, still empty."""
    addresses.virtual(value, _HEADERS[name])
    lines = list(document.lines)
    ending = next((line.ending for line in lines if line.ending), "\n")
    if lines and not lines[-1].ending:
        lines[-1] = lines[-1]._replace(ending=ending)
    if lines and lines[-1].kind is not Kind.BLANK:
        lines.append(Line(0, "", ending, Kind.BLANK))
    lines.append(Line(0, f"{name} = {value}", ending, Kind.HEADER))
    changed = _rebuilt(lines)
    return _examined(changed, len(lines), lines[-1]._replace(name=name), value)


def remove_section(document: Document, section: int) -> Document:
    """Return *document* without one virtual service and the comments in it."""
    return _without(
        document, {line.number for line in document.lines if line.section == section}
    )


def _without(document: Document, numbers: Iterable[int]) -> Document:
    gone = set(numbers)
    return _rebuilt([line for line in document.lines if line.number not in gone])


def _rebuilt(lines: Iterable[Line]) -> Document:
    text = "".join(line.text + line.ending for line in lines)
    return Document.parse(text.encode("utf-8", "surrogateescape"))


def _table(document: Document, section: int) -> Mapping[str, Directive]:
    if section < 0:
        return directives.GLOBAL
    six = document.sections()[section].name == "virtual6"
    return directives.VIRTUAL6 if six else directives.VIRTUAL


def _directive(document: Document, line: Line) -> Directive | None:
    if line.kind is Kind.HEADER:
        return None
    return _table(document, line.section).get(line.name)


def _extent(line: Line, directive: Directive | None) -> tuple[int, int]:
    """Return where the value proper starts and stops in the text of *line*."""
    value = line.value
    quotes = directive.quotes if directive else Quotes.NEVER
    if quotes is not Quotes.NEVER and between_quotes(value) is not None:
        return line.start + 1, line.start + value.rfind('"')
    if quotes is Quotes.NEVER:
        remark = min(
            (at for at in map(value.find, (" #", "\t#")) if at >= 0), default=-1
        )
        value = value if remark < 0 else value[:remark]
    return line.start, line.start + len(value.rstrip(" \t"))


def _written(document: Document, line: Line, value: str) -> str:
    directive = _directive(document, line)
    quotes = directive.quotes if directive else Quotes.NEVER
    odd = value.strip() != value or not value or "#" in value or value[0] in "\"'"
    if quotes is Quotes.NEEDED or (quotes is Quotes.ALLOWED and odd):
        return f'"{value}"'
    return value


def _examined(document: Document, number: int, wanted: Line, value: str) -> Document:
    """Return *document* if its line *number* really says *value*."""
    line = document.lines[number - 1] if number <= len(document.lines) else wanted
    start, stop = _extent(line, _directive(document, line))
    if (
        (line.name, line.section) != (wanted.name, wanted.section)
        and wanted.kind is not Kind.HEADER
    ) or line.text[start:stop] != value:
        raise Refused("bad-value", f"{wanted.name} cannot hold this value")
    if line.kind is Kind.HEADER:
        addresses.virtual(line.value, _HEADERS[line.name])
        return document
    directive = _directive(document, line)
    if directive is None:
        raise Refused("unknown-directive", f"{line.name} cannot stand here")
    directive.rule(line.value)
    return document


def _end_of_section(document: Document, section: int) -> tuple[int, str]:
    """Return the number of the last line of *section*, and its indentation."""
    at = document.sections()[section].number
    indent = _INDENT
    for line in document.lines:
        if line.section == section and line.kind is Kind.SETTING:
            at = line.number
            indent = line.text[: line.begin]
    return at, indent


def _end_of_globals(document: Document) -> int:
    """Return behind which line another global directive goes."""
    at = 0
    for line in document.lines:
        if line.kind is Kind.HEADER:
            break
        if line.kind is Kind.SETTING:
            at = line.number
    return at
