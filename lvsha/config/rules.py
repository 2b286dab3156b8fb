"""The rules of single directives: what each value may look like, what it means.

Which directive follows which rule is written in :mod:`lvsha.config.directives`.
"""

import re
from dataclasses import dataclass
from typing import Final

from lvsha.config import addresses
from lvsha.config.values import (
    Caution,
    Number,
    Read,
    Refused,
    Rule,
    quoted,
    shown,
    suggestion,
    text_of,
)
from lvsha.model import CheckType, DaemonState
from lvsha.pattern import BadPattern, compiled

SCHEDULERS: Final = frozenset(
    {
        *("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh"),
        *("sed", "nq", "fo", "ovf", "mh", "twos"),
    }
)
FACILITIES: Final = frozenset(
    {
        *("auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news"),
        *("security", "syslog", "user", "uucp"),
        *(f"local{number}" for number in range(8)),
    }
)
STATES: Final = {state.name.lower(): state for state in DaemonState if state.name}

_SCHEDULER = re.compile(r'"?([a-z]+)"?(?![A-Za-z0-9_-])')
_COMBINED = re.compile(r'"?(?:checktimeout)?([0-9]+)"?(?![\w.-])', re.ASCII)
_CHECK = re.compile(r"[A-Za-z0-9_-]+")
_SMTP = re.compile(r"[0-9A-Za-z._+-]+")
_MASK = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")


@dataclass(frozen=True, slots=True)
class Combined:
    """``checktype = N``: *connects* connect checks after each negotiate."""

    connects: int


def checktype(text: str) -> Read[object]:
    """Return how real servers are examined, or how many connects follow a negotiate."""
    combined = _COMBINED.match(text)
    if combined is not None:
        digits = combined[1]
        if len(digits) > 9:  # noqa: PLR2004 - far beyond any use
            raise Refused("bad-checktype", "checktype is too large a number")
        caution = _rest(text[combined.end() :])
        if text.lstrip('"').startswith("c"):
            caution = Caution(
                "checktimeout-n",
                f"the manual writes {shown(text.strip())}, the program means a number",
                f"write checktype = {int(digits)}",
            )
        return Read(Combined(int(digits)), caution)
    word = _CHECK.search(text)
    rest = text[word.end() :] if word else text
    choices = [kind.value for kind in CheckType if kind is not CheckType.COMBINED]
    if (
        word is None
        or word[0] not in choices
        or text[: word.start()].strip('"')
        or any(map(str.isdigit, rest.split("#")[0]))
    ):
        raise Refused(
            "bad-checktype",
            f"checktype cannot be {shown(text.strip())}",
            suggestion(word[0] if word else "", choices)
            or f"write a number or one of {', '.join(choices)}",
        )
    return Read(CheckType(word[0]), _rest(rest))


def _rest(text: str) -> Caution | None:
    rest = text.strip(' \t"')
    if not rest or rest[0] == "#":
        return None
    return Caution("ignored-text", f"{shown(rest)} after the value is ignored")


def scheduler(text: str) -> Read[object]:
    """Return the name of a scheduler."""
    match = _SCHEDULER.match(text)
    if match is None:
        raise Refused(
            "bad-scheduler",
            f"{shown(text.strip())} is no scheduler",
            suggestion(text.strip(' \t"'), SCHEDULERS) or "write it in small letters",
        )
    name = match[1]
    if name not in SCHEDULERS:
        return Read(
            name,
            Caution(
                "unknown-scheduler",
                f"{shown(name)} is no scheduler this program knows",
                suggestion(name, SCHEDULERS),
            ),
        )
    return Read(name, _rest(text[match.end() :]))


def schedflags(text: str) -> Read[object]:
    """Return the scheduler's flags as one word."""
    words = text.replace('"', "").split(None, 1)
    if not words:
        raise Refused("empty-value", "schedflags is empty", "leave the line out")
    return Read(words[0], _rest(words[1]) if len(words) > 1 else None)


def netmask(text: str) -> Read[object]:
    """Return an IPv4 netmask as it was written."""
    mask = text.strip(" \t")
    if not _MASK.fullmatch(mask) or max(map(int, mask.split("."))) > 255:  # noqa: PLR2004
        raise Refused(
            "bad-netmask", f"{shown(mask)} is no netmask", "write 255.255.255.0"
        )
    return Read(mask)


