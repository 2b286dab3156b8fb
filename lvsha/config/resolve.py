"""From words to a configuration: names looked up, ranges expanded, defaults in.

The world is asked through :class:`Resolver` only. Errors and warnings about
what lines mean together are noted here and in :mod:`lvsha.config.lint`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final, Protocol

from lvsha.config import beside, defaults
from lvsha.config.addresses import FallbackSpec, RealSpec, ipv4, ipv6
from lvsha.config.document import Line
from lvsha.config.parse import Notes, Parsed, Section
from lvsha.config.values import Caution, Refused, shown
from lvsha.identity import Address, Endpoint, Fwmark, ServiceKey, Vip
from lvsha.identity import Protocol as Transport
from lvsha.model import (
    SERVICE_PORTS,
    Configuration,
    Fallback,
    RealServer,
    VirtualService,
)

MOST_REALS: Final = 65536  # in one virtual service; a longer range is a slip
GREATEST_PORT: Final = 65535

_SERVICE_OF: Final = {port: service for service, port in SERVICE_PORTS.items()}
_DNS: Final = frozenset({"53", "domain"})


class Resolver(Protocol):
    """What names mean on this machine."""

    def address(self, host: str, version: int) -> Address | None:
        """Return the first address of *host* in the IP *version*."""

    def port(self, service: str, protocol: str) -> int | None:
        """Return the port of *service*; an empty *protocol* is any."""

    def hostname(self) -> str:
        """Return the name this machine goes by in default logins."""


@dataclass(frozen=True, slots=True)
class GlobalFallback:
    """A global fallback; *ports* holds what its port is to tcp and to udp."""

    address: Address
    spec: FallbackSpec
    ports: dict[str, int | None]
    line: Line


@dataclass(frozen=True, slots=True)
class Resolution:
    """A configuration, and what it took from the global fallback lines."""

    configuration: Configuration
    fallbacks: dict[str, GlobalFallback]


def resolve(parsed: Parsed, resolver: Resolver, notes: Notes) -> Resolution:
    """Return what *parsed* means; what means nothing is noted and left out."""
    fallbacks = dict(_global_fallbacks(parsed, resolver, notes))
    services: list[VirtualService | None] = []
    for notes.section, section in enumerate(parsed.sections):
        services.append(virtual(parsed, section, resolver, notes, fallbacks))
    notes.section = -1
    virtuals = distinct(parsed, services, notes)
    return Resolution(Configuration(defaults.settings(parsed), virtuals), fallbacks)


def virtual(
    parsed: Parsed,
    section: Section,
    resolver: Resolver,
    notes: Notes,
    fallbacks: Mapping[str, GlobalFallback],
) -> VirtualService | None:
    """Return what *section* means, or None after noting why it means nothing."""
    return _Resolving(parsed, section, resolver, notes, fallbacks).virtual()


def distinct(
    parsed: Parsed, services: Sequence[VirtualService | None], notes: Notes
) -> tuple[VirtualService, ...]:
    """Return *services*, one a section, without those that were there before."""
    seen: dict[ServiceKey, Section] = {}
    virtuals: list[VirtualService] = []
    for section, service in zip(parsed.sections, services, strict=True):
        if service is None:
            continue
        first = seen.setdefault(service.key, section)
        if first is section:
            virtuals.append(service)
            continue
        notes.refuse(
            section.header._replace(number=section.end, start=0),
            Refused(
                "duplicate-virtual",
                f"{service.key} of line {section.header.number} was there before",
                f"see line {first.header.number}",
            ),
        )
    return tuple(virtuals)


def _global_fallbacks(
    parsed: Parsed, resolver: Resolver, notes: Notes
) -> Iterator[tuple[str, GlobalFallback]]:
    for name, version in (("fallback", 4), ("fallback6", 6)):
        setting = parsed.settings.get(name)
        if setting is None or not isinstance(setting.value, FallbackSpec):
            continue
        spec = setting.value
        try:
            address = _fallback_address(spec, version, resolver)
            ports = {}
            if spec.port:
                for protocol in ("tcp", "udp"):
                    port = _port(spec.port, protocol, resolver)
                    if port is not None:
                        ports[protocol] = port
                if not ports:
                    raise _bad_fallback_port(spec.port)
        except Refused as refused:
            notes.refuse(setting.line, refused)
            continue
        known: dict[str, int | None] = {"tcp": None, "udp": None}
        yield (
            name,
            GlobalFallback(
                address, spec, dict(ports) if spec.port else known, setting.line
            ),
        )


def _fallback_address(spec: FallbackSpec, version: int, resolver: Resolver) -> Address:
    address = _address(spec.host, version, resolver)
    if address is None:
        raise Refused(
            "fallback-resolve",
            f"cannot resolve fallback {shown(spec.host)} to an IPv{version} address",
            "" if version == 6 or spec.host[:1] != "[" else "write fallback6",  # noqa: PLR2004
        )
    return address


def _bad_fallback_port(port: str) -> Refused:
    return Refused(
        "fallback-port", f"{shown(port)} is no port", "write a number from 0 to 65535"
    )


def _address(host: str, version: int, resolver: Resolver) -> Address | None:
    """Return the address of *host*; only names are looked up."""
    if version == 4:  # noqa: PLR2004
        numeric: Address | None = ipv4(host)
        if numeric is None and host[:1] != "[" and not _quad(host):
            return resolver.address(host, 4)
        return numeric
    if host[:1] == "[":
        return ipv6(host)
    return None if ipv4(host) else resolver.address(host, 6)


def _quad(host: str) -> bool:
    return not host.strip("0123456789.")


def _port(text: str, protocol: str, resolver: Resolver) -> int | None:
    """Return the port *text* means; only names are looked up."""
    if text.isascii() and text.isdigit():
        return int(text) if len(text) < 20 and int(text) <= GREATEST_PORT else None  # noqa: PLR2004
    return resolver.port(text, protocol)


@dataclass(slots=True)
class _Resolving:
    """One virtual service on its way into the model."""

    parsed: Parsed
    section: Section
    resolver: Resolver
    notes: Notes
    fallbacks: Mapping[str, GlobalFallback]

    def virtual(self) -> VirtualService | None:
        """Return the service, or None after noting why there is none."""
        section = self.section
        spec = section.spec
        protocol = self._protocol()
        try:
            key = self._key(protocol)
        except Refused as refused:
            self.notes.refuse(section.header, refused)
            key = None
        port = key.endpoint.port if isinstance(key, Vip) else 0
        service = section.get("service")
        if service is None:
            marked = spec is None or spec.marked
            service = "none" if marked else _SERVICE_OF.get(port, "none")
        fallback = self._fallback(protocol, port)
        asked = beside.asked(
            self.parsed, section, str(service), protocol, self.resolver.hostname()
        )
        reals = tuple(self._reals(asked, key))
        if key is None:
            return None
        return defaults.virtual(
            self.parsed, section, key, reals, fallback, str(service)
        )

    def _protocol(self) -> str:
        spec = self.section.spec
        if spec is None or spec.marked:
            return "fwm" if spec else "tcp"
        written = self.section.get("protocol")
        if written is not None:
            return str(written)
        return "udp" if spec.port in _DNS else "tcp"

    def _key(self, protocol: str) -> ServiceKey | None:
        section = self.section
        spec = section.spec
        if spec is None:
            return None
        if spec.marked:
            return Fwmark(spec.mark, section.version)
        address = _address(spec.host, section.version, self.resolver)
        if address is None:
            raise Refused(
                "virtual-resolve",
                f"cannot resolve {shown(spec.host)} to an IPv{section.version} address",
            )
        self._numeric(spec.host, address, section.header)
        port = _port(spec.port, protocol, self.resolver)
        if port is None:
            raise Refused(
                "virtual-resolve",
                f"{shown(spec.port)} is no {protocol} port",
                "write a number from 1 to 65535",
            )
        self._zeros(spec.port, port, section.header)
        if port == 0 and not section.get("persistent"):
            raise Refused(
                "bad-virtual-address",
                "port 0 means every port and needs persistent",
                "write persistent = 300 in this virtual service, or a port",
            )
        transport = Transport.UDP if protocol == "udp" else Transport.TCP
        return Vip(transport, Endpoint(address, port))

    def _numeric(self, host: str, address: Address, line: Line) -> None:
        if address.version == 4 and _quad(host) and host != str(address):  # noqa: PLR2004
            self.notes.warn(
                line,
                Caution(
                    "short-address",
                    f"{host} is read as {address}",
                    f"write {address}",
                ),
            )

    def _zeros(self, text: str, port: int, line: Line) -> None:
        if text[0] == "0" and len(text) > 1:
            self.notes.warn(
                line, Caution("leading-zero", f"port {text} is read as {port}")
            )

    def _fallback(self, protocol: str, port: int) -> Fallback | None:
        section = self.section
        name = "fallback" if section.version == 4 else "fallback6"  # noqa: PLR2004
        setting = section.settings.get(name)
        if setting is None:
            return self._inherited(self.fallbacks.get(name), protocol, port)
        spec = setting.value
        if not isinstance(spec, FallbackSpec):
            return None
        try:
            address = _fallback_address(spec, section.version, self.resolver)
            if spec.port:
                found = _port(
                    spec.port, "" if protocol == "fwm" else protocol, self.resolver
                )
                if found is None:
                    raise _bad_fallback_port(spec.port)
                port = found
        except Refused as refused:
            self.notes.refuse(setting.line, refused)
            return None
        return Fallback(Endpoint(address, port), spec.forwarding)

    def _inherited(
        self, default: GlobalFallback | None, protocol: str, port: int
    ) -> Fallback | None:
        if default is None:
            return None
        if default.spec.port and protocol != "fwm":
            own = default.ports.get(protocol)
            if own is None:
                self.notes.refuse(
                    default.line,
                    Refused(
                        "fallback-port",
                        f"{shown(default.spec.port)} is no {protocol} port, which"
                        f" line {self.section.header.number} needs",
                        "write a number",
                    ),
                )
                return None
            port = own
        return Fallback(Endpoint(default.address, port), default.spec.forwarding)

    def _reals(
        self, asked: beside.Asked, key: ServiceKey | None
    ) -> Iterator[RealServer]:
        left = MOST_REALS
        for spec, line in self.section.reals:
            try:
                first, count, port = self._located(spec, line, left)
            except Refused as refused:
                self.notes.refuse(line, refused)
                continue
            left -= count
            kind = IPv4Address if self.section.version == 4 else IPv6Address  # noqa: PLR2004
            for number in range(int(first), int(first) + count):
                endpoint = Endpoint(kind(number), port)
                check = defaults.real_check(
                    asked.main, self.section, spec.strings, endpoint, key
                )
                also, agent = asked.beside(self.section, endpoint)
                yield RealServer(
                    endpoint,
                    spec.forwarding,
                    spec.weight,
                    check,
                    spec.upper,
                    spec.lower,
                    spec.host if count == 1 else str(endpoint.address),
                    line.number,
                    also,
                    agent,
                )

    def _located(
        self, spec: RealSpec, line: Line, left: int
    ) -> tuple[Address, int, int]:
        """Return the first address, how many there are, and their port."""
        version = self.section.version
        first = _address(spec.host, version, self.resolver)
        if first is None:
            raise Refused(
                "real-resolve",
                f"cannot resolve {shown(spec.host)} to an IPv{version} address",
            )
        self._numeric(spec.host, first, line)
        port = _port(spec.port, "", self.resolver) if spec.port else 0
        if port is None:
            raise Refused(
                "real-port",
                f"{shown(spec.port)} is no port",
                "write a number from 0 to 65535",
            )
        if spec.port:
            self._zeros(spec.port, port, line)
        if not spec.last:
            return first, _fitting(1, left), port
        last = _address(spec.last, version, self.resolver)
        if last is None:
            raise Refused(
                "real-resolve",
                f"cannot resolve end of range {shown(spec.last)}"
                f" to an IPv{version} address",
            )
        count = int(last) - int(first) + 1
        if count < 1:
            raise Refused(
                "bad-range",
                f"{first}->{last} ends before it starts",
                f"write {last}->{first}",
            )
        return first, _fitting(count, left), port


def _fitting(count: int, left: int) -> int:
    if count > left:
        raise Refused(
            "bad-range",
            f"more than {MOST_REALS} real servers in a virtual service",
            "write the range shorter",
        )
    return count
