"""What parses and may bite: warnings about lines that are right one by one.

Warnings about checks live in :mod:`lvsha.config.lint_checks`.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from lvsha.config import lint_checks, lint_options
from lvsha.config.lint_checks import Finding, Place, Rule
from lvsha.config.parse import Notes, Parsed, Section
from lvsha.config.values import Caution
from lvsha.identity import Forwarding, Vip
from lvsha.model import Configuration, VirtualService

HASHES: Final = frozenset({"sh", "mh", "dh"})
_FALLBACK_FLAGS: Final = frozenset({"sh-fallback", "mh-fallback", "flag-1"})
_SECRETS: Final = ("passwd", "secret")
_READERS: Final = 0o044  # group and others


def lint(parsed: Parsed, configuration: Configuration, notes: Notes) -> None:
    """Note what may bite in the virtual services."""
    by_line = {
        section.header.number: number for number, section in enumerate(parsed.sections)
    }
    for service in configuration.virtuals:
        notes.section = by_line[service.line]
        lint_service(parsed, parsed.sections[notes.section], service, notes)
    notes.section = -1


def lint_service(
    parsed: Parsed, section: Section, service: VirtualService, notes: Notes
) -> None:
    """Note what may bite in one virtual service."""
    lines = {line.number: line for _, line in section.reals}
    place = Place(parsed, section, service, lines)
    for rule in RULES:
        for line, caution in rule(place):
            notes.warn(line, caution)


def lint_file(parsed: Parsed, notes: Notes, *, mode: int | None) -> None:
    """Note what may bite as a whole; *mode* is the permission bits, if known."""
    if mode is not None and mode & _READERS:
        _readable(parsed, notes)


def _readable(parsed: Parsed, notes: Notes) -> None:
    for section in parsed.sections:
        for name in _SECRETS:
            setting = section.settings.get(name)
            if setting is not None:
                notes.warn(
                    setting.line,
                    Caution(
                        "readable-secret",
                        f"others than the owner can read this file and its {name}",
                        "chmod 600",
                    ),
                )
                return


def _mapped(place: Place) -> Iterator[Finding]:
    key = place.service.key
    if not isinstance(key, Vip):
        return
    for real in place.service.reals:
        if (
            real.endpoint.port not in (0, key.endpoint.port)
            and real.forwarding is not Forwarding.MASQ
        ):
            yield (
                place.at(real.line),
                Caution(
                    "port-without-masq",
                    f"only masq can map port {key.endpoint.port} to"
                    f" {real.endpoint.port}; the real server gets"
                    f" {key.endpoint.port}",
                    f"write port {key.endpoint.port}, and checkport for the check",
                ),
            )
            return


def _twice(place: Place) -> Iterator[Finding]:
    seen: dict[object, int] = {}
    reported: set[int] = set()
    for real in place.service.reals:
        first = seen.setdefault(real.endpoint, real.line)
        if first != real.line and real.line not in reported:
            reported.add(real.line)
            yield (
                place.at(real.line),
                Caution(
                    "duplicate-real",
                    f"{real.endpoint} is already a real server, by line {first}",
                    "write every address once",
                ),
            )


def _empty(place: Place) -> Iterator[Finding]:
    if not place.section.reals:
        yield (
            place.section.header,
            Caution("no-real-server", f"{place.service.key} has no real server"),
        )


def _hash(place: Place) -> Iterator[Finding]:
    service = place.service
    if service.scheduler not in HASHES or not service.quiescent:
        return
    flags = set(service.schedflags.split(","))
    if service.scheduler == "dh" or not flags & _FALLBACK_FLAGS:
        hint = "write quiescent = no"
        if service.scheduler != "dh":
            hint += f" or schedflags = {service.scheduler}-fallback"
        yield (
            place.line("scheduler"),
            Caution(
                "hash-quiescent",
                f"scheduler {service.scheduler} keeps sending clients to a quiesced"
                " real server and drops them",
                hint,
            ),
        )


def _persistence(place: Place) -> Iterator[Finding]:
    service = place.service
    if service.persistent and service.quiescent:
        yield (
            place.line("persistent"),
            Caution(
                "quiescent-persistent",
                "persistence keeps clients on a quiesced real server",
                "set net.ipv4.vs.expire_quiescent_template to 1",
            ),
        )
    if place.section.get("netmask") and not service.persistent:
        yield (
            place.line("netmask"),
            Caution("netmask-without-persistent", "netmask needs persistent"),
        )
    if place.section.get("ops") == "yes" and not service.ops:
        yield (
            place.line("ops"),
            Caution("ops-without-udp", "ops is only for protocol udp, and ignored"),
        )


def _thresholds(place: Place) -> Iterator[Finding]:
    for number, reals in groupby(place.service.reals, lambda real: real.line):
        real = next(reals)
        if real.upper and real.lower > real.upper:
            yield (
                place.at(number),
                Caution(
                    "threshold-order",
                    f"lower threshold {real.lower} is above upper {real.upper}",
                ),
            )


def _mails(place: Place) -> Iterator[Finding]:
    if not place.service.alerts.recipients and (
        place.section.get("emailalertfreq") or place.section.get("emailalertstatus")
    ):
        yield (
            place.line("emailalertfreq", "emailalertstatus"),
            Caution("no-recipient", "no emailalert says who gets the mail"),
        )


RULES: Final[tuple[Rule, ...]] = (
    *lint_checks.RULES,
    *lint_options.RULES,
    _mapped,
    _twice,
    _empty,
    _hash,
    _persistence,
    _thresholds,
    _mails,
)
