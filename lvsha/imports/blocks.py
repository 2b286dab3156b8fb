"""``keepalived.conf`` as statements and blocks, each with its line. Pure.

What keywords mean belongs to :mod:`lvsha.imports.keepalived`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_TOKEN: Final = re.compile(
    r'"([^"]*)"?|([{}])|([#!].*)|([^\s{}"#!]+(?:[#!][^\s{}"]*)*)'
)
_BRACES: Final = ("{", "}")
_DEFINITION: Final = re.compile(r"\s*\$(\w+)\s*=\s*(.*?)\s*$")
_USE: Final = re.compile(r"\$\{(\w+)\}|\$(\w+)")


@dataclass(slots=True)
class Node:
    """A statement: its words, its line, and what stands between its braces."""

    words: list[str]
    line: int
    inside: list["Node"] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The keyword."""
        return self.words[0]

    @property
    def value(self) -> str:
        """The words behind the keyword."""
        return " ".join(self.words[1:])

    def find(self, *names: str) -> "Node | None":
        """Return the last statement inside that is called one of *names*."""
        found = [node for node in self.inside if node.name in names]
        return found[-1] if found else None


def blocks(text: str) -> list[Node]:
    """Return the statements of *text*; raises ValueError, naming the line."""
    tree = _Tree()
    for number, words in _lines(text):
        statement: list[str] = []
        for word in words:
            if word in _BRACES:
                tree.add(statement, number)
                tree.turn(word, number)
                statement = []
            else:
                statement.append(word)
        tree.add(statement, number)
    return tree.finished()


class _Tree:
    """The blocks that are open, and the statement a brace would belong to."""

    def __init__(self) -> None:
        self._open = [Node([""], 0)]
        self._last: Node | None = None

    def add(self, statement: list[str], line: int) -> None:
        if statement:
            self._last = Node(statement, line)
            self._open[-1].inside.append(self._last)

    def turn(self, brace: str, line: int) -> None:
        if brace == "{":
            if self._last is None:
                raise ValueError(f"line {line}: a brace opens nothing")
            self._open.append(self._last)
        elif len(self._open) > 1:
            self._open.pop()
        else:
            raise ValueError(f"line {line}: a brace closes nothing")
        self._last = None

    def finished(self) -> list[Node]:
        if len(self._open) > 1:
            left = self._open[-1]
            raise ValueError(f"line {left.line}: {left.name} is never closed")
        return self._open[0].inside


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the tokens of each line, definitions filled in."""
    definitions: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if defined := _DEFINITION.match(line):
            definitions[defined[1]] = _filled(defined[2], definitions)
            continue
        words = list(_tokens(_filled(line, definitions)))
        if words:
            yield number, words


def _filled(line: str, definitions: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        return definitions.get(match[1] or match[2], match[0])

    return _USE.sub(value, line)


def _tokens(line: str) -> Iterator[str]:
    for match in _TOKEN.finditer(line):
        quoted, brace, comment, word = match.groups()
        if comment is None:
            yield quoted if quoted is not None else brace or word
