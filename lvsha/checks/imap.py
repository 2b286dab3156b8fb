"""IMAP, RFC 3501: greet, log in if we were given a name, and log out."""

import re
from typing import Final

from lvsha.checks.dialogue import (
    SILENCE,
    CheckFailed,
    Dialogue,
    Lines,
    StartTls,
    called,
    plain,
    quoted,
    spoken,
)
from lvsha.model import Check

_WELCOME: Final = re.compile(rb"\*\s+(OK|PREAUTH)", re.IGNORECASE)


def imap(check: Check) -> Dialogue:
    """Check that the real server greets, and lets us in if we have a name."""
    return spoken(called(check), _session(check))


def imaps(check: Check) -> Dialogue:
    """Check the same within TLS."""
    return spoken(called(check, sealed=True), _session(check))


def _session(check: Check) -> Lines:
    greeting = yield SILENCE
    welcome = _WELCOME.match(greeting)
    if welcome is None:
        raise CheckFailed(f"greeting: expected '* OK', got {quoted(greeting)}")
    if check.starttls:
        yield from _asked(b"1", b"STARTTLS")
        yield StartTls(called(check).name)
    credentials = check.credentials
    if credentials.login:
        login, passwd = _string(credentials.login), _string(credentials.passwd)
        yield from _asked(b"2", b"LOGIN", b" %b %b" % (login, passwd))
    return b"3 LOGOUT\r\n"


def _asked(tag: bytes, verb: bytes, arguments: bytes = b"") -> Lines:
    """Say a command and hear its answer, behind whatever the server has to say."""
    answer = yield b"%b %b%b\r\n" % (tag, verb, arguments)
    while answer.startswith(b"* "):
        answer = yield SILENCE
    if answer.upper().split(maxsplit=2)[:2] != [tag, b"OK"]:
        at = verb.decode()
        raise CheckFailed(f"{at}: expected '{tag.decode()} OK', got {quoted(answer)}")
    return b""


def _string(text: str) -> bytes:
    """Return *text* as a quoted string."""
    return b'"%b"' % plain(text, "login").replace(b"\\", b"\\\\").replace(b'"', b'\\"')