def prefix(text: str) -> Read[object]:
    """Return an IPv6 prefix length as it was written."""
    length = text.strip(" \t")
    if (
        not (length.isascii() and length.isdigit())
        or len(length) > 3  # noqa: PLR2004
        or not 1 <= int(length) <= 128  # noqa: PLR2004
    ):
        raise Refused(
            "bad-netmask",
            f"{shown(length)} is no prefix length",
            "write a number from 1 to 128",
        )
    return Read(length)


def virtualhost(text: str) -> Read[object]:
    """Return a host name, quotes around it optional."""
    inner = text[1:] if text[:1] == '"' else text
    return Read(inner.partition('"')[0].strip(" \t"))


def smtp(text: str) -> Read[object]:
    """Return the name of a mail server."""
    match = _SMTP.match(text)
    if match is None:
        raise Refused("bad-smtp", f"{shown(text.strip())} is no server", "write a name")
    return Read(match[0], _rest(text[match.end() :]))


def emailalert(text: str) -> Read[object]:
    """Return mail addresses, at least one."""
    read = text_of("emailalert")(text)
    if not str(read.value).replace(",", "").strip():
        raise Refused("empty-value", "emailalert is empty", "write addresses")
    return read


def emailalertstatus(text: str) -> Read[object]:
    """Return the states in which mails are sent."""
    words = (text.split("#", 1)[0] if " #" in text else text).strip(" \t")
    names = [word.strip(" \t") for word in words.rstrip(",").split(",")]
    states = DaemonState(0)
    for name in names:
        if name == "all":
            states |= ~DaemonState(0)
        elif name in STATES:
            states |= STATES[name]
        elif name != "none" or len(names) > 1:
            choices = ["all", "none", *STATES]
            raise Refused(
                "bad-emailstatus",
                "none stands alone"
                if name == "none"
                else f"emailalertstatus cannot contain {shown(name)}",
                suggestion(name, choices) or f"write some of {', '.join(choices)}",
            )
    return Read(states)


def receive(text: str) -> Read[object]:
    """Return a regular expression that compiles."""
    read = quoted("receive")(text)
    examined(str(read.value))
    return read


def real(text: str) -> Read[object]:
    """Return what a real server line says."""
    read = addresses.real(text)
    if read.value.strings:
        examined(read.value.strings[1] or "")
    return read


def examined(receive: str) -> None:
    """Raise Refused unless *receive* is a regular expression that compiles."""
    try:
        compiled(receive)
    except BadPattern as error:
        raise Refused(
            "bad-regex",
            f"receive is no regular expression: {error}",
            "put a backslash before a character that is meant as it stands",
        ) from error


def logfile(text: str) -> Read[object]:
    """Return a path or a syslog facility."""
    read = quoted("logfile")(text)
    place = str(read.value)
    if place[0] != "/" and place not in FACILITIES:
        return Read(
            place,
            Caution(
                "unknown-facility",
                f"{shown(place)} is neither a path nor a syslog facility",
                suggestion(place, FACILITIES) or "write /PATH, daemon or local0",
            ),
        )
    return read


def load(text: str) -> Read[object]:
    """Return what has no effect."""
    read = quoted("load")(text)
    return Read(read.value, Caution("unused-directive", "load has no effect"))


def count(name: str) -> Rule:
    """Return the rule of *name*, a number that is for ping checks only."""
    number = Number(name)

    def rule(text: str) -> Read[object]:
        read = number(text)
        return Read(
            read.value,
            Caution(
                "checkcount-deprecated",
                "checkcount is only for ping checks",
                "failurecount is for all kinds of checks",
            ),
        )

    return rule


def removed(name: str, hint: str) -> Rule:
    """Return the rule of a directive that is gone."""

    def rule(_: str) -> Read[object]:
        raise Refused("removed-directive", f"{name} is no directive any more", hint)

    return rule


def misplaced(name: str, instead: str) -> Rule:
    """Return the rule of a directive of the other address family."""

    def rule(_: str) -> Read[object]:
        raise Refused(
            "family-mismatch",
            f"{name} cannot stand in this virtual service",
            f"write {instead}",
        )

    return rule


def fallback(text: str) -> Read[object]:
    """Return what a fallback line says."""
    return addresses.fallback(text)
