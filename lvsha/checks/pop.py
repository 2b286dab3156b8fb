"""POP3, RFC 1939: greet, log in if we were given a name, and leave politely."""

import re
from base64 import b64decode, b64encode
from hashlib import md5
from hmac import digest
from typing import Final

from lvsha.checks.dialogue import (
    SILENCE,
    CheckFailed,
    Dialogue,
    Hidden,
    Lines,
    StartTls,
    called,
    plain,
    quoted,
    spoken,
)
from lvsha.model import Check

_OK: Final = re.compile(rb"\+OK", re.IGNORECASE)

# What a server that knows APOP greets with: RFC 1939, 7.
_STAMP: Final = re.compile(rb"<[^<>@\s]+@[^<>@\s]+>")

_END: Final = b"."


def pop(check: Check) -> Dialogue:
    """Check that the real server greets, and lets us in if we have a name."""
    return spoken(called(check), _session(check))


def pops(check: Check) -> Dialogue:
    """Check the same within TLS."""
    return spoken(called(check, sealed=True), _session(check))


def _session(check: Check) -> Lines:
    greeting = yield SILENCE
    _agreed(greeting, "greeting")
    if check.starttls:
        _agreed((yield b"STLS\r\n"), "STLS")
        yield StartTls(called(check).name)
    if check.credentials.login:
        yield from _login(check, greeting)
    return b"QUIT\r\n"


def _login(check: Check, greeting: bytes) -> Lines:
    """Log in, first with what does not show the password, as ldirectord tries it."""
    login = plain(check.credentials.login, "login")
    passwd = plain(check.credentials.passwd, "passwd")
    if stamp := _STAMP.search(greeting):
        proof = md5(stamp.group() + passwd, usedforsecurity=False).hexdigest()
        answer = yield Hidden(b"APOP %b %b\r\n" % (login, proof.encode()))
        if _OK.match(answer):
            return b""
    if b"CRAM-MD5" in (yield from _mechanisms()):
        asked = yield b"AUTH CRAM-MD5\r\n"
        if asked.startswith(b"+ "):
            proof = digest(passwd, _challenge(asked), "md5").hex()
            words = b64encode(b"%b %b" % (login, proof.encode()))
            answer = yield Hidden(words + b"\r\n")
            if _OK.match(answer):
                return b""
    _agreed((yield b"USER %b\r\n" % login), "USER")
    _agreed((yield b"PASS %b\r\n" % passwd), "PASS")
    return b""


def _challenge(asked: bytes) -> bytes:
    try:
        return b64decode(asked[2:])
    except ValueError as reason:
        raise CheckFailed(f"AUTH: no challenge in {quoted(asked)}") from reason


def _mechanisms() -> Lines:
    """Return in what ways one can log in, where the server says so."""
    line = yield b"CAPA\r\n"
    found = b""
    if _OK.match(line):
        while (line := (yield SILENCE)).rstrip() != _END:
            if line.upper().startswith(b"SASL"):
                found = line.upper()
    return found


def _agreed(answer: bytes, at: str) -> None:
    if not _OK.match(answer):
        raise CheckFailed(f"{at}: expected '+OK', got {quoted(answer)}")
