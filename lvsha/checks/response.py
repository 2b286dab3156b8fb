"""An HTTP/1 response as it arrives, piece by piece (RFC 9112).

What the status means is :mod:`lvsha.checks.http`'s business.
"""

import re
from collections.abc import Container
from typing import Final

from lvsha.checks.dialogue import CheckFailed, quoted

# What is kept of a body, and so what a receive pattern is looked for in.
KEPT: Final = 1 << 20

# A head longer than this is not one (nginx and Apache send 8 KiB at most).
HEAD: Final = 1 << 16

# A chunk's size line with its extensions; RFC 9112 section 7.1.1 asks for a limit.
SIZE_LINE: Final = 4096

# The statuses that promise what was asked for.
SUCCESS: Final = range(200, 300)

_STATUS = re.compile(rb"HTTP/\d+\.\d+[ \t]+((\d{3})(?:[ \t][^\r\n]*)?)\r?\n")
_BLANK = re.compile(rb"\n\r?\n")
_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")
_SWITCHING = 101
_BODILESS = frozenset((204, 304))

# How the end of the body is found.
_NO_BODY, _COUNTED, _CHUNKED, _UNTIL_CLOSE = range(4)


class Response:
    """The final response on a connection; interim ones are skipped.

    A body is read only if the status is a *good* one, to its end; of a
    *partial* one no more than is kept. Any cut of the same bytes into pieces
    gives the same response. Raises CheckFailed for what is not HTTP.
    """

    # What most responses never change stays here.
    code = 0
    status = ""
    location = b""
    body = b""
    complete = False
    _framing = _NO_BODY
    _heard = b""
    _left = 0
    _trailer = False

    def __init__(
        self,
        *,
        without_body: bool = False,
        partial: bool = False,
        good: Container[int] = SUCCESS,
    ) -> None:
        """Expect a response, *without_body* in answer to HEAD."""
        self._without_body = without_body
        self._good = good
        self._partial = partial

    @property
    def awaiting(self) -> str:
        """What has not arrived yet, for a message."""
        if self.code:
            return "the end of the body"
        return "the headers" if b"\n" in self._heard else "the status line"

    def hear(self, heard: bytes) -> bool:
        """Take in what came next and tell whether the response is complete."""
        if not self.status:
            heard = self._heard + heard
            while not self.code:
                rest = self._head(heard)
                if rest is None:
                    self._heard = heard
                    return False
                heard = rest
            self._heard = b""
        if self._framing == _COUNTED:
            left = self._left
            self._left = left - len(heard)
            self._keep(heard if self._left >= 0 else heard[:left])
            if self._left <= 0:
                self.complete = True
        elif self._framing == _CHUNKED:
            self._chunks(self._heard + heard)
        elif self._framing == _UNTIL_CLOSE:
            self._keep(heard)
        return self.complete

    def close(self) -> bool:
        """Take in that the peer hung up; tell whether the response is complete.

        Raises CheckFailed if not even the head arrived.
        """
        if not self.code:
            if _STATUS.match(self._heard):
                raise CheckFailed("headers: connection closed in the middle of them")
            if self._heard:
                raise CheckFailed(f"status: not HTTP: {quoted(self._heard)}")
            raise CheckFailed("status: connection closed without an answer")
        if self._framing == _UNTIL_CLOSE:
            self.complete = True
        return self.complete

    def _head(self, heard: bytes) -> bytes | None:
        """Read one head off *heard*; return what follows, None for not yet."""
        blank = _BLANK.search(heard, 0, HEAD)
        first = _STATUS.match(heard)
        if first is None and (b"\n" in heard or not _could_be_http(heard)):
            raise CheckFailed(f"status: not HTTP: {quoted(heard)}")
        if blank is None or first is None:
            if len(heard) >= HEAD:
                raise CheckFailed(f"headers: no end within {HEAD} bytes")
            return None
        end = blank.end()
        code = int(first[2])
        if code >= SUCCESS.start or code == _SWITCHING:
            self.code = code
            self.status = first[1].decode("latin-1").strip()
            self._fields(heard[first.end() - 1 : end], code)
        return heard[end:]

    def _fields(self, head: bytes, code: int) -> None:
        """Find out from the header fields where the body ends."""
        lower = head.lower()
        if self._without_body or code not in self._good or code in _BODILESS:
            self.complete = True
            self.location = b"".join(_values(head, lower, b"\nlocation")[-1:])
            return
        if b"\ntransfer-encoding" in lower:
            codings = _values(lower, lower, b"\ntransfer-encoding")
            codings = [coding for coding in codings if coding != b"identity"]
            if codings:
                last = codings[-1].rpartition(b",")[2].strip()
                self._framing = _CHUNKED if last == b"chunked" else _UNTIL_CLOSE
                return
        lengths = _values(lower, lower, b"\ncontent-length")
        if lengths:
            self._framing = _COUNTED
            self._left = _length(lengths)
        else:
            self._framing = _UNTIL_CLOSE

    def _keep(self, piece: bytes) -> None:
        if not self.body:
            self.body = piece[:KEPT]
        elif len(self.body) < KEPT:
            self.body += piece[: KEPT - len(self.body)]
        if self._partial and len(self.body) == KEPT:
            self.complete = True

    def _chunks(self, heard: bytes) -> None:
        """Decode what can be; *_left* counts the chunk and the line end after it."""
        at = 0
        while not self.complete:
            if self._left > 0:
                piece = heard[at : at + self._left]
                self._keep(piece)
                self._left -= len(piece)
                at += len(piece)
                if self._left:
                    break
                self._left = -1
            end = heard.find(b"\n", at)
            if end < 0:
                if len(heard) - at > SIZE_LINE:
                    raise CheckFailed("body: chunk size without an end")
                break
            line = heard[at : end + 1]
            at = end + 1
            self._line(line)
        self._heard = heard[at:]

    def _line(self, line: bytes) -> None:
        """Take in a line between chunks: a chunk's end, a size or a trailer."""
        if self._trailer:
            self.complete = line in (b"\r\n", b"\n")
        elif self._left < 0:
            if line not in (b"\r\n", b"\n"):
                raise CheckFailed(f"body: chunk ends with {quoted(line)}")
            self._left = 0
        else:
            size = _SIZE.fullmatch(line)
            if size is None:
                raise CheckFailed(f"body: chunk size {quoted(line)}")
            self._left = int(size[1], 16)
            self._trailer = not self._left


def _values(head: bytes, lower: bytes, name: bytes) -> list[bytes]:
    """Return what the fields of this *name*, a line feed before it, say."""
    values = []
    at = lower.find(name)
    while at >= 0:
        at += len(name)
        end = lower.find(b"\n", at)
        if end < 0:
            end = len(lower)
        before, colon, value = head[at:end].partition(b":")
        if colon and not before.strip():
            values.append(value.strip())
        at = lower.find(name, end)
    return values


def _length(lengths: list[bytes]) -> int:
    value = lengths[0]
    if any(other != value for other in lengths[1:]):
        value = b", ".join(lengths)
    if not value.isdigit() or len(value) > 18:  # noqa: PLR2004 (2**63)
        raise CheckFailed(f"headers: Content-Length {quoted(value)}")
    return int(value)


def _could_be_http(heard: bytes) -> bool:
    return b"HTTP/".startswith(heard[:5])
