"""What is not written: defaults, inherited values, and what follows from them.

Everything here turns settings into the model; no line is refused any more.
"""

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Final

from lvsha.config.parse import Parsed, Section
from lvsha.config.rules import Combined
from lvsha.identity import (
    Endpoint,
    Forwarding,
    Fwmark,
    Protocol,
    ServiceKey,
    Vip,
    bracketed,
)
from lvsha.model import (
    OWN_PORTS,
    SERVICE_PORTS,
    Alerts,
    Check,
    CheckMode,
    CheckType,
    Credentials,
    DaemonState,
    Fallback,
    RealServer,
    Settings,
    Tls,
    TlsVerify,
    VirtualService,
)

# What a directive is worth where nobody writes it.
DEFAULTS: Final[Mapping[str, object]] = {
    "checktimeout": 5,
    "negotiatetimeout": 30,
    "checkinterval": 10,
    "checkcount": 1,
    "failurecount": 1,
    "tls_warn_days": 14,
    "successcount": 1,
    "checkjitter": 0,
    "startspread": 0,
    "slowstart": 0,
    "panicthreshold": 0,
    "tripwire": "no",
    "checkmode": "all",
    "maxresponsetime": 0,
    "quiescent": "no",
    "cleanstop": "yes",
    "readdquiescent": "no",
    "autoreload": "no",
    "fork": "no",
    "supervised": "no",
    "ops": "no",
    "logfile": "/var/log/ldirectord.log",
    "emailalertfreq": 0,
    "emailalertstatus": ~DaemonState(0),
    "checktype": CheckType.NEGOTIATE,
    "checkcommand": "/bin/true",
    "request": "/",
    "receive": "",
    "httpmethod": "GET",
    "scheduler": "wrr",
    "login": "",
    "passwd": "",
    "database": "",
    "secret": "",
}
HTTP: Final = frozenset({"http", "https", "http_proxy"})
_VERIFIED: Final = frozenset({"https", "imaps", "pops", "grpcs", "rediss"})
_TLS: Final = _VERIFIED | {"ldaps"}
# What can go on in TLS after a beginning in the clear.
_STARTTLS: Final = frozenset({"imap", "ldap", "pop", "smtp", "submission"})
_URL_KINDS: Final = frozenset({CheckType.NEGOTIATE, CheckType.COMBINED})
_EXTERNAL: Final = frozenset({CheckType.EXTERNAL, CheckType.EXTERNAL_PERL})


def effective(parsed: Parsed, section: Section | None, name: str) -> object:
    """Return *name* as it applies to *section*: its own, the file's, the default."""
    value = section.get(name) if section is not None else None
    if value is None:
        value = parsed.get(name)
    return DEFAULTS.get(name) if value is None else value


def timeout(parsed: Parsed, section: Section | None, name: str) -> float:
    """Return a timeout; the check and the negotiate timeout stand in for each other."""
    other = "negotiatetimeout" if name == "checktimeout" else "checktimeout"
    for place in (section, parsed):
        for word in (name, other):
            value = place.get(word) if place is not None else None
            if isinstance(value, int | float):
                return value
    return number(DEFAULTS[name])


def number(value: object) -> float:
    """Return *value* as the number it is."""
    return value if isinstance(value, int | float) else 0


def whole(value: object) -> int:
    """Return *value* as the whole number it is."""
    return int(number(value))


def text(value: object) -> str:
    """Return *value* as text, empty for nothing."""
    return "" if value is None else str(value)


def settings(parsed: Parsed) -> Settings:
    """Return what the file says about the director itself."""
    executes = dict.fromkeys(text(setting.value) for setting in parsed.executes)

    def written(name: str) -> object:
        return effective(parsed, None, name)

    return Settings(
        checkinterval=number(written("checkinterval")),
        autoreload=written("autoreload") == "yes",
        callback=text(written("callback")),
        logfile=text(written("logfile")),
        execute=tuple(executes),
        fork=written("fork") == "yes",
        supervised=written("supervised") == "yes",
        maintenancedir=text(written("maintenancedir")),
        readdquiescent=written("readdquiescent") == "yes",
    )


