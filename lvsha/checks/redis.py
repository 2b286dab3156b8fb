"""Redis: log in if there is a password, ask, look at the reply.

The protocol is RESP2 (redis.io, "Redis serialization protocol specification").
"""

from collections.abc import Generator
from typing import Final

from lvsha.checks.dialogue import (
    LINE,
    SILENCE,
    CheckFailed,
    Dialogue,
    Satisfied,
    called,
    quoted,
)
from lvsha.model import Check
from lvsha.pattern import compiled

# A reply is as deep as ROLE's of a primary, and a little more.
_DEEPEST: Final = 4
_END: Final = b"\r\n"


def redis(check: Check) -> Dialogue:
    """Check that a command is answered: PING with PONG, others as receive says.

    The request is a command with its words; its reply is matched as text, an item
    a line. ``request = "ROLE"`` with ``receive = "^master"`` asks for a primary.
    """
    credentials = check.credentials
    words = check.request[1:].split() or ["PING"]
    heard = Reply()
    yield called(check, sealed=check.service == "rediss")
    if credentials.passwd:
        login = [credentials.login] if credentials.login else []
        yield from _asked(heard, "AUTH", *login, credentials.passwd)
    reply = yield from _asked(heard, *words)
    name = words[0].upper()
    if check.receive:
        if not compiled(check.receive).search(reply):
            raise CheckFailed(f"{name}: nothing matches {quoted(check.receive)}")
    elif name == "PING" and reply != b"PONG":
        raise CheckFailed(f"{name}: expected PONG, got {quoted(reply)}")
    return Satisfied(farewell=command("QUIT"))


def command(*words: str) -> bytes:
    """Return a command as it is sent: an array of bulk strings."""
    said = [word.encode("utf-8", "surrogateescape") for word in words]
    parts = [b"$%d\r\n%b\r\n" % (len(word), word) for word in said]
    return b"*%d\r\n" % len(said) + b"".join(parts)


def _asked(heard: "Reply", *words: str) -> Generator[bytes, bytes, bytes]:
    """Say a command and return its reply as text; an error is a failure."""
    said = command(*words)
    while True:
        chunk = yield said
        said = SILENCE
        if not chunk:
            raise CheckFailed(f"{words[0].upper()}: connection closed")
        reply = heard.hear(chunk)
        if reply is None:
            continue
        if reply[:1] == b"-":
            raise CheckFailed(f"{words[0].upper()}: got {quoted(reply)}")
        return reply[1:]


class Reply:
    """A reply as it arrives; nothing may follow it before the next command."""

    def __init__(self) -> None:
        """Have heard nothing yet."""
        self._heard = b""

    def hear(self, chunk: bytes) -> bytes | None:
        """Take in *chunk*; return the reply once it is whole, None before.

        It is a minus for an error or a plus, then its items, a line each. Raises
        CheckFailed for what is not RESP.
        """
        self._heard += chunk
        if len(self._heard) > LINE:
            raise CheckFailed(f"reply without an end: {quoted(self._heard)}")
        items: list[bytes] = []
        end = self._item(0, items, 0)
        if end is None:
            return None
        first = self._heard[:1]
        self._heard = self._heard[end:]
        return (b"-" if first == b"-" else b"+") + b"\n".join(items)

    def _item(self, at: int, items: list[bytes], depth: int) -> int | None:
        """Add the item at *at* to *items*; return where it ends, None for not yet."""
        end = self._heard.find(_END, at)
        kind, line = self._heard[at : at + 1], self._heard[at + 1 : end]
        if kind and kind not in b"+-:$*":
            raise CheckFailed(f"not Redis: {quoted(self._heard[at:])}")
        if end < 0:
            return None
        end += len(_END)
        if kind in (b"$", b"*"):
            return self._counted(kind, line, end, items, depth)
        items.append(line)
        return end

    def _counted(
        self, kind: bytes, line: bytes, at: int, items: list[bytes], depth: int
    ) -> int | None:
        if line == b"-1":
            items.append(b"")
            return at
        if not line.isdigit() or len(line) > 9 or depth > _DEEPEST:  # noqa: PLR2004
            raise CheckFailed(f"not Redis: {quoted(kind + line)}")
        count = int(line)
        if kind == b"$":
            end = at + count + len(_END)
            if len(self._heard) < end:
                return None
            items.append(self._heard[at : at + count])
            return end
        place: int | None = at
        for _ in range(count):
            place = self._item(place, items, depth + 1) if place is not None else None
            if place is None:
                return None
        return place
