"""Every word of the file: where it may stand and which rule its value follows.

The tables are literal. Adding a directive is one line here, one use in
:mod:`lvsha.config.resolve`, one row in ``docs/compatibility.md``. The rules
themselves are in :mod:`lvsha.config.rules`.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lvsha.config import own_rules, rules
from lvsha.config.values import Number, Rule, quoted, text_of, word_of, yes_or_no
from lvsha.model import SERVICES, CheckMode, TlsVerify

MONTH: Final = 31 * 24 * 3600  # ipvsadm's longest persistence
SHORTEST: Final = 0.1  # seconds: a check that is asked more often does nothing else
MOST_JITTER: Final = 50  # percent


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


def _seconds(name: str, least: float = SHORTEST) -> Directive:
    return Directive(name, Number(name, least=least, decimals=True))


def _percent(name: str, most: int = 100) -> Directive:
    return Directive(name, Number(name, least=0, most=most))


def _text(name: str, *, empty: bool = False, repeated: bool = False) -> Directive:
    rule = text_of(name, may_be_empty=empty)
    return Directive(name, rule, Quotes.ALLOWED, repeated)


def _quoted(name: str, *, empty: bool = False, secret: bool = False) -> Directive:
    rule = quoted(name, may_be_empty=empty, secret=secret)
    return Directive(name, rule, Quotes.NEEDED, secret=secret)


def _table(*directives: Directive) -> dict[str, Directive]:
    return {directive.name: directive for directive in directives}


_MODE = word_of("checkmode", [each.value for each in CheckMode], "bad-checkmode")
_TLS = word_of("tls_verify", [each.value for each in TlsVerify], "bad-tls-verify")

# What ldirectord does not know; without them nothing is different.
_OWN: Final = _table(
    Directive("tls_verify", _TLS),
    _text("tls_ca"),
    Directive("starttls", yes_or_no("starttls")),
    Directive("tls_warn_days", Number("tls_warn_days", least=0, most=3650)),
    Directive("successcount", Number("successcount")),
    _percent("checkjitter", MOST_JITTER),
    _seconds("startspread", least=0),
    _seconds("slowstart", least=0),
    _percent("panicthreshold"),
    Directive("tripwire", yes_or_no("tripwire")),
    Directive("checkmode", _MODE),
    Directive("httpstatus", own_rules.httpstatus),
    Directive(
        "httpheader",
        own_rules.httpheader,
        Quotes.NEEDED,
        repeated=True,
        secret=True,
    ),
    _seconds("maxresponsetime", least=0),
    Directive(
        "agentport",
        Number("agentport", most=65535, category="bad-agentport", strict=True),
    ),
    _seconds("agentinterval"),
    _text("agentsend", empty=True),
)

_BOTH: Final = _OWN | _table(
    _text("fallbackcommand"),
    _seconds("checktimeout"),
    _seconds("negotiatetimeout"),
    _seconds("checkinterval"),
    Directive("checkcount", rules.count("checkcount")),
    Directive("failurecount", Number("failurecount")),
    Directive("quiescent", yes_or_no("quiescent")),
    Directive("cleanstop", yes_or_no("cleanstop")),
    Directive("emailalert", rules.emailalert, Quotes.ALLOWED),
    _text("emailalertfrom"),
    Directive("emailalertfreq", Number("emailalertfreq", least=0)),
    Directive("emailalertstatus", rules.emailalertstatus),
    Directive("smtp", rules.smtp),
    Directive(
        "connecttimeout",
        rules.removed("connecttimeout", "write negotiatetimeout instead"),
    ),
)

GLOBAL: Final[Mapping[str, Directive]] = _BOTH | _table(
    Directive("fallback", rules.fallback),
    Directive("fallback6", rules.fallback),
    Directive("readdquiescent", yes_or_no("readdquiescent")),
    Directive("autoreload", yes_or_no("autoreload")),
    _quoted("callback", empty=True),
    Directive("logfile", rules.logfile, Quotes.NEEDED),
    _text("execute", repeated=True),
    Directive("fork", yes_or_no("fork")),
    Directive("supervised", yes_or_no("supervised")),
    _text("maintenancedir"),
    Directive(
        "timeout",
        rules.removed("timeout", "write checktimeout and negotiatetimeout instead"),
    ),
)

_VIRTUAL: Final = _BOTH | _table(
    Directive("checktype", rules.checktype),
    Directive("alsocheck", own_rules.alsocheck, repeated=True),
    Directive("service", word_of("service", SERVICES, "bad-service")),
    _text("checkcommand"),
    Directive(
        "checkport",
        Number("checkport", most=65535, category="bad-checkport", strict=True),
    ),
    Directive("request", quoted("request", slash=True), Quotes.NEEDED),
    Directive("receive", rules.receive, Quotes.NEEDED),
    Directive(
        "httpmethod",
        word_of("httpmethod", ("GET", "HEAD"), "bad-httpmethod", fold=True),
    ),
    Directive("virtualhost", rules.virtualhost, Quotes.ALLOWED),
    _quoted("login"),
    _quoted("passwd", secret=True),
    _quoted("database"),
    _quoted("secret", secret=True),
    Directive("load", rules.load, Quotes.NEEDED),
    Directive("scheduler", rules.scheduler),
    Directive("schedflags", rules.schedflags),
    Directive("persistent", Number("persistent", most=MONTH)),
    Directive("protocol", word_of("protocol", ("tcp", "udp", "fwm"), "bad-protocol")),
    Directive("ops", yes_or_no("ops")),
    _text("monitorfile"),
    _text("servicename", empty=True),
    _text("comment", empty=True),
)

VIRTUAL: Final[Mapping[str, Directive]] = _VIRTUAL | _table(
    Directive("real", rules.real, repeated=True),
    Directive("real6", rules.misplaced("real6", "real")),
    Directive("fallback", rules.fallback),
    Directive("fallback6", rules.misplaced("fallback6", "fallback")),
    Directive("netmask", rules.netmask),
)

VIRTUAL6: Final[Mapping[str, Directive]] = _VIRTUAL | _table(
    Directive("real6", rules.real, repeated=True),
    Directive("real", rules.misplaced("real", "real6")),
    Directive("fallback6", rules.fallback),
    Directive("fallback", rules.misplaced("fallback", "fallback6")),
    Directive("netmask", rules.prefix),
)
