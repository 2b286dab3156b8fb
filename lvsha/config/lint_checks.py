"""What may bite about checks: nothing examined, or what can never succeed."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from lvsha.config.defaults import checktype, text
from lvsha.config.document import Line
from lvsha.config.parse import Parsed, Section
from lvsha.config.rules import Combined
from lvsha.config.values import Caution
from lvsha.identity import Protocol, Vip
from lvsha.model import CheckType, VirtualService

_DIALS: Final = frozenset({CheckType.CONNECT, CheckType.COMBINED})
_ADDRESS: Final = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")

Finding: TypeAlias = tuple[Line | None, Caution]


@dataclass(frozen=True, slots=True)
class Place:
    """A virtual service beside the section it came from, and its real lines."""

    parsed: Parsed
    section: Section
    service: VirtualService
    lines: Mapping[int, Line]

    def line(self, *names: str) -> Line:
        """Return the first line that sets one of *names*, else the header."""
        for name in names:
            setting = self.section.settings.get(name)
            if setting is not None:
                return setting.line
        return self.section.header

    def at(self, number: int) -> Line:
        """Return the real server line *number*."""
        return self.lines.get(number, self.section.header)

    def checks(self, *kinds: CheckType) -> bool:
        """Whether real servers are examined in one of these ways."""
        return any(real.check.kind in kinds for real in self.service.reals)


Rule: TypeAlias = Callable[[Place], Iterator[Finding]]


def _interval(place: Place) -> Iterator[Finding]:
    if place.section.get("checkinterval") and place.parsed.get("fork") != "yes":
        yield (
            None,
            Caution(
                "checkinterval-ignored-without-fork",
                f"ldirectord ignores checkinterval of {place.service.key} unless"
                " fork = yes; it is honoured here",
            ),
        )


def _unchecked(place: Place) -> Iterator[Finding]:
    if not place.checks(CheckType.NEGOTIATE) or place.service.service != "none":
        return
    if place.section.get("service") is None:
        yield (
            place.section.header,
            Caution(
                "no-check",
                f"{place.service.key} has no service known by its port:"
                " nothing is checked, its real servers are always up",
                "write service = ... or checktype = connect",
            ),
        )


def _combined(place: Place) -> Iterator[Finding]:
    if not isinstance(place.section.get("checktype"), Combined):
        return
    if place.service.service == "none":
        yield (
            place.line("checktype"),
            Caution(
                "combined-without-service",
                "there is nothing to negotiate; every check is a connect",
                "write service = ... or checktype = connect",
            ),
        )
    elif place.service.transport is Protocol.UDP:
        yield (
            place.line("checktype"),
            Caution(
                "combined-udp",
                "between negotiates nothing is examined, for UDP has no connect",
                "write checktype = negotiate",
            ),
        )


def _portless(place: Place) -> Iterator[Finding]:
    for real in place.service.reals:
        check = real.check
        dials = check.kind in _DIALS or (
            check.kind is CheckType.NEGOTIATE and check.service != "none"
        )
        if dials and check.port is None:
            yield (
                place.at(real.line),
                Caution(
                    "check-without-port",
                    f"no port is known to check {real.name} at: it is always down",
                    "write checkport = ... or a port behind the address",
                ),
            )
            return


def _default_port(place: Place) -> Iterator[Finding]:
    key = place.service.key
    if not isinstance(key, Vip) or not place.checks(CheckType.NEGOTIATE, *_DIALS):
        return
    for real in place.service.reals:
        port = real.check.port
        if not real.endpoint.port and port and port != key.endpoint.port:
            if place.section.get("checkport") is None:
                yield (
                    place.at(real.line),
                    Caution(
                        "check-port-of-service",
                        f"{real.name} has no port and is checked at port {port} of"
                        f" {place.service.service}, not at {key.endpoint.port}",
                        "write the port behind the address, or checkport",
                    ),
                )
            return


def _http(place: Place) -> Iterator[Finding]:
    if not place.checks(CheckType.NEGOTIATE, CheckType.COMBINED):
        return
    service = place.service
    checks = [real.check for real in service.reals]
    if service.service in ("http", "https", "http_proxy") and any(
        check.httpmethod == "HEAD" and check.receive for check in checks
    ):
        yield (
            place.line("httpmethod", "receive"),
            Caution(
                "head-receive",
                "an answer to HEAD has no body that receive could match: always down",
                "write httpmethod = GET",
            ),
        )
    if service.service == "http_proxy" and any(
        not check.url.startswith("http://") for check in checks
    ):
        yield (
            place.line("request", "service"),
            Caution(
                "proxy-request",
                "a proxy can only be asked for an absolute address",
                'write request = "http://HOST/PATH"',
            ),
        )


def _answers(place: Place) -> Iterator[Finding]:
    receive = place.section.get("receive")
    if isinstance(receive, str) and _ADDRESS.fullmatch(receive):
        yield (
            place.line("receive"),
            Caution(
                "receive-is-a-pattern",
                f"{receive!r} is a regular expression: a dot is any character, and"
                " more digits may stand around it",
                "write \\b" + receive.replace(".", "\\.") + "\\b",
            ),
        )
    service = place.service.service
    if service == "dns" and not receive and place.checks(CheckType.NEGOTIATE):
        yield (
            place.line("service"),
            Caution(
                "dns-without-receive",
                "ldirectord takes a dns check without receive for failed",
                'write receive = "ADDRESS"',
            ),
        )


def _credentials(place: Place) -> Iterator[Finding]:
    service = place.service.service
    if not place.checks(CheckType.NEGOTIATE, CheckType.COMBINED):
        return
    wanted: tuple[str, ...] = ()
    if service in ("mysql", "pgsql", "oracle"):
        wanted = ("login", "request")
    elif service == "radius":
        wanted = ("login", "secret")
    missing = [name for name in wanted if not place.section.get(name)]
    if missing:
        yield (
            place.line("service"),
            Caution(
                "missing-directive",
                f"a {service} check needs {' and '.join(missing)}",
                f'write {missing[0]} = "..."',
            ),
        )


def _commands(place: Place) -> Iterator[Finding]:
    kind, _ = checktype(place.section)
    if kind not in (CheckType.EXTERNAL, CheckType.EXTERNAL_PERL):
        return
    command = text(place.section.get("checkcommand"))
    if not command:
        yield (
            place.line("checktype"),
            Caution(
                "no-checkcommand",
                "without checkcommand every real server is up",
                "write checkcommand = /PATH",
            ),
        )
    elif " " in command:
        yield (
            place.line("checkcommand"),
            Caution(
                "checkcommand-arguments",
                "checkcommand is one program without arguments",
                "write a script that calls it",
            ),
        )


RULES: Final[tuple[Rule, ...]] = (
    _interval,
    _unchecked,
    _combined,
    _portless,
    _default_port,
    _http,
    _answers,
    _credentials,
    _commands,
)
