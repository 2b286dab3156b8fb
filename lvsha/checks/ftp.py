"""FTP, RFC 959: log in, and fetch a file if one was asked for."""

import re
from collections.abc import Generator
from dataclasses import replace
from typing import Final

from lvsha.checks.dialogue import (
    SILENCE,
    Beside,
    Call,
    CheckFailed,
    Dialogue,
    Gathered,
    Lines,
    called,
    plain,
    quoted,
    spoken,
)
from lvsha.checks.reply import Reply, heard
from lvsha.model import Check
from lvsha.pattern import compiled

# What every request is that nobody wrote.
_UNASKED: Final = "/"

_NEED_PASSWORD: Final = 331

# "Entering passive mode": RFC 959, 4.1.2, and RFC 2428, 3.
_PASSIVE: Final = re.compile(rb"\(?(?:\d{1,3},){4}(\d{1,3}),(\d{1,3})")
_EXTENDED: Final = re.compile(rb"\(\|\|\|(\d{1,5})\|\)")


def ftp(check: Check) -> Dialogue:
    """Check that we may log in, and that the file is there and matches."""
    call = called(check)
    return spoken(call, _session(check, call))


def _session(check: Check, call: Call) -> Lines:
    _agreed((yield from heard(SILENCE)), "greeting")
    login = plain(check.credentials.login, "login")
    reply = yield from heard(b"USER %b\r\n" % login)
    if reply.code == _NEED_PASSWORD:
        passwd = plain(check.credentials.passwd, "passwd")
        reply = yield from heard(b"PASS %b\r\n" % passwd)
    _agreed(reply, "login")
    if check.receive or check.request != _UNASKED:
        yield from _fetched(check, call)
    return b"QUIT\r\n"


def _fetched(check: Check, call: Call) -> Lines:
    """Fetch the file, over a connection we make, and look at what is in it.

    It is made to the real server, whatever address that names.
    """
    name = plain(check.request, "request")
    yield from heard(b"CWD /\r\n")
    yield from heard(b"TYPE I\r\n")
    file = Gathered()
    port = yield from _port(call)
    yield Beside(replace(call, port=port), file)
    reply = yield from heard(b"RETR %b\r\n" % name)
    if reply.code // 100 != 1:
        raise CheckFailed(f"RETR: expected 1xx, got {quoted(reply.line)}")
    yield file
    if len(file.heard) < file.limit:  # else the rest is nobody's concern
        if file.broken:
            raise CheckFailed(f"RETR: {file.broken}")
        _agreed((yield from heard(SILENCE)), "RETR")
    if check.receive and not compiled(check.receive).search(file.heard):
        raise CheckFailed(f"file: nothing matches {quoted(check.receive)}")
    return b""


def _port(call: Call) -> Generator[bytes, bytes, int]:
    """Return the port at which the server waits for us."""
    if ":" in call.host:
        reply = yield from heard(b"EPSV\r\n")
        found = _EXTENDED.search(reply.line)
        port = int(found[1]) if found else 0
    else:
        reply = yield from heard(b"PASV\r\n")
        found = _PASSIVE.search(reply.line)
        port = int(found[1]) * 256 + int(found[2]) if found else 0
    if not reply.good or not 0 < port < 1 << 16:
        raise CheckFailed(f"passive mode: no port in {quoted(reply.line)}")
    return port


def _agreed(reply: Reply, at: str) -> None:
    if not reply.good:
        raise CheckFailed(f"{at}: expected 2xx, got {quoted(reply.line)}")
