"""SIP, RFC 3261: ask what the real server can do, and hear that it is well."""

from secrets import token_hex
from typing import Final

from lvsha.checks.dialogue import (
    SILENCE,
    Again,
    CheckFailed,
    Dialogue,
    Ourselves,
    Satisfied,
    called,
    plain,
    quoted,
)
from lvsha.identity import Protocol
from lvsha.model import Check

_OK: Final = b"SIP/2.0 200 OK"

# A provisional answer: another one will follow.
_WAIT: Final = b"SIP/2.0 1"

# No answer to OPTIONS is longer.
_LONGEST: Final = 1 << 16

# What every branch begins with since RFC 3261 (8.1.1.7).
_COOKIE: Final = "z9hG4bK"


def sip(check: Check) -> Dialogue:
    """Check that the answer to OPTIONS is 200 OK."""
    call = called(check)
    user = plain(check.credentials.login, "login")
    datagrams = call.transport is Protocol.UDP
    yield call
    via = b"SIP/2.0/%b %b" % (call.transport.name.encode(), (yield Ourselves()))
    words = _options(user, via)
    heard = yield Again(words) if datagrams else words
    while True:
        if not heard:
            raise CheckFailed("answer: connection closed before it")
        if len(heard) > _LONGEST:
            raise CheckFailed(f"answer: without an end: {quoted(heard)}")
        head, end, rest = heard.replace(b"\r\n", b"\n").partition(b"\n\n")
        if not end and not datagrams:
            more = yield SILENCE
            if not more:
                raise CheckFailed(f"answer: cut short: {quoted(heard)}")
            heard += more
        elif head.startswith(_WAIT):
            heard = rest or (yield SILENCE)
        else:
            break
    status = head.partition(b"\n")[0]
    if not status.startswith(_OK):
        raise CheckFailed(f"OPTIONS: expected {_OK.decode()!r}, got {quoted(status)}")
    return Satisfied(status=status.decode("ascii", "replace"))


def _options(user: bytes, via: bytes) -> bytes:
    """Return the request; branch, tag and Call-ID are nobody else's."""
    branch, tag, name = (token_hex(8) for _ in range(3))
    return b"".join(
        line + b"\r\n"
        for line in (
            b"OPTIONS sip:%b SIP/2.0" % user,
            b"Via: %b;branch=%b" % (via, f"{_COOKIE}{branch}".encode()),
            b"Max-Forwards: 70",
            b"To: <sip:%b>" % user,
            b"From: <sip:%b>;tag=%b" % (user, tag.encode()),
            b"Call-ID: %b" % name.encode(),
            b"CSeq: 63104 OPTIONS",
            b"Contact: <sip:%b>" % user,
            b"Accept: application/sdp",
            b"Content-Length: 0",
            b"",
        )
    )
