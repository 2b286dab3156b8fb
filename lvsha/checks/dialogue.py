"""The conversation a negotiate check holds with a real server.

A dialogue is a generator. It first yields whom to call, then what to say; it is
sent what was heard in answer, and returns once it is satisfied. It raises
:exc:`CheckFailed` when it is not. It owns no socket and no clock: those are
lent by :mod:`lvsha.checks.talk`.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from lvsha.identity import Protocol
from lvsha.model import Check

# An answer longer than this is quoted only in part: it ends up in a log.
QUOTED: Final = 60

# A line may be this long before we stop waiting for its end.
LINE: Final = 1 << 20

# Yielded to hear without speaking: a greeting, or the rest of an answer.
SILENCE: Final = b""


class CheckFailed(Exception):
    """The real server answered, but not as the operator asked.

    *status* is the line monitor files quote, if there was one.
    """

    def __init__(self, detail: str, status: str = "") -> None:
        """Say why in *detail*, without a secret."""
        super().__init__(detail)
        self.status = status


class NoAnswer(Exception):
    """Thrown into a dialogue when it will hear no more, and says why.

    The deadline is over, or the connection broke. A dialogue that has heard
    enough may return; one that knows what it was waiting for may say so.
    """


@dataclass(frozen=True, slots=True)
class Call:
    """Yielded to speak with *host* from now on, an address or a name.

    A call before this one is over. The dialogue is sent nothing (``b""``) once
    the connection stands. *sealed* asks for TLS, and *name* is what the
    certificate should be for.
    """

    host: str
    port: int
    transport: Protocol = Protocol.TCP
    sealed: bool = False
    name: str = ""

    def __str__(self) -> str:
        """Return what is called: ``tcp [::1]:443 with TLS``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        tls = " with TLS" if self.sealed else ""
        return f"{self.transport.name.lower()} {host}:{self.port}{tls}"


class Hidden(bytes):
    """Words that must not be shown: made of a secret in a way nobody recognises.

    A digest of a password is of use to whoever can try passwords. The secrets
    of a check themselves, as they are or encoded, need no hiding.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Again:
    """Yielded to say *words* in a datagram, and again while nothing comes of them.

    A datagram may be lost. They are repeated a third and two thirds of the check's
    time later, unless there is a verdict or another call before.
    """

    words: bytes


@dataclass(frozen=True, slots=True)
class Last:
    """Yielded to say *words* and then nothing more: the sending side is shut."""

    words: bytes


@dataclass(frozen=True, slots=True)
class Satisfied:
    """Returned by a dialogue that heard what it wanted.

    *farewell* is said before hanging up, and nobody waits for an answer.
    """

    detail: str = ""
    status: str = ""
    farewell: bytes = b""


@dataclass(frozen=True, slots=True)
class StartTls:
    """Yielded to go on in TLS over the same connection, for a certificate of *name*.

    The dialogue is sent nothing (``b""``) once hands are shaken.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Ourselves:
    """Yielded to be sent our own end of the connection, ``ADDRESS:PORT``."""


@dataclass(slots=True)
class Gathered:
    """What a second connection has said so far, at most *limit* bytes of it.

    It is *over* when that much was heard or the peer has hung up; *broken* says how,
    if not in good order.
    """

    limit: int = LINE
    heard: bytearray = field(default_factory=bytearray)
    standing: bool = False
    over: bool = False
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """Yielded to hear *call* out beside the one that goes on, *into* there.

    The dialogue is sent nothing (``b""``) once the second connection stands, and
    once more when it is over.
    """

    call: Call
    into: Gathered


# What is yielded is done; what was heard is sent back: a chunk of the stream or
# a datagram, and nothing (b"") once the peer has hung up.
Word = Call | Again | Last | StartTls | Ourselves | Beside | bytes
Dialogue = Generator[Word, bytes, Satisfied]

# A dialogue of a protocol that talks in lines: speaks, hears one line in answer
# (with its ending), and returns its farewell. It may go on in TLS, and have another
# connection beside it: it yields the call, and later what is gathered to wait for it.
Lines = Generator[bytes | StartTls | Beside | Gathered, bytes, bytes]


def insist(heard: bytes, prefix: bytes, *, at: str) -> None:
    """Raise CheckFailed unless *heard* starts with *prefix*."""
    if not heard.startswith(prefix):
        raise CheckFailed(f"{at}: expected {prefix!r}, got {quoted(heard)}")


def quoted(heard: bytes | str) -> str:
    """Return a peer's words as they may stand in a message: escaped, and cut."""
    if isinstance(heard, bytes):
        heard = heard[: QUOTED + 1].decode("utf-8", "backslashreplace")
    return repr(heard) if len(heard) <= QUOTED else f"{heard[:QUOTED]!r}..."


def plain(text: str, what: str) -> bytes:
    """Return *text* as a part of a line, named *what* in messages.

    Raises CheckFailed for a text that would end its line and begin another command.
    """
    if any(character in text for character in "\r\n\0"):
        raise CheckFailed(f"{what}: a line break has no place in it")
    return text.encode("utf-8", "surrogateescape")


def bare(virtualhost: str) -> str:
    """Return the host a Host header names, without its port."""
    if virtualhost.startswith("["):
        return virtualhost[1:].partition("]")[0]
    try:
        return str(IPv6Address(virtualhost))
    except AddressValueError:
        return virtualhost.partition(":")[0]


def called(check: Check, *, sealed: bool = False) -> Call:
    """Return the call to the real server *check* is about.

    Raises CheckFailed if nobody said which port.
    """
    if check.port is None:
        raise CheckFailed("no port to check: neither checkport nor real gives one")
    name = bare(check.virtualhost) or str(check.address)
    return Call(str(check.address), check.port, check.transport, sealed, name)


def connect(check: Check) -> Dialogue:
    """Check that somebody accepts a connection; say nothing."""
    yield called(check)
    return Satisfied("connected")


def spoken(call: Call, lines: Lines) -> Dialogue:
    """Hold *lines* over *call*: one answer line for everything said.

    What a server says between asking for TLS and TLS itself may be anybody's: the
    check fails.
    """
    yield call
    said = next(lines)
    heard = b""
    try:
        while True:
            if isinstance(said, bytes):
                line, heard = yield from _line(said, heard)
            else:
                line = b""
                if isinstance(said, Gathered):
                    while not said.over:
                        heard += yield SILENCE
                elif isinstance(said, Beside):
                    heard += yield said
                    while not said.into.standing:
                        heard += yield SILENCE
                elif heard:
                    raise CheckFailed(f"TLS: said before it began: {quoted(heard)}")
                else:
                    yield said
            said = lines.send(line)
    except StopIteration as satisfied:
        return Satisfied(farewell=satisfied.value)


def _line(said: bytes, heard: bytes) -> Generator[bytes, bytes, tuple[bytes, bytes]]:
    """Say *said*; return the next line, and what was *heard* behind it."""
    while b"\n" not in heard:
        if len(heard) > LINE:
            raise CheckFailed(f"line without an end: {quoted(heard)}")
        chunk = yield said
        said = SILENCE
        if not chunk:
            raise CheckFailed(f"connection closed after {quoted(heard)}")
        heard += chunk
    end = heard.index(b"\n") + 1
    return heard[:end], heard[end:]
