"""SMTP and submission, RFC 5321: hear the greeting, say hello, and leave."""

from collections.abc import Generator
from typing import Final

from lvsha.checks.dialogue import (
    SILENCE,
    CheckFailed,
    Dialogue,
    StartTls,
    called,
    quoted,
    spoken,
)
from lvsha.checks.reply import Reply, heard
from lvsha.model import Check

# What libnet's Net::SMTP calls itself.
_NAME: Final = b"localhost.localdomain"


def smtp(check: Check) -> Dialogue:
    """Check that the real server would talk about mail with us."""
    return spoken(called(check), _session(check))


def _session(check: Check) -> Generator[bytes | StartTls, bytes, bytes]:
    _agreed((yield from heard(SILENCE)), "greeting")
    yield from _hello()
    if check.starttls:
        _agreed((yield from heard(b"STARTTLS\r\n")), "STARTTLS")
        yield StartTls(called(check).name)
        yield from _hello()
    return b"QUIT\r\n"


def _hello() -> Generator[bytes, bytes, None]:
    """Say hello; where that is not understood, as it was said in the old days."""
    if not (yield from heard(b"EHLO %b\r\n" % _NAME)).good:
        _agreed((yield from heard(b"HELO %b\r\n" % _NAME)), "HELO")


def _agreed(reply: Reply, at: str) -> None:
    if not reply.good:
        raise CheckFailed(f"{at}: expected 2xx, got {quoted(reply.line)}")
