"""What the kernel means by an errno, said of the operation it refused.

The meanings are read from ``ip_vs_genl_set_cmd`` and the functions it calls
in the kernel's ``ip_vs_ctl.c``; one errno means different things to different
operations.
"""

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lvsha.errors import KernelError
from lvsha.identity import Endpoint, Forwarding, ServiceKey
from lvsha.ipvs.plan import (
    AddDestination,
    AddService,
    DeleteDestination,
    DeleteService,
    EditDestination,
    EditService,
    Operation,
)
from lvsha.ipvs.table import Destination, Settings, Tunnel


@dataclass(frozen=True, slots=True)
class Failure:
    """An operation the kernel refused, and why."""

    operation: Operation
    error: KernelError


# What ip_vs_svc_policy lets through.
SCHEDULER_LENGTH: Final = 15
ENGINE_LENGTH: Final = 16

# A weight is a signed number to the kernel.
HEAVIEST: Final = 2**31 - 1

ANYWHERE: Final[Mapping[int, str]] = {
    errno.EPERM: "needs CAP_NET_ADMIN",
    errno.ENOMEM: "out of memory",
    errno.ENOBUFS: "the answer was lost, the outcome is unknown",
    errno.ETIMEDOUT: "no answer in time, the outcome is unknown",
    errno.ESRCH: "no such virtual service",
    errno.EAFNOSUPPORT: "address family not supported, is IPv6 built into ip_vs?",
    errno.EOPNOTSUPP: "not known to this kernel",
}


def refusal(operation: Operation, number: int) -> KernelError:
    """Return the error that tells *operation*, its row, the errno and its meaning."""
    meaning = _meaning(operation, number)
    return KernelError(
        number, f"cannot {described(operation)}: {named(number)} ({meaning})"
    )


def refused(what: str, number: int, meanings: Mapping[int, str]) -> KernelError:
    """Return the error for a request that is no operation on the table."""
    meaning = meanings.get(number) or ANYWHERE.get(number) or os.strerror(number)
    return KernelError(number, f"cannot {what}: {named(number)} ({meaning})")


def described(operation: Operation) -> str:
    """Return *operation* in words: ``add 10.0.0.2:80 to tcp:192.0.2.10:80``."""
    match operation:
        case AddService(key, _):
            return f"add {key}"
        case EditService(key, _):
            return f"edit {key}"
        case DeleteService(key):
            return f"delete {key}"
        case AddDestination(key, endpoint, _):
            return f"add {endpoint} to {key}"
        case EditDestination(key, endpoint, _):
            return f"edit {endpoint} of {key}"
        case DeleteDestination(key, endpoint):
            return f"delete {endpoint} from {key}"


def named(number: int) -> str:
    """Return the symbol of an errno, ``EEXIST``, or its number."""
    return errno.errorcode.get(number, f"errno {number}")


def _meaning(operation: Operation, number: int) -> str:
    match operation:
        case AddService(key, settings) | EditService(key, settings):
            own = _of_service(key, settings)
        case AddDestination(key, endpoint, destination) | EditDestination(
            key, endpoint, destination
        ):
            own = _of_destination(key, endpoint, destination)
        case DeleteDestination():
            own = {errno.ENOENT: "no such destination"}
        case DeleteService():
            own = {}
    return own.get(number) or ANYWHERE.get(number) or os.strerror(number)


def _of_service(key: ServiceKey, settings: Settings) -> Mapping[int, str]:
    missing = f"no scheduler {settings.scheduler!r}, is the module {_module(settings)}?"
    if settings.engine:
        missing = (
            f"no scheduler {settings.scheduler!r} or no persistence engine"
            f" {settings.engine!r}, is a module missing?"
        )
    reasons: list[str] = []
    if key.version == 6 and not 1 <= settings.netmask <= 128:  # noqa: PLR2004
        reasons.append(f"an IPv6 netmask is 1 to 128, not {settings.netmask}")
    if len(settings.scheduler) > SCHEDULER_LENGTH:
        reasons.append(f"a scheduler has at most {SCHEDULER_LENGTH} letters")
    if len(settings.engine) > ENGINE_LENGTH:
        reasons.append(f"a persistence engine has at most {ENGINE_LENGTH} letters")
    return {
        errno.EEXIST: "already there",
        errno.ENOENT: missing,
        errno.EINVAL: " or ".join(reasons) or "the scheduler refuses the service",
    }


def _module(settings: Settings) -> str:
    return f"ip_vs_{settings.scheduler} missing"


def _of_destination(
    key: ServiceKey, endpoint: Endpoint, destination: Destination
) -> Mapping[int, str]:
    mixed = endpoint.address.version != key.version
    reasons: list[str] = []
    if mixed and destination.forwarding is not Forwarding.IPIP:
        reasons.append("another address family needs ipip")
    if destination.tunnel is Tunnel.GUE and not destination.tunnel_port:
        reasons.append("a gue tunnel needs a port")
    if not reasons and mixed:
        reasons.append("a sync daemon runs, which bars another address family")
    if not reasons:
        reasons.append("not a unicast address here, is the interface lo down?")
    thresholds = f"lower threshold {destination.lower} over upper {destination.upper}"
    weight = f"weight {destination.weight} over {HEAVIEST}"
    return {
        errno.EEXIST: "already there",
        errno.ENOENT: "no such destination",
        errno.ERANGE: thresholds if destination.lower > destination.upper else weight,
        errno.EINVAL: " or ".join(reasons),
    }
