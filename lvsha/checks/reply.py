"""Replies of three digits, as SMTP and FTP give them (RFC 5321, 4.2; RFC 959, 4.2)."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

from lvsha.checks.dialogue import SILENCE, CheckFailed, quoted

_DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply: its *code*, and its last line."""

    code: int
    line: bytes

    @property
    def good(self) -> bool:
        """Whether what was asked for is done."""
        return self.code // 100 == 2  # noqa: PLR2004 (RFC 5321, 4.2.1)


def heard(said: bytes) -> Generator[bytes, bytes, Reply]:
    """Say *said* and return the reply, which may have several lines.

    The last one begins like the first, with a blank behind the code. Raises
    CheckFailed for what is no reply.
    """
    line = yield said
    code, more = line[:_DIGITS], line[_DIGITS : _DIGITS + 1] == b"-"
    if not code.isdigit():
        raise CheckFailed(f"reply: expected a code, got {quoted(line)}")
    while more:
        line = yield SILENCE
        more = line[:_DIGITS] != code or line[_DIGITS : _DIGITS + 1] == b"-"
    return Reply(int(code), line)
