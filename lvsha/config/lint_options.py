"""What may bite about options of our own: ones that do nothing, or too much."""

from collections.abc import Iterator
from typing import Final

from lvsha.config.defaults import HTTP
from lvsha.config.lint_checks import Finding, Place, Rule
from lvsha.config.values import Caution
from lvsha.identity import Protocol
from lvsha.model import CheckType

_HASHES: Final = frozenset({"sh", "mh", "dh"})
_AGENT: Final = ("agentinterval", "agentsend")
_HTTP: Final = ("httpstatus", "httpheader")
_ALL: Final = 100


def _wires(place: Place) -> Iterator[Finding]:
    if place.section.get("tripwire") == "yes" and place.service.transport is (
        Protocol.UDP
    ):
        yield (
            place.line("tripwire"),
            Caution(
                "tripwire-udp",
                "there is no connection to hold to a real server of UDP",
                "leave the line out",
            ),
        )


def _panic(place: Place) -> Iterator[Finding]:
    service = place.service
    if service.fallback and 0 < service.panicthreshold < _ALL:
        yield (
            place.line("panicthreshold", "fallback", "fallback6"),
            Caution(
                "panic-fallback",
                f"fallback {service.fallback.endpoint} serves only when all real"
                " servers are in maintenance or taken out by their agents: when"
                f" more than {service.panicthreshold}% are down, all are used",
                "write panicthreshold = 0 to have the fallback serve",
            ),
        )


def _agents(place: Place) -> Iterator[Finding]:
    if any(real.agent for real in place.service.reals[:1]):
        return
    for name in _AGENT:
        if place.section.get(name) is not None and place.service.reals:
            yield (
                place.line(name),
                Caution(
                    "agent-without-port",
                    f"{name} needs agentport",
                    "write agentport = PORT",
                ),
            )
            return


def _requests(place: Place) -> Iterator[Finding]:
    written = [name for name in _HTTP if place.section.get(name) is not None]
    if not written or not place.service.reals:
        return
    asked = [
        check
        for real in place.service.reals
        for check in (real.check, *real.also)
        if check.kind in (CheckType.NEGOTIATE, CheckType.COMBINED)
    ]
    if any(check.service in HTTP for check in asked):
        return
    for name in written:
        yield (
            place.line(name),
            Caution(
                "http-only",
                f"{name} is only for checks of http, https and http_proxy",
                "leave the line out",
            ),
        )


def _others(place: Place) -> Iterator[Finding]:
    also = place.section.get("alsocheck")
    if also is not None and place.checks(CheckType.OFF):
        yield (
            place.line("alsocheck"),
            Caution(
                "alsocheck-off",
                "with checktype = off nothing is checked, alsocheck neither",
                "write another checktype",
            ),
        )
    if also is None and place.section.get("checkmode") is not None:
        yield (
            place.line("checkmode"),
            Caution(
                "checkmode-alone",
                "checkmode is about several checks, and there is one",
                "write alsocheck = ...",
            ),
        )


def _slowness(place: Place) -> Iterator[Finding]:
    # The real servers of a virtual service differ in neither.
    for real in place.service.reals[:1]:
        check = real.check
        negotiates = check.kind in (CheckType.NEGOTIATE, CheckType.COMBINED)
        limit = check.negotiatetimeout if negotiates else check.checktimeout
        if check.slowest >= limit:
            yield (
                place.line("maxresponsetime"),
                Caution(
                    "response-after-timeout",
                    f"no check takes {check.slowest:g} s: its timeout is {limit:g} s",
                    "write a smaller maxresponsetime",
                ),
            )


def _remapping(place: Place) -> Iterator[Finding]:
    service = place.service
    if service.slowstart and service.scheduler in _HASHES:
        yield (
            place.line("slowstart", "scheduler"),
            Caution(
                "hash-slowstart",
                f"each step of a slow start moves clients of scheduler"
                f" {service.scheduler} to other real servers",
                "write slowstart = 0",
            ),
        )


RULES: Final[tuple[Rule, ...]] = (
    _wires,
    _panic,
    _agents,
    _requests,
    _others,
    _slowness,
    _remapping,
)
