"""Every refusal names operation, row, errno and what the errno means there."""

import errno

import pytest

from lvsha.errors import KernelError
from lvsha.identity import Forwarding, Fwmark
from lvsha.ipvs.plan import (
    AddDestination,
    AddService,
    DeleteDestination,
    DeleteService,
    EditDestination,
    EditService,
    Operation,
)
from lvsha.ipvs.refusal import refusal, refused
from lvsha.ipvs.table import Destination, Settings, Tunnel
from tests.ipvs_samples import REAL, REAL6, WEB, WEB6

SAID: list[tuple[Operation, int, str]] = [
    (
        AddDestination(WEB, REAL, Destination()),
        errno.EEXIST,
        "cannot add 10.0.0.2:80 to tcp:192.0.2.10:80: EEXIST (already there)",
    ),
    (
        AddDestination(WEB, REAL, Destination()),
        errno.EINVAL,
        (
            "cannot add 10.0.0.2:80 to tcp:192.0.2.10:80: EINVAL"
            " (not a unicast address here, is the interface lo down?)"
        ),
    ),
    (
        AddDestination(WEB6, REAL, Destination(Forwarding.MASQ)),
        errno.EINVAL,
        (
            "cannot add 10.0.0.2:80 to tcp:[2001:db8::10]:80: EINVAL"
            " (another address family needs ipip)"
        ),
    ),
    (
        AddDestination(WEB, REAL, Destination(Forwarding.IPIP, tunnel=Tunnel.GUE)),
        errno.EINVAL,
        (
            "cannot add 10.0.0.2:80 to tcp:192.0.2.10:80: EINVAL"
            " (a gue tunnel needs a port)"
        ),
    ),
    (
        EditDestination(WEB, REAL, Destination(lower=3, upper=2)),
        errno.ERANGE,
        (
            "cannot edit 10.0.0.2:80 of tcp:192.0.2.10:80: ERANGE"
            " (lower threshold 3 over upper 2)"
        ),
    ),
    (
        EditDestination(WEB, REAL, Destination(weight=2**31)),
        errno.ERANGE,
        (
            "cannot edit 10.0.0.2:80 of tcp:192.0.2.10:80: ERANGE"
            " (weight 2147483648 over 2147483647)"
        ),
    ),
    (
        DeleteDestination(WEB, REAL6),
        errno.ENOENT,
        (
            "cannot delete [2001:db8::2]:80 from tcp:192.0.2.10:80: ENOENT"
            " (no such destination)"
        ),
    ),
    (
        AddService(Fwmark(7), Settings("mh")),
        errno.ENOENT,
        "cannot add fwm:7: ENOENT (no scheduler 'mh', is the module ip_vs_mh missing?)",
    ),
    (
        EditService(Fwmark(7), Settings("rr", engine="sip")),
        errno.ENOENT,
        (
            "cannot edit fwm:7: ENOENT (no scheduler 'rr' or no persistence engine"
            " 'sip', is a module missing?)"
        ),
    ),
    (
        AddService(Fwmark(7, 6), Settings(netmask=200)),
        errno.EINVAL,
        "cannot add fwm6:7: EINVAL (an IPv6 netmask is 1 to 128, not 200)",
    ),
    (
        AddService(Fwmark(7), Settings("a" * 16)),
        errno.EINVAL,
        "cannot add fwm:7: EINVAL (a scheduler has at most 15 letters)",
    ),
    (
        DeleteService(WEB),
        errno.ESRCH,
        "cannot delete tcp:192.0.2.10:80: ESRCH (no such virtual service)",
    ),
    (
        DeleteService(WEB),
        errno.EPERM,
        "cannot delete tcp:192.0.2.10:80: EPERM (needs CAP_NET_ADMIN)",
    ),
    (
        DeleteService(WEB),
        errno.ENOSPC,
        "cannot delete tcp:192.0.2.10:80: ENOSPC (No space left on device)",
    ),
    (
        DeleteService(WEB),
        524,
        "cannot delete tcp:192.0.2.10:80: errno 524 (Unknown error 524)",
    ),
]


@pytest.mark.parametrize(("operation", "number", "text"), SAID)
def test_a_refusal_says_what_why_and_with_which_errno(
    operation: Operation, number: int, text: str
) -> None:
    error = refusal(operation, number)

    assert str(error) == text
    assert error.errno == number
    assert isinstance(error, OSError)


def test_what_is_no_operation_is_refused_in_the_same_words() -> None:
    error = refused("zero fwm:9", errno.ESRCH, {})

    assert str(error) == "cannot zero fwm:9: ESRCH (no such virtual service)"


def test_an_error_of_words_alone_is_those_words() -> None:
    assert str(KernelError("the kernel has no ip_vs")) == "the kernel has no ip_vs"
