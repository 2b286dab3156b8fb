"""What happened, as values: the engine makes them, :mod:`lvsha.notify` tells them.

An event says what is now different; who hears of it, and in which words, is
decided elsewhere.
"""

import enum
from dataclasses import dataclass

from lvsha.errors import Problem
from lvsha.identity import Endpoint, ServiceKey
from lvsha.model import DaemonState, RealServer, Verdict, VirtualService


class Change(enum.Enum):
    """What became of a row; the value is the word ldirectord logs."""

    ADDED = "Added"
    CHANGED = "Changed"
    RESTORED = "Restored"
    DELETED = "Deleted"
    QUIESCED = "Quiescent"
    READDED = "Readd Quiescent"
    PURGED = "Purged"


class Role(enum.Enum):
    """What a server is to its virtual service."""

    REAL = "real"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class ServiceChanged:
    """A virtual service was put into, edited in or taken from the table."""

    change: Change
    service: ServiceKey


@dataclass(frozen=True, slots=True)
class ServerChanged:
    """A real or fallback server's row changed.

    *server* is the endpoint as configured; *weight* is the one set, None when
    the row is gone. *virtual* is None for a row no configuration knows.
    """

    change: Change
    role: Role
    server: Endpoint
    service: ServiceKey
    weight: int | None
    virtual: VirtualService | None


@dataclass(frozen=True, slots=True)
class SoftFailure:
    """A check failed, but not often enough to count the server down."""

    server: Endpoint
    service: ServiceKey
    failures: int
    limit: int


@dataclass(frozen=True, slots=True)
class FailuresForgotten:
    """A check passed after some had failed."""

    server: Endpoint
    service: ServiceKey


@dataclass(frozen=True, slots=True)
class StandingChanged:
    """A real server is now thought up or down; *detail* says what its check said."""

    server: Endpoint
    virtual: VirtualService
    up: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A check of *real* ended; monitor files list every one of them."""

    virtual: VirtualService
    real: RealServer
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class LastResort:
    """A virtual service lost its last real server (*active*) or found one again."""

    virtual: VirtualService
    active: bool


@dataclass(frozen=True, slots=True)
class Panicked:
    """So many real servers are down (*active*) that all are used, or no more so."""

    virtual: VirtualService
    active: bool
    down: int
    asked: int


@dataclass(frozen=True, slots=True)
class Advised:
    """The agent of a real server changed its mind; *advice* is all it has said."""

    server: Endpoint
    service: ServiceKey
    advice: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The kernel refused an operation; *reason* names it and says why."""

    service: ServiceKey | None
    reason: str


@dataclass(frozen=True, slots=True)
class Drifted:
    """Somebody else changed our rows and they were put right; *what* lists them."""

    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The director entered *state*; *reason* is a signal's name when stopping."""

    state: DaemonState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The director is about to be gone; *signal* is what ended it, without SIG."""

    signal: str


@dataclass(frozen=True, slots=True)
class CertificateEnding:
    """A real server's certificate ends at *when* (UTC), in *days*, or has ended."""

    server: Endpoint
    service: ServiceKey
    when: str
    days: int


@dataclass(frozen=True, slots=True)
class FileChanged:
    """The configuration file changed on disk; *reread* tells whether we follow."""

    path: str
    reread: bool


@dataclass(frozen=True, slots=True)
class ReloadRefused:
    """The new configuration is wrong; the old one stays in force, all of it."""

    path: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Dubious:
    """A configuration was accepted, but something in it will bite."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class CommandFailed:
    """A command of the operator's did not succeed; *reason* says how it ended."""

    command: str
    reason: str


Event = (
    ServiceChanged
    | ServerChanged
    | SoftFailure
    | FailuresForgotten
    | StandingChanged
    | Checked
    | LastResort
    | Panicked
    | Advised
    | CertificateEnding
    | Refused
    | Drifted
    | StateChanged
    | Stopped
    | FileChanged
    | ReloadRefused
    | Dubious
    | CommandFailed
)
