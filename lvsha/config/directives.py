"""Every word of the file: where it may stand and which rule its value follows.

The tables are literal. Adding a directive is one line here, one use in
:mod:`lvsha.config.resolve`, one row in ``docs/compatibility.md``.
"""

import enum
import re
from collections.abc import Mapping
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
    word_of,
    yes_or_no,
)
from lvsha.model import SERVICES, CheckType, DaemonState, TlsVerify
from lvsha.pattern import BadPattern, compiled

MONTH: Final = 31 * 24 * 3600  # ipvsadm's longest persistence
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


class Quotes(enum.Enum):
    """Whether a value is written between double quotes."""

    NEVER = enum.auto()
    ALLOWED = enum.auto()
    NEEDED = enum.auto()


@dataclass(frozen=True, slots=True)
class Directive:
    """One word, in one place; *repeated* ones add up instead of replacing."""

    name: str
    rule: Rule
    quotes: Quotes = Quotes.NEVER
    repeated: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Combined:
    """``checktype = N``: *connects* connect checks after each negotiate."""

    connects: int


def _checktype(text: str) -> Read[object]:
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


def _scheduler(text: str) -> Read[object]:
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


def _schedflags(text: str) -> Read[object]:
    words = text.replace('"', "").split(None, 1)
    if not words:
        raise Refused("empty-value", "schedflags is empty", "leave the line out")
    return Read(words[0], _rest(words[1]) if len(words) > 1 else None)


def _netmask(text: str) -> Read[object]:
    mask = text.strip(" \t")
    if not _MASK.fullmatch(mask) or max(map(int, mask.split("."))) > 255:  # noqa: PLR2004
        raise Refused(
            "bad-netmask", f"{shown(mask)} is no netmask", "write 255.255.255.0"
        )
    return Read(mask)


def _prefix(text: str) -> Read[object]:
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


def _virtualhost(text: str) -> Read[object]:
    inner = text[1:] if text[:1] == '"' else text
    return Read(inner.partition('"')[0].strip(" \t"))


def _smtp(text: str) -> Read[object]:
    match = _SMTP.match(text)
    if match is None:
        raise Refused("bad-smtp", f"{shown(text.strip())} is no server", "write a name")
    return Read(match[0], _rest(text[match.end() :]))


def _emailalert(text: str) -> Read[object]:
    read = text_of("emailalert")(text)
    if not str(read.value).replace(",", "").strip():
        raise Refused("empty-value", "emailalert is empty", "write addresses")
    return read


def _emailalertstatus(text: str) -> Read[object]:
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


def _receive(text: str) -> Read[object]:
    read = quoted("receive")(text)
    _examined(str(read.value))
    return read


def _real(text: str) -> Read[object]:
    read = addresses.real(text)
    if read.value.strings:
        _examined(read.value.strings[1] or "")
    return read


def _examined(receive: str) -> None:
    try:
        compiled(receive)
    except BadPattern as error:
        raise Refused(
            "bad-regex",
            f"receive is no regular expression: {error}",
            "put a backslash before a character that is meant as it stands",
        ) from error


def _logfile(text: str) -> Read[object]:
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


def _load(text: str) -> Read[object]:
    read = quoted("load")(text)
    return Read(read.value, Caution("unused-directive", "load has no effect"))


def _count(name: str) -> Rule:
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


def _removed(name: str, hint: str) -> Rule:
    def rule(_: str) -> Read[object]:
        raise Refused("removed-directive", f"{name} is no directive any more", hint)

    return rule


def _misplaced(name: str, instead: str) -> Rule:
    def rule(_: str) -> Read[object]:
        raise Refused(
            "family-mismatch",
            f"{name} cannot stand in this virtual service",
            f"write {instead}",
        )

    return rule


def _seconds(name: str) -> Directive:
    return Directive(name, Number(name, decimals=True))


def _text(name: str, *, empty: bool = False, repeated: bool = False) -> Directive:
    rule = text_of(name, may_be_empty=empty)
    return Directive(name, rule, Quotes.ALLOWED, repeated)


