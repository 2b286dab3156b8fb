"""What an address line says: virtual services, real servers, fallbacks.

Only the words are understood here; names stay names until
:mod:`lvsha.config.resolve` looks them up.
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

from lvsha.config.values import LARGEST, Caution, Read, Refused, shown
from lvsha.identity import Forwarding

METHODS: Final = {
    "gate": Forwarding.GATE,
    "masq": Forwarding.MASQ,
    "ipip": Forwarding.IPIP,
}
HEAVIEST: Final = 65535  # ipvsadm refuses more
GREATEST_MARK: Final = 2**32 - 1

_DOTTED = r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+"
_PORT = r"[0-9A-Za-z_-]+"
_VIRTUAL = re.compile(rf"(\[[0-9A-Fa-f:]+\]|[0-9A-Za-z._+-]+):({_PORT})(.*)", re.DOTALL)
_MARK = re.compile(r"([0-9]+)(.*)", re.DOTALL)
_NAME = r"(?:[A-Za-z0-9.]|-(?!>))+|\[[0-9A-Fa-f:.]+\]"
_REAL = re.compile(
    rf"({_NAME})(?:(:{_PORT})?->({_NAME}))?(?:(::?)({_PORT}))?(?:([ \t]+)(.*)|$)",
    re.DOTALL,
)
_METHOD = re.compile(r"\w+", re.ASCII)
_THRESHOLD = re.compile(r"([lu]):([0-9]+)")
_SEPARATOR = re.compile(r'"(?:[ \t]*,[ \t]*|[ \t]+)"')


@dataclass(frozen=True, slots=True)
class VirtualSpec:
    """The value of ``virtual``: a host and port, or a mark."""

    host: str = ""
    port: str = ""
    mark: int = 0

    @property
    def marked(self) -> bool:
        """Whether this is a firewall mark."""
        return not self.host


@dataclass(frozen=True, slots=True)
class RealSpec:
    """The value of ``real``: one server or a range, as written.

    *strings* is the request and the receive of its own, if any. The receive is
    None behind a request that was written with its slash: see _SLASH_CAUTION.
    """

    host: str
    last: str
    port: str
    forwarding: Forwarding = Forwarding.GATE
    weight: int = 1
    strings: tuple[str, str | None] | None = None
    lower: int = 0
    upper: int = 0


@dataclass(frozen=True, slots=True)
class FallbackSpec:
    """The value of ``fallback``; *port* is empty if none was written."""

    host: str
    port: str
    forwarding: Forwarding


def ipv4(host: str) -> IPv4Address | None:
    """Return the address *host* means to inet_aton: dotted quad, or shorter.

    Parts may be decimal, octal (leading 0) or hexadecimal (leading 0x); the
    last part fills what is left of the 32 bits.
    """
    try:
        return IPv4Address(host)  # most are plain dotted quads
    except AddressValueError:
        pass
    parts = host.split(".")
    if not host or len(host) > 60 or len(parts) > 4:  # noqa: PLR2004
        return None
    numbers = []
    for part in parts:
        number = _part(part)
        if number is None:
            return None
        numbers.append(number)
    last = numbers.pop()
    if any(number > 255 for number in numbers) or last >= 256 ** (4 - len(numbers)):  # noqa: PLR2004
        return None
    value = 0
    for number in numbers:
        value = value << 8 | number
    return IPv4Address((value << 8 * (4 - len(numbers))) | last)


def _part(part: str) -> int | None:
    if not part.isascii() or not part.isalnum():
        return None
    try:
        if part[:2] in ("0x", "0X"):
            return int(part[2:] or "g", 16)
        return int(part, 8 if part[0] == "0" else 10)
    except ValueError:
        return None


def ipv6(host: str) -> IPv6Address | None:
    """Return the address in *host*, brackets allowed."""
    try:
        return IPv6Address(host.strip("[]"))
    except AddressValueError:
        return None


def virtual(text: str, version: int) -> Read[VirtualSpec]:
    """Return what the line ``virtual = text`` names."""
    match = _VIRTUAL.match(text)
    if match is not None and match[1][0] == "[":
        if version == 4:  # noqa: PLR2004
            raise Refused(
                "ipv6-needs-virtual6",
                f"{match[1]} is an IPv6 address",
                f"write virtual6 = {match[1]}:{match[2]}",
            )
        if ipv6(match[1]) is None:
            raise Refused(
                "bad-ipv6", f"{match[1]} is not an IPv6 address", "see RFC 4291"
            )
    if match is not None:
        return Read(VirtualSpec(match[1], match[2]), _virtual_tail(match[3]))
    marked = _MARK.match(text)
    if marked is None:
        raise Refused(
            "bad-virtual-address",
            f"{shown(text.strip())} is no address of a virtual service",
            "write ADDRESS:PORT, NAME:PORT or a firewall mark"
            if version == 4  # noqa: PLR2004
            else "write [ADDRESS]:PORT, NAME:PORT or a firewall mark",
        )
    digits, tail = marked.groups()
    if tail and (tail[0] not in " \t" or tail.lstrip()[:1] in (":", ".")):
        words = text.split()
        raise Refused(
            "bad-virtual-address",
            f"{shown(text.strip())} has no port; ldirectord would take it for"
            f" firewall mark {digits[:20]}",
            f"write {words[0].rstrip(':')}:PORT" if "." in words[0] else "",
        )
    if len(digits) > 20 or not 0 < int(digits) <= GREATEST_MARK:  # noqa: PLR2004
        raise Refused(
            "bad-virtual-address",
            f"{digits[:30]} is no firewall mark",
            f"write a number from 1 to {GREATEST_MARK}",
        )
    caution = _virtual_tail(tail)
    if digits[0] == "0":
        caution = Caution("leading-zero", f"{digits} is taken as {int(digits)}")
    return Read(VirtualSpec(mark=int(digits)), caution)


def _virtual_tail(tail: str) -> Caution | None:
    rest = tail.strip()
    if not rest or rest[0] == "#":
        return None
    return Caution("ignored-text", f"{shown(rest)} after the address is ignored")


def real(text: str) -> Read[RealSpec]:
    """Return what the line ``real = text`` names."""
    match = _REAL.match(text)
    if match is None:
        raise Refused(
            "bad-real-format",
            f"{shown(text.strip())} is no real server",
            "write ADDRESS[->ADDRESS][:PORT] gate|masq|ipip [WEIGHT]",
        )
    host, port_inside, last, colon, port, blank, tail = match.groups()
    if port_inside:
        raise Refused(
            "bad-range",
            "the port of a range is written once",
            f"write {host}->{last}:{(port or port_inside).lstrip(':')}",
            match.start(2),
        )
    if blank is None:
        raise Refused(
            "bad-real-format",
            f"{shown(text)} lacks a forwarding method",
            f"write {text} gate, masq or ipip",
        )
    caution = None
    if colon == "::":
        caution = Caution(
            "double-colon",
            f"{host}::{port} is read as {host}:{port}",
            "write one colon",
        )
    spec = RealSpec(host, last or "", port or "")
    read = _tail(spec, tail, match.start(7))
    return Read(read.value, caution or read.caution)


def _tail(spec: RealSpec, text: str, offset: int) -> Read[RealSpec]:
    found = _METHOD.search(text)
    word = found[0] if found else ""
    if found is None or word not in METHODS or text[: found.start()]:
        raise Refused(
            "bad-forward",
            f"{shown(word or text.strip())} is no forwarding method",
            "write gate, masq or ipip before the weight",
            offset,
        )
    numbers = _Numbers()
    rest, caution = _quoted_thresholds(text[found.end() :], numbers)
    strings: tuple[str, str | None] | None = None
    first = rest.find('"')
    if first >= 0:
        stop = rest.rfind('"')
        cut = _split(rest, first, stop)
        if cut is None or rest[:first][-1:] not in (" ", "\t"):
            raise _leftover(rest[first:], offset)
        request, receive = cut
        if request[:1] == "/":
            strings = (request, None)
            caution = caution or _SLASH_CAUTION
        else:
            strings = ("/" + request, receive)
        rest = rest[:first] + " " + rest[stop + 1 :]
    numbers.read(rest, offset)
    return Read(
        RealSpec(
            spec.host,
            spec.last,
            spec.port,
            METHODS[word],
            numbers.weight,
            strings,
            numbers.lower,
            numbers.upper,
        ),
        caution,
    )


def _quoted_thresholds(text: str, numbers: "_Numbers") -> tuple[str, Caution | None]:
    rest = text.rstrip(" \t")
    found: dict[str, str] = {}
    while rest[-1:] == '"':
        first = rest.rfind('"', 0, -1)
        match = _THRESHOLD.fullmatch(rest, first + 1, len(rest) - 1)
        if first < 0 or match is None or match[1] in found:
            break
        found[match[1]] = match[2]
        rest = rest[:first].rstrip(" \t,")
    if not found or rest.count('"') in (1, 2):
        return text, None
    numbers.lower = _threshold(found.get("l", "0"))
    numbers.upper = _threshold(found.get("u", "0"))
    return rest, _QUOTED_CAUTION


# Recorded behaviour, kept: only the form without slash replaces receive and URL.
_SLASH_CAUTION = Caution(
    "slash-drops-receive",
    "behind a request that starts with a slash, the receive of a real server is"
    " dropped and the URL is that of the virtual service",
    "write the request without its first slash",
)

_QUOTED_CAUTION = Caution(
    "quoted-threshold",
    "thresholds in quotes are request and receive to ldirectord",
    "write them without quotes",
)


def _split(text: str, first: int, last: int) -> tuple[str, str] | None:
    """Return the two strings between two quotes, parted at the last separator."""
    at = text.rfind('"', first, last)
    while at > first:
        match = _SEPARATOR.match(text, text.rfind('"', first, at), at + 1)
        if match and match.start() > first and match.end() == at + 1:
            return text[first + 1 : match.start()], text[at + 1 : last]
        at = text.rfind('"', first, at)
    return None


@dataclass(slots=True)
class _Numbers:
    """The weight and the thresholds of a real server line, as far as read."""

    weight: int = 1
    lower: int = 0
    upper: int = 0

    def read(self, rest: str, offset: int) -> None:
        """Take the numbers out of what is left of the line."""
        if rest and rest[0] not in " \t":
            raise _leftover(rest, offset)
        seen = set()
        for word in rest.split():
            threshold = _THRESHOLD.fullmatch(word)
            kind = threshold[1] if threshold else "weight"
            if kind in seen:
                raise _leftover(word, offset)
            seen.add(kind)
            if threshold is None:
                self.weight = _weight(word, offset)
            elif kind == "l":
                self.lower = _threshold(threshold[2])
            else:
                self.upper = _threshold(threshold[2])


def _weight(word: str, offset: int) -> int:
    if not (word.isascii() and word.isdigit()):
        raise _leftover(word, offset)
    if len(word) > 20 or int(word) > HEAVIEST:  # noqa: PLR2004
        raise Refused(
            "bad-number",
            f"weight {word[:30]} is too large",
            f"write a number from 0 to {HEAVIEST}",
            offset,
        )
    return int(word)


def _threshold(digits: str) -> int:
    if len(digits) > 20 or int(digits) > LARGEST:  # noqa: PLR2004
        raise Refused(
            "bad-number", f"threshold {digits[:30]} is too large", f"at most {LARGEST}"
        )
    return int(digits)


def _leftover(rest: str, offset: int) -> Refused:
    return Refused(
        "bad-real-tail",
        f"{shown(rest.strip())} is not understood here",
        'after the method come WEIGHT, "REQUEST", "RECEIVE", l:LOWER and u:UPPER',
        offset,
    )


def fallback(text: str) -> Read[FallbackSpec]:
    """Return what the line ``fallback = text`` names."""
    words = text.split("#", 1)[0].split() if " #" in text else text.split()
    if not words:
        raise Refused(
            "fallback-resolve", "fallback is empty", "write ADDRESS[:PORT] or no line"
        )
    if len(words) > 2 or (len(words) == 2 and words[1] not in METHODS):  # noqa: PLR2004
        wrong = words[-1]
        raise Refused(
            "bad-forward",
            f"{shown(wrong)} is no forwarding method",
            "write ADDRESS[:PORT] [gate|masq|ipip]; a fallback has no weight",
        )
    forwarding = METHODS[words[1]] if len(words) > 1 else Forwarding.GATE
    host, port = _host_and_port(words[0])
    return Read(FallbackSpec(host, port, forwarding))


def _host_and_port(word: str) -> tuple[str, str]:
    host, colon, port = word.rpartition(":")
    if not colon or not port or port[-1] == "]":
        return word, ""
    return host, port
