"""An ``ldirectord.cf`` being written: lines that its own rules accept, and the rest."""

from typing import Final, NamedTuple

from lvsha.config.addresses import virtual
from lvsha.config.directives import GLOBAL, VIRTUAL, VIRTUAL6, Directive, Quotes
from lvsha.config.values import Refused

_INDENT: Final = "\t"


class Lost(NamedTuple):
    """What could not be carried over from *line* of the source, and why."""

    line: int
    what: str
    why: str

    def __str__(self) -> str:
        """Say it in a line."""
        return f"line {self.line}: {self.what}: {self.why}"


class Draft:
    """The text so far, and what was lost on the way."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.lost: list[Lost] = []
        self._globals: list[str] = []
        self._sections: list[list[str]] = []
        self._seen: set[str] = set()
        self._six = False

    def text(self) -> str:
        """Return the whole file."""
        parts = [self._globals, *self._sections]
        return "\n".join(
            "".join(f"{line}\n" for line in part) for part in parts if part
        )

    def lose(self, line: int, what: str, why: str) -> None:
        """Note that *what* of *line* is not carried over."""
        one = Lost(line, _printable(what), why)
        if one not in self.lost:
            self.lost.append(one)

    def remark(self, words: str) -> None:
        """Add a comment for all virtual services."""
        self._globals.append(f"# {_printable(words)}".rstrip())

    def globally(self, name: str, value: str, line: int) -> None:
        """Add a directive for all virtual services."""
        self._globals += self._said(name, value, line, "")

    def section(self, where: str, line: int, *, key: str, six: bool) -> bool:
        """Begin a virtual service; tell whether there can be one like this.

        *key* is what no two of them have in common.
        """
        name = "virtual6" if six else "virtual"
        try:
            virtual(where, 6 if six else 4)
        except Refused as refused:
            self.lose(line, f"{name}={where}", str(refused))
            return False
        if key in self._seen:
            self.lose(line, f"{name}={where}", "it was there before")
            return False
        self._seen.add(key)
        self._six = six
        self._sections.append([f"# line {line}: {_printable(key)}", f"{name}={where}"])
        return True

    def setting(self, name: str, value: str, line: int) -> None:
        """Add a directive to the virtual service; its family chooses real or real6."""
        if self._six and name in {"real", "fallback"}:
            name += "6"
        self._sections[-1] += self._said(name, value, line, _INDENT)

    def note(self, words: str) -> None:
        """Add a comment to the virtual service."""
        self._sections[-1].append(f"{_INDENT}# {_printable(words)}")

    def _said(self, name: str, value: str, line: int, indent: str) -> list[str]:
        table = GLOBAL
        if indent:
            table = VIRTUAL6 if self._six else VIRTUAL
        try:
            quoted = _examined(table.get(name), name, value)
        except Refused as refused:
            self.lose(line, f"{name}={value}", str(refused))
            return []
        return [f'{indent}{name}="{value}"' if quoted else f"{indent}{name}={value}"]


def _examined(directive: Directive | None, name: str, value: str) -> bool:
    """Tell whether *value* goes between quotes; raises Refused."""
    if directive is None:
        raise Refused("unknown-directive", f"there is no {name} here")
    # Only the strings of a real server's own have quotes, and they are ours.
    forbidden = "\n\r\0" if name in {"real", "real6"} else '"\n\r\0'
    if any(character in value for character in forbidden):
        raise Refused("bad-value", "a quote or a line's end cannot be written")
    directive.rule(value)
    return directive.quotes is Quotes.NEEDED


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else "?" for one in text)
