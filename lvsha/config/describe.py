"""A configuration, or what is wrong with it, as plain values for JSON."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from lvsha.config.defaults import (
    DEFAULTS,
    METHOD_WORDS,
    checktype,
    credentials,
    effective,
    timeout,
)
from lvsha.config.own_rules import words_of
from lvsha.config.parse import Parsed, Section
from lvsha.config.reading import Loaded
from lvsha.config.resolve import GlobalFallback
from lvsha.errors import ConfigError, Problem
from lvsha.identity import Endpoint, Forwarding, Fwmark, Vip, bracketed
from lvsha.model import Check, CheckType, DaemonState, RealServer, VirtualService

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

# What is shown of every virtual service as it is in effect there.
_SHARED: Final = (
    "checkinterval",
    "quiescent",
    "cleanstop",
    "fallbackcommand",
    "emailalert",
    "emailalertfrom",
    "emailalertfreq",
    "emailalertstatus",
    "smtp",
    "tls_verify",
    "tls_ca",
    "starttls",
    "tls_warn_days",
    "successcount",
    "checkjitter",
    "startspread",
    "slowstart",
    "panicthreshold",
    "tripwire",
    "checkmode",
    "httpstatus",
    "httpheader",
    "maxresponsetime",
    "agentport",
    "agentinterval",
    "agentsend",
)
_GLOBAL: Final = (
    *_SHARED,
    "checkcount",
    "failurecount",
    "readdquiescent",
    "autoreload",
    "callback",
    "logfile",
    "fork",
    "supervised",
    "maintenancedir",
)
_OWN: Final = (
    "checkcommand",
    "checkport",
    "request",
    "receive",
    "httpmethod",
    "virtualhost",
    "database",
    "secret",
    "load",
    "scheduler",
    "schedflags",
    "netmask",
    "ops",
    "monitorfile",
    "servicename",
    "comment",
)


def describe(loaded: Loaded) -> dict[str, Json]:
    """Return *loaded* as ``lvsha check --json`` shows it."""
    parsed = loaded.parsed
    sections = {section.header.number: section for section in parsed.sections}
    return {
        "ok": True,
        "errors": [],
        "warnings": problems(loaded.warnings),
        "globals": settings(parsed, loaded.fallbacks),
        "virtuals": [
            virtual(loaded, sections[service.line], service)
            for service in loaded.configuration.virtuals
        ],
    }


def describe_error(error: ConfigError) -> dict[str, Json]:
    """Return *error* as ``lvsha check --json`` shows it."""
    return {
        "ok": False,
        "errors": problems(error.problems),
        "warnings": problems(error.warnings),
        "globals": {},
        "virtuals": [],
    }


def problems(found: Iterable[Problem]) -> list[Json]:
    """Return errors or warnings; a place that is not known is null."""
    return [
        {
            "file": problem.file,
            "line": problem.line or None,
            "column": problem.column or None,
            "category": problem.category,
            "message": problem.message,
            "hint": problem.hint,
        }
        for problem in found
    ]


def settings(
    parsed: Parsed, fallbacks: Mapping[str, GlobalFallback]
) -> dict[str, Json]:
    """Return every global directive as it is in effect."""
    shown: dict[str, Json] = {
        name: _shown(name, effective(parsed, None, name)) for name in _GLOBAL
    }
    shown["checktimeout"] = timeout(parsed, None, "checktimeout")
    shown["negotiatetimeout"] = timeout(parsed, None, "negotiatetimeout")
    shown["execute"] = [
        *dict.fromkeys(str(setting.value) for setting in parsed.executes)
    ]
    for name in ("fallback", "fallback6"):
        shown[name] = _global_fallback(fallbacks.get(name))
    return shown


def _global_fallback(fallback: GlobalFallback | None) -> Json:
    if fallback is None:
        return None
    return {
        protocol: _fallback(fallback.address, port, fallback.spec.forwarding)
        for protocol, port in fallback.ports.items()
    }


def _fallback(address: object, port: int | None, forwarding: Forwarding) -> Json:
    return {
        "ip": str(address),
        "port": None if port is None else str(port),
        "forward": METHOD_WORDS[forwarding],
        "weight": 1,
    }


def virtual(loaded: Loaded, section: Section, service: VirtualService) -> Json:
    """Return one virtual service with everything that applies to it."""
    parsed = loaded.parsed
    key = service.key
    kind, connects = checktype(section)
    where = key.endpoint if isinstance(key, Vip) else None
    shown: dict[str, Json] = {
        "id": str(key),
        "family": "inet6" if key.version == 6 else "inet",  # noqa: PLR2004
        "vip": str(where.address) if where else None,
        "port": where.port if where else 0,
        "fwmark": key.mark if isinstance(key, Fwmark) else None,
        "protocol": key.protocol.name.lower() if isinstance(key, Vip) else "fwm",
        "service": service.service,
        "checktype": kind.value,
        "checktimeout": timeout(parsed, section, "checktimeout"),
        "negotiatetimeout": timeout(parsed, section, "negotiatetimeout"),
        "checkcount": _plain(effective(parsed, section, "checkcount")),
        "failurecount": service.failurecount,
        "ipvs_flags": flags(section, service),
        "fallback_effective": None,
        "directives": _directives(loaded, section, service),
        "reals": [_real(real) for real in service.reals],
    }
    if kind is CheckType.COMBINED:
        shown["connects_between_negotiates"] = connects
    if service.fallback:
        endpoint = service.fallback.endpoint
        shown["fallback_effective"] = _fallback(
            endpoint.address, endpoint.port, service.fallback.forwarding
        )
    return shown


def _directives(
    loaded: Loaded, section: Section, service: VirtualService
) -> dict[str, Json]:
    shown: dict[str, Json] = {
        name: _shown(name, effective(loaded.parsed, section, name)) for name in _SHARED
    }
    for name in _OWN:
        own = section.get(name)
        shown[name] = _plain(DEFAULTS.get(name) if own is None else own)
    persistent = section.get("persistent")
    shown["persistent"] = None if persistent is None else str(persistent)
    used = credentials(section, service.service, loaded.hostname)
    shown["login"] = used.login
    shown["passwd"] = used.passwd
    return shown


def _shown(name: str, value: object) -> Json:
    """Return the value of *name*; of header fields, which may be secret, the names."""
    if name == "httpheader":
        fields = value if isinstance(value, tuple) else ()
        return [field for field, _ in fields]
    if name == "httpstatus" and isinstance(value, tuple):
        return words_of(value)
    return _plain(value)


def _plain(value: object) -> Json:
    if isinstance(value, DaemonState):
        return value.value
    if value is None or isinstance(value, int | float | str):
        return value
    return str(value)


def _real(real: RealServer) -> Json:
    check = real.check
    return {
        "ip": str(real.endpoint.address),
        "port": real.endpoint.port,
        "forward": METHOD_WORDS[real.forwarding],
        "weight": real.weight,
        "check_port": check.port,
        "request": check.request,
        "receive": check.receive,
        "check_url": _url(check.url, check.service, check.kind),
        "lower_threshold": real.lower,
        "upper_threshold": real.upper,
        "also": [_also(check) for check in real.also],
    }


def _also(check: Check) -> Json:
    return {
        "checktype": check.kind.value,
        "service": check.service if check.kind is CheckType.NEGOTIATE else None,
        "port": check.port if check.kind is not CheckType.PING else None,
        "request": check.request if check.kind is CheckType.NEGOTIATE else None,
        "receive": check.receive if check.kind is CheckType.NEGOTIATE else None,
    }


def _url(url: str, service: str, kind: CheckType) -> str | None:
    negotiates = kind in (CheckType.NEGOTIATE, CheckType.COMBINED)
    if negotiates and service in ("http", "https", "http_proxy"):
        return url
    return None


def flags(section: Section, service: VirtualService) -> str:
    """Return the service's part of the ipvsadm command ldirectord would run."""
    key = service.key
    if isinstance(key, Vip):
        option = "-u" if key.protocol.name == "UDP" else "-t"
        words = [option, _endpoint(key.endpoint)]
    else:
        words = ["-f", str(key.mark)]
        if key.version == 6:  # noqa: PLR2004
            words.append("-6")
    if service.ops:
        words.append("-o")
    words += ["-s", service.scheduler]
    if service.persistent:
        words += ["-p", str(service.persistent)]
        mask = section.get("netmask")
        if mask:
            words += ["-M", str(mask)]
    if service.schedflags:
        words += ["-b", service.schedflags]
    return " ".join(words)


def _endpoint(endpoint: Endpoint) -> str:
    return f"{bracketed(endpoint.address)}:{endpoint.port}"
