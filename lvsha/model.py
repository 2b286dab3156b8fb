"""What the operator means: virtual services, real servers, checks and policies.

The configuration is resolved before it becomes a model: names are addresses,
inherited values are filled in, ranges are expanded. What a file looks like
belongs to :mod:`lvsha.config`; what the kernel holds to :mod:`lvsha.ipvs`.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Final

from lvsha.identity import Address, Endpoint, Forwarding, Fwmark, Protocol, ServiceKey


class CheckType(enum.Enum):
    """How a real server is examined; the value is the word in the file."""

    NEGOTIATE = "negotiate"
    CONNECT = "connect"
    PING = "ping"
    EXTERNAL = "external"
    EXTERNAL_PERL = "external-perl"
    COMBINED = "combined"
    ON = "on"
    OFF = "off"


class CheckMode(enum.Enum):
    """How many of a real server's checks must pass."""

    ALL = "all"
    ANY = "any"


class TlsVerify(enum.Enum):
    """How much of a TLS certificate must be right."""

    NOTHING = "no"
    CHAIN = "yes"
    FULL = "full"


class DaemonState(enum.Flag):
    """What the director is doing while something happens (``emailalertstatus``)."""

    STARTING = 1
    RUNNING = 2
    STOPPING = 4
    RELOADING = 8


ALL_STATES: Final = (
    DaemonState.STARTING
    | DaemonState.RUNNING
    | DaemonState.STOPPING
    | DaemonState.RELOADING
)