def check(
    parsed: Parsed, section: Section, service: str, protocol: str, hostname: str
) -> Check:
    """Return what the checks of all real servers of *section* have in common."""
    kind, connects = checktype(section)
    if kind is CheckType.COMBINED and service == "none":
        # A negotiate of nothing always succeeds and would put a dead server back.
        kind, connects = CheckType.CONNECT, 0
    return Check(
        kind=kind,
        service=service,
        transport=Protocol.UDP if protocol == "udp" else Protocol.TCP,
        address=_NOWHERE,
        port=None,
        checktimeout=timeout(parsed, section, "checktimeout"),
        negotiatetimeout=timeout(parsed, section, "negotiatetimeout"),
        checkcount=whole(effective(parsed, section, "checkcount")),
        connects=connects,
        request=text(effective(parsed, section, "request")),
        receive=text(effective(parsed, section, "receive")),
        httpmethod=text(effective(parsed, section, "httpmethod")),
        virtualhost=text(section.get("virtualhost")),
        command=text(effective(parsed, section, "checkcommand"))
        if kind in _EXTERNAL
        else "",
        credentials=credentials(section, service, hostname),
        tls=tls(parsed, section, service),
        starttls=starttls(parsed, section, service),
        statuses=statuses(parsed, section, service),
        headers=headers(parsed, section, service),
        slowest=number(effective(parsed, section, "maxresponsetime")),
    )


def statuses(
    parsed: Parsed, section: Section, service: str
) -> tuple[tuple[int, int], ...]:
    """Return which answers of an HTTP *service* are good, if that is written."""
    written = effective(parsed, section, "httpstatus")
    if service not in HTTP or not isinstance(written, tuple):
        return ()
    return tuple((first, last) for first, last in written)


def headers(
    parsed: Parsed, section: Section, service: str
) -> tuple[tuple[str, str], ...]:
    """Return what is sent to an HTTP *service* besides our own header fields."""
    written = effective(parsed, section, "httpheader")
    if service not in HTTP or not isinstance(written, tuple):
        return ()
    return tuple((name, value) for name, value in written)


_NOWHERE: Final = IPv4Address(0)


def checktype(section: Section) -> tuple[CheckType, int]:
    """Return the check type as configured, and its N."""
    value = section.get("checktype")
    if isinstance(value, Combined):
        return CheckType.COMBINED, value.connects
    return value if isinstance(value, CheckType) else CheckType.NEGOTIATE, 0


def credentials(section: Section, service: str, hostname: str) -> Credentials:
    """Return what is logged in with; ftp and sip have names of their own."""
    login = text(section.get("login"))
    passwd = text(section.get("passwd"))
    if service == "ftp":
        login = login or "anonymous"
        passwd = passwd or f"ldirectord@{hostname}"
    elif service == "sip":
        login = login or f"ldirectord@{hostname}"
    return Credentials(
        login, passwd, text(section.get("database")), text(section.get("secret"))
    )


def starttls(parsed: Parsed, section: Section, service: str) -> bool:
    """Return whether *service* begins in the clear and is to go on in TLS."""
    return service in _STARTTLS and effective(parsed, section, "starttls") == "yes"


def tls(parsed: Parsed, section: Section, service: str) -> Tls:
    """Return how the certificate of *service* is looked at."""
    sealed = starttls(parsed, section, service)
    if service not in _TLS and not sealed:
        return Tls()
    written = effective(parsed, section, "tls_verify")
    if written is None:
        chain = service in _VERIFIED or sealed
        verify = TlsVerify.CHAIN if chain else TlsVerify.NOTHING
    else:
        verify = TlsVerify(written)
    alpn = "h2" if service == "grpcs" else ""
    return Tls(verify, text(effective(parsed, section, "tls_ca")), alpn)


def real_check(
    template: Check,
    section: Section,
    strings: tuple[str, str | None] | None,
    endpoint: Endpoint,
    key: ServiceKey | None,
) -> Check:
    """Return the check of one real server; *strings* are its own, if it has some."""
    port = template.port or whole(section.get("checkport")) or endpoint.port
    found = port or service_port(template.service)
    request, receive = strings or (template.request, None)
    url = ""
    if template.service in HTTP and template.kind in _URL_KINDS:
        where = f"{bracketed(endpoint.address)}:{found}"
        if receive is None:
            url = _url(template.service, where, template.request, own=False)
        else:
            url = _url(template.service, where, request, own=True)
    return Check(
        kind=template.kind,
        service=template.service,
        transport=template.transport,
        address=endpoint.address,
        port=found,
        checktimeout=template.checktimeout,
        negotiatetimeout=template.negotiatetimeout,
        checkcount=template.checkcount,
        connects=template.connects,
        request=request,
        receive=template.receive if receive is None else receive,
        httpmethod=template.httpmethod,
        virtualhost=template.virtualhost,
        url=url,
        command=template.command,
        arguments=_arguments(endpoint, key) if template.kind in _EXTERNAL else (),
        credentials=template.credentials,
        tls=template.tls,
        starttls=template.starttls,
        statuses=template.statuses,
        headers=template.headers,
        slowest=template.slowest,
    )


