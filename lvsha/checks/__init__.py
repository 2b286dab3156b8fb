"""Is this real server well? One protocol a module.

The negotiate checks by the name ``service =`` gives them. Adding one is a file
with its dialogue and a row here; sockets are lent by
:mod:`lvsha.checks.prober`. A library that holds a check by itself stands among
the coroutines, and one that cannot be trusted with our loop among the programs.
"""

from collections.abc import Callable, Mapping
from typing import Final

from lvsha.checks import extras
from lvsha.checks.agent import agent
from lvsha.checks.dialogue import Dialogue
from lvsha.checks.ftp import ftp
from lvsha.checks.http import http, http_proxy
from lvsha.checks.imap import imap, imaps
from lvsha.checks.nntp import nntp
from lvsha.checks.pop import pop, pops
from lvsha.checks.program import Plan
from lvsha.checks.redis import redis
from lvsha.checks.simpletcp import simpletcp
from lvsha.checks.sip import sip
from lvsha.checks.smtp import smtp
from lvsha.model import AGENT, Check, CheckType

SERVICES: Final[Mapping[str, Callable[[Check], Dialogue]]] = {
    "http": http,
    "https": http,
    "http_proxy": http_proxy,
    "simpletcp": simpletcp,
    "ftp": ftp,
    "imap": imap,
    "imaps": imaps,
    "nntp": nntp,
    "pop": pop,
    "pops": pops,
    "sip": sip,
    "smtp": smtp,
    "submission": smtp,
    "redis": redis,
    "rediss": redis,
    "grpc": extras.grpc,
    "grpcs": extras.grpc,
    AGENT: agent,
    "dns": extras.dns,
    "ldap": extras.ldap,
    "ldaps": extras.ldap,
    "radius": extras.radius,
}

COROUTINES: Final[Mapping[str, extras.Coroutine]] = {
    "mysql": extras.mysql,
    "pgsql": extras.pgsql,
}

PROGRAMS: Final[Mapping[str, Plan]] = {
    "oracle": extras.oracle,
}

# Up without being asked.
UNCHECKED: Final = "none"


def unsupported(check: Check) -> str:
    """Return why *check* cannot be run here and what to do, or nothing."""
    if check.kind not in (CheckType.NEGOTIATE, CheckType.COMBINED):
        return ""
    service = check.service
    if service == UNCHECKED:
        return ""
    if service in SERVICES or service in COROUTINES or service in PROGRAMS:
        return extras.missing(service)
    return f"service {service!r} cannot be checked yet"