# Service name to default port, and back when no ``service`` is given.
SERVICE_PORTS: Final[Mapping[str, int]] = {
    "ftp": 21,
    "smtp": 25,
    "dns": 53,
    "http": 80,
    "pop": 110,
    "nntp": 119,
    "imap": 143,
    "ldap": 389,
    "https": 443,
    "submission": 587,
    "ldaps": 636,
    "imaps": 993,
    "pops": 995,
    "oracle": 1521,
    "radius": 1812,
    "http_proxy": 3128,
    "mysql": 3306,
    "sip": 5060,
    "pgsql": 5432,
}
# Services of our own. They are not guessed from a port: nothing that a file of
# ldirectord's leaves unsaid may mean something new.
OWN_PORTS: Final[Mapping[str, int]] = {"redis": 6379, "rediss": 6379}
SERVICES: Final = (
    frozenset(SERVICE_PORTS)
    | frozenset(OWN_PORTS)
    | {"none", "simpletcp", "grpc", "grpcs"}
)
# What an agent is asked with: a service no file can name.
AGENT: Final = "agent"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a check logs in with; never shown in a representation."""

    login: str = ""
    passwd: str = field(default="", repr=False)
    database: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Tls:
    """How a check verifies its peer; *ca* is a file of certificates or the system's.

    *alpn* is what is to be spoken through it, for peers that ask (RFC 7301).
    """

    verify: TlsVerify = TlsVerify.CHAIN
    ca: str = ""
    alpn: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """Everything that decides a verdict on one real server.

    Equal checks get equal verdicts, so one run serves every virtual service
    that asks for it. *port* is None when neither ``checkport``, the real
    server nor the service names one: a TCP check of it fails. *transport* is
    what the check itself speaks: TCP for firewall marks. *request* and
    *receive* are as effective for this real server; *receive* is the source of
    a regular expression. *url* is set for HTTP services only. *arguments* are
    the four words handed to an external command. Timeouts are seconds, > 0;
    *connects* is how many connect checks follow a successful negotiate
    (``checktype = N``). With *starttls* a protocol that begins in the clear goes on
    in TLS.

    For HTTP, *statuses* are the ranges, both ends included, in which the answer
    counts as good, none for 2xx; *headers* are what is sent besides our own, and
    may be secret. An answer that takes more than *slowest* seconds counts as
    failed, unless that is 0.
    """

    kind: CheckType
    service: str
    transport: Protocol
    address: Address
    port: int | None
    checktimeout: float
    negotiatetimeout: float
    checkcount: int = 1
    connects: int = 0
    request: str = field(default="", repr=False)
    receive: str = ""
    httpmethod: str = "GET"
    virtualhost: str = ""
    url: str = field(default="", repr=False)
    command: str = ""
    arguments: tuple[str, ...] = ()
    credentials: Credentials = Credentials()
    tls: Tls = Tls()
    starttls: bool = False
    statuses: tuple[tuple[int, int], ...] = ()
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    slowest: float = 0


@dataclass(frozen=True, slots=True)
class RealServer:
    """One ``real`` line, or one address of a range.

    *endpoint* is as configured; port 0 means none was given. *name* is the
    host as it was written. *line* is where, for messages. *also* are the other
    checks it must pass, or may; *agent* asks the server itself how much work it
    wants.
    """

    endpoint: Endpoint
    forwarding: Forwarding
    weight: int
    check: Check
    upper: int = 0
    lower: int = 0
    name: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)
    also: tuple[Check, ...] = ()
    agent: Check | None = None


@dataclass(frozen=True, slots=True)
class Fallback:
    """The server of last resort: never checked, weight always 1."""

    endpoint: Endpoint
    forwarding: Forwarding = Forwarding.GATE


@dataclass(frozen=True, slots=True)
class Alerts:
    """Who is mailed about a virtual service, and when.

    *frequency* is the seconds between reminders, 0 for none; *smtp* is the
    server to hand mail to, empty for the local mailer.
    """

    recipients: tuple[str, ...] = ()
    states: DaemonState = ALL_STATES
    frequency: int = 0
    sender: str = ""
    smtp: str = ""


@dataclass(frozen=True, slots=True)
class VirtualService:
    """One ``virtual`` section with everything it inherits filled in.

    *persistent* is seconds, 0 for none. *netmask* is what IPVS wants: the mask
    as a number for IPv4, the prefix length for IPv6, None for a single host.
    *checkinterval* is seconds from the start of one check to the next; *jitter*
    is by how many percent of it that varies, *startspread* over how many seconds
    the first checks are spread.

    A server that recovers gets its whole weight after *slowstart* seconds, 0 for
    at once. When more than *panicthreshold* percent of the real servers are
    down, all are kept; 0 for never. With a *tripwire* a connection is held to
    each of them, and its end starts a check. Of a certificate that ends within
    *tls_warn_days* it is told, 0 for never.
    """

    key: ServiceKey
    reals: tuple[RealServer, ...]
    service: str = "none"
    checktype: CheckType = CheckType.NEGOTIATE
    scheduler: str = "wrr"
    schedflags: str = ""
    persistent: int = 0
    netmask: IPv4Address | int | None = None
    ops: bool = False
    quiescent: bool = False
    cleanstop: bool = True
    failurecount: int = 1
    successcount: int = 1
    checkinterval: float = 10
    jitter: int = 0
    startspread: float = 0
    agentinterval: float = 10
    checkmode: CheckMode = CheckMode.ALL
    slowstart: float = 0
    panicthreshold: int = 0
    tripwire: bool = False
    tls_warn_days: int = 14
    fallback: Fallback | None = None
    fallbackcommand: str = ""
    alerts: Alerts = Alerts()
    monitorfile: str = ""
    servicename: str = ""
    comment: str = ""
    line: int = field(default=0, compare=False)

    @property
    def transport(self) -> Protocol | None:
        """The protocol of a VIP, None for a mark."""
        return None if isinstance(self.key, Fwmark) else self.key.protocol


@dataclass(frozen=True, slots=True)
class Settings:
    """What the file says about the director itself.

    *logfile* starts with a slash for a file, else it is a syslog facility.
    """

    checkinterval: float = 10
    autoreload: bool = False
    callback: str = ""
    logfile: str = "/var/log/ldirectord.log"
    execute: tuple[str, ...] = ()
    fork: bool = False
    supervised: bool = False
    maintenancedir: str = ""
    readdquiescent: bool = False


@dataclass(frozen=True, slots=True)
class Configuration:
    """One file, understood."""

    settings: Settings = Settings()
    virtuals: tuple[VirtualService, ...] = ()


# What a transcript keeps of all that was said and heard, in bytes; and what the
# shortest piece takes of that, so that there are not too many of them.
KEPT: Final = 1024
_PIECE: Final = 32

# What happened, when in seconds, and what it was about: words or a call.
Moment = tuple[str, float, object]

CALLED: Final = "called"
RESOLVED: Final = "resolved"
CONNECTED: Final = "connected"
SEALED: Final = "sealed"
SAID: Final = "said"
HEARD: Final = "heard"


class Transcript:
    """What a check said and heard, written down as it went; cheap, and bounded.

    It holds secrets: what may be shown of it is told by :mod:`lvsha.evidence`.
    Seconds are of the clock that *began* was read from; *ends* is when the
    peer's certificate does, in seconds of the calendar's clock. *more* is how
    many bytes were not kept.
    """

    # Every check makes one of these: what most never change stays here.
    room = KEPT
    more = 0
    ends: float | None = None

    def __init__(self, check: Check, began: float = 0.0) -> None:
        """Begin with nothing said about *check*."""
        self.check = check
        self.began = began
        self.moments: list[Moment] = []

    def note(self, kind: str, at: float, words: bytes) -> None:
        """Write down *words* that were SAID or HEARD, as far as there is room."""
        size = len(words)
        room = self.room - (size if size > _PIECE else _PIECE)  # noqa: FURB136 - quicker
        if room >= 0:
            self.room = room
            self.moments.append((kind, at, words))
            return
        room = self.room
        self.room = 0
        # One that is not to be shown must not be shown in part.
        if room and type(words) is bytes:
            self.moments.append((kind, at, words[:room]))
            self.more -= min(room, size)
        self.more += size


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one check of one real server went; *seconds* is how long it took.

    *detail* says why not, or what was heard; it never holds a secret.
    *status* is the line monitor files quote (an HTTP status line), or empty.
    *transcript* is None where nothing was said.
    """

    passed: bool
    detail: str = ""
    seconds: float = 0.0
    status: str = ""
    transcript: Transcript | None = field(default=None, compare=False, repr=False)
