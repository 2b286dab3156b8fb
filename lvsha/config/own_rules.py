"""The rules of directives ldirectord does not know, where a word is not enough."""

import re
from dataclasses import dataclass
from typing import Final

from lvsha.config.rules import examined
from lvsha.config.values import Read, Refused, quoted, shown, suggestion
from lvsha.model import SERVICES

_STATUSES = re.compile(r'"?([0-9]{3}(?:[ \t]*[-,][ \t]*[0-9]{3})*)"?[ \t]*(?:$|[ \t]#)')
_FIRST_STATUS, _LAST_STATUS = 200, 599

# RFC 9110: section 5.6.2, what a field's name is made of; 5.5, its value.
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", re.DOTALL)
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# What we say ourselves, or what would change how an answer is read.
_OURS: Final = frozenset(
    {
        *("host", "connection", "content-length", "transfer-encoding", "te"),
        *("trailer", "upgrade", "expect", "keep-alive", "accept-encoding"),
    }
)

_ALSO = re.compile(r"([A-Za-z_]+)(?::([0-9]+))?(?=$|[ \t])")
_STRINGS = re.compile(
    r'[ \t]+"([^"]*)"(?:(?:[ \t]*,[ \t]*|[ \t]+)"([^"]*)")?[ \t]*', re.DOTALL
)
_GREATEST_PORT: Final = 65535
_PLAIN_WAYS: Final = frozenset({"connect", "ping"})
WAYS: Final = (SERVICES - {"none"}) | _PLAIN_WAYS


@dataclass(frozen=True, slots=True)
class Also:
    """The value of ``alsocheck``: a service, or connect, or ping.

    *port* is 0 and the strings are None where none was written.
    """

    way: str
    port: int = 0
    request: str | None = None
    receive: str | None = None


def httpstatus(text: str) -> Read[object]:
    """Return ranges of HTTP statuses, both ends included."""
    match = _STATUSES.fullmatch(text.strip(" \t"))
    if match is None:
        raise Refused(
            "bad-httpstatus",
            f"httpstatus cannot be {shown(text.strip())}",
            "write numbers and ranges: 200-299,401",
        )
    ranges: list[tuple[int, int]] = []
    for piece in re.sub(r"[ \t]", "", match[1]).split(","):
        first, *last = map(int, piece.split("-"))
        if len(last) > 1 or not _FIRST_STATUS <= first <= (last or [first])[0]:
            raise _bad_range(piece)
        ranges.append((first, last[0] if last else first))
        if ranges[-1][1] > _LAST_STATUS:
            raise _bad_range(piece)
    return Read(tuple(ranges))


def words_of(statuses: tuple[tuple[int, int], ...]) -> str:
    """Return ranges of statuses as they are written."""
    return ",".join(
        str(first) if first == last else f"{first}-{last}" for first, last in statuses
    )


def _bad_range(piece: str) -> Refused:
    return Refused(
        "bad-httpstatus",
        f"{shown(piece)} is no range of statuses",
        f"write numbers from {_FIRST_STATUS} to {_LAST_STATUS}, the smaller first",
    )


def httpheader(text: str) -> Read[object]:
    """Return the name and the value of a header field; neither is ever shown."""
    read = quoted("httpheader", secret=True)(text)
    match = _FIELD.fullmatch(str(read.value))
    if match is None:
        raise Refused(
            "bad-httpheader", "httpheader is no header field", 'write "NAME: VALUE"'
        )
    name, value = match.groups()
    if _UNPRINTABLE.search(value):
        raise Refused(
            "bad-httpheader",
            f"the value of header field {name} holds a control character",
            "write it on one line",
        )
    if name.lower() in _OURS:
        hint = "write virtualhost = ..." if name.lower() == "host" else ""
        raise Refused(
            "bad-httpheader", f"header field {name} is set by the check itself", hint
        )
    return Read((name, value), read.caution)


def alsocheck(text: str) -> Read[object]:
    """Return what another check of the same real server asks."""
    value = text.strip(" \t")
    match = _ALSO.match(value)
    word = match[1] if match else value.split(":")[0].split(" ")[0]
    if match is None or word not in WAYS:
        raise Refused(
            "bad-alsocheck",
            f"{shown(value)} is no check",
            suggestion(word, WAYS)
            or 'write SERVICE[:PORT] ["REQUEST", "RECEIVE"], connect[:PORT] or ping',
        )
    port = int(match[2][:6]) if match[2] else 0
    if match[2] and (not 0 < port <= _GREATEST_PORT or word == "ping"):
        raise Refused(
            "bad-alsocheck",
            "ping has no port" if word == "ping" else f"{match[2]} is no port",
            "write ping alone" if word == "ping" else "write a number up to 65535",
        )
    rest = value[match.end() :]
    if not rest:
        return Read(Also(word, port))
    strings = _STRINGS.fullmatch(rest)
    if strings is None or word in _PLAIN_WAYS:
        raise Refused(
            "bad-alsocheck",
            f"{shown(rest.strip())} is not understood here",
            f"{word} asks nothing"
            if word in _PLAIN_WAYS
            else 'write "REQUEST" or "REQUEST", "RECEIVE"',
        )
    request, receive = strings.groups()
    examined(receive or "")
    slash = "" if request[:1] == "/" else "/"
    return Read(Also(word, port, slash + request, receive))
