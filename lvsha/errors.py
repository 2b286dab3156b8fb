"""The errors that cross rooms: the operator's, and the kernel's."""

from collections.abc import Sequence
from typing import NamedTuple


class Problem(NamedTuple):
    """One thing wrong, or dubious, in a configuration file.

    *line* and *column* count from 1; 0 when the problem has no place.
    *category* is one of the stable words of ``docs/compatibility.md``.
    *hint* is what to write instead, or empty.
    """

    file: str
    line: int
    column: int
    category: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """Write it as a compiler would: ``file:line:column: message (hint)``."""
        place = self.file
        if self.line:
            place += f":{self.line}"
            if self.column:
                place += f":{self.column}"
        return f"{place}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class ConfigError(Exception):
    """The configuration cannot be used; carries every reason at once."""

    def __init__(
        self, problems: Sequence[Problem], warnings: Sequence[Problem] = ()
    ) -> None:
        """Keep *problems*, in file order, and what else was noticed on the way."""
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)
        self.warnings = tuple(warnings)


class KernelError(OSError):
    """The kernel refused something; the message names what, and what it means.

    Made of an ``errno`` and a message, or of a message alone.
    """

    def __str__(self) -> str:
        """Return the message without the number ``OSError`` puts before it."""
        return self.strerror or super().__str__()