def service_port(service: str) -> int | None:
    """Return the port *service* is known by, if there is one."""
    return SERVICE_PORTS.get(service) or OWN_PORTS.get(service)


def _arguments(endpoint: Endpoint, key: ServiceKey | None) -> tuple[str, ...]:
    if isinstance(key, Vip):
        virtual = (bracketed(key.endpoint.address), str(key.endpoint.port))
    else:
        virtual = (str(key.mark) if isinstance(key, Fwmark) else "", "0")
    return (*virtual, bracketed(endpoint.address), str(endpoint.port))


def _url(service: str, where: str, request: str, *, own: bool) -> str:
    scheme = "https" if service == "https" else "http"
    path = request.removeprefix("/")
    if f"{scheme}://" in request if own else service == "http_proxy":
        return path
    return f"{scheme}://{where}/{path}"


def virtual(  # noqa: PLR0913, PLR0917 - the parts a service is made of
    parsed: Parsed,
    section: Section,
    key: ServiceKey,
    reals: tuple[RealServer, ...],
    fallback: Fallback | None,
    service: str,
) -> VirtualService:
    """Return the virtual service made of its parts and of what it inherits."""

    def written(name: str) -> object:
        return effective(parsed, section, name)

    persistent = whole(section.get("persistent"))
    return VirtualService(
        key=key,
        reals=reals,
        service=service,
        checktype=checktype(section)[0],
        scheduler=text(written("scheduler")),
        schedflags=text(section.get("schedflags")),
        persistent=persistent,
        netmask=_netmask(section) if persistent else None,
        ops=written("ops") == "yes"
        and isinstance(key, Vip)
        and key.protocol is Protocol.UDP,
        quiescent=written("quiescent") == "yes",
        cleanstop=written("cleanstop") == "yes",
        failurecount=whole(written("failurecount")),
        successcount=whole(written("successcount")),
        checkinterval=number(written("checkinterval")),
        jitter=whole(written("checkjitter")),
        startspread=number(written("startspread")),
        agentinterval=number(written("agentinterval") or written("checkinterval")),
        checkmode=CheckMode(written("checkmode")),
        slowstart=number(written("slowstart")),
        panicthreshold=whole(written("panicthreshold")),
        tripwire=written("tripwire") == "yes",
        tls_warn_days=whole(written("tls_warn_days")),
        fallback=fallback,
        fallbackcommand=text(written("fallbackcommand")),
        alerts=_alerts(parsed, section),
        monitorfile=text(section.get("monitorfile")),
        servicename=text(section.get("servicename")),
        comment=text(section.get("comment")),
        line=section.header.number,
    )


def _netmask(section: Section) -> IPv4Address | int | None:
    mask = text(section.get("netmask"))
    if not mask:
        return None
    return int(mask) if section.version == 6 else IPv4Address(_plain(mask))  # noqa: PLR2004


def _plain(mask: str) -> str:
    return ".".join(str(int(part)) for part in mask.split("."))


def _alerts(parsed: Parsed, section: Section) -> Alerts:
    recipients = text(effective(parsed, section, "emailalert")).split(",")
    states = effective(parsed, section, "emailalertstatus")
    return Alerts(
        recipients=tuple(name.strip() for name in recipients if name.strip()),
        states=states if isinstance(states, DaemonState) else ~DaemonState(0),
        frequency=whole(effective(parsed, section, "emailalertfreq")),
        sender=text(effective(parsed, section, "emailalertfrom")),
        smtp=text(effective(parsed, section, "smtp")),
    )


METHOD_WORDS: Final = {
    Forwarding.GATE: "gate",
    Forwarding.MASQ: "masq",
    Forwarding.IPIP: "ipip",
}