def _quoted(name: str, *, empty: bool = False, secret: bool = False) -> Directive:
    rule = quoted(name, may_be_empty=empty, secret=secret)
    return Directive(name, rule, Quotes.NEEDED, secret=secret)


def _table(*directives: Directive) -> dict[str, Directive]:
    return {directive.name: directive for directive in directives}


def _fallback(text: str) -> Read[object]:
    return addresses.fallback(text)


_TLS = word_of("tls_verify", [each.value for each in TlsVerify], "bad-tls-verify")

_BOTH: Final = _table(
    _text("fallbackcommand"),
    _seconds("checktimeout"),
    _seconds("negotiatetimeout"),
    _seconds("checkinterval"),
    Directive("checkcount", _count("checkcount")),
    Directive("failurecount", Number("failurecount")),
    Directive("quiescent", yes_or_no("quiescent")),
    Directive("cleanstop", yes_or_no("cleanstop")),
    Directive("emailalert", _emailalert, Quotes.ALLOWED),
    _text("emailalertfrom"),
    Directive("emailalertfreq", Number("emailalertfreq", least=0)),
    Directive("emailalertstatus", _emailalertstatus),
    Directive("smtp", _smtp),
    Directive("tls_verify", _TLS),
    _text("tls_ca"),
    Directive(
        "connecttimeout", _removed("connecttimeout", "write negotiatetimeout instead")
    ),
)

GLOBAL: Final[Mapping[str, Directive]] = _BOTH | _table(
    Directive("fallback", _fallback),
    Directive("fallback6", _fallback),
    Directive("readdquiescent", yes_or_no("readdquiescent")),
    Directive("autoreload", yes_or_no("autoreload")),
    _quoted("callback", empty=True),
    Directive("logfile", _logfile, Quotes.NEEDED),
    _text("execute", repeated=True),
    Directive("fork", yes_or_no("fork")),
    Directive("supervised", yes_or_no("supervised")),
    _text("maintenancedir"),
    Directive(
        "timeout",
        _removed("timeout", "write checktimeout and negotiatetimeout instead"),
    ),
)

_VIRTUAL: Final = _BOTH | _table(
    Directive("checktype", _checktype),
    Directive("service", word_of("service", SERVICES, "bad-service")),
    _text("checkcommand"),
    Directive(
        "checkport",
        Number("checkport", most=65535, category="bad-checkport", strict=True),
    ),
    Directive("request", quoted("request", slash=True), Quotes.NEEDED),
    Directive("receive", _receive, Quotes.NEEDED),
    Directive(
        "httpmethod",
        word_of("httpmethod", ("GET", "HEAD"), "bad-httpmethod", fold=True),
    ),
    Directive("virtualhost", _virtualhost, Quotes.ALLOWED),
    _quoted("login"),
    _quoted("passwd", secret=True),
    _quoted("database"),
    _quoted("secret", secret=True),
    Directive("load", _load, Quotes.NEEDED),
    Directive("scheduler", _scheduler),
    Directive("schedflags", _schedflags),
    Directive("persistent", Number("persistent", most=MONTH)),
    Directive("protocol", word_of("protocol", ("tcp", "udp", "fwm"), "bad-protocol")),
    Directive("ops", yes_or_no("ops")),
    _text("monitorfile"),
    _text("servicename", empty=True),
    _text("comment", empty=True),
)

VIRTUAL: Final[Mapping[str, Directive]] = _VIRTUAL | _table(
    Directive("real", _real, repeated=True),
    Directive("real6", _misplaced("real6", "real")),
    Directive("fallback", _fallback),
    Directive("fallback6", _misplaced("fallback6", "fallback")),
    Directive("netmask", _netmask),
)

VIRTUAL6: Final[Mapping[str, Directive]] = _VIRTUAL | _table(
    Directive("real6", _real, repeated=True),
    Directive("real", _misplaced("real", "real6")),
    Directive("fallback6", _fallback),
    Directive("fallback", _misplaced("fallback", "fallback6")),
    Directive("netmask", _prefix),
)
