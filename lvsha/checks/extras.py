"""The checks that are held with a library: which one, and how it is installed.

A library is imported when the first check asks for it, never before: most
directors need none of them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from lvsha.checks.dialogue import Dialogue, Satisfied
from lvsha.checks.program import Program
from lvsha.model import Check

# A check a library holds by itself, on the running loop.
Coroutine = Callable[[Check], Awaitable[Satisfied]]


@dataclass(frozen=True, slots=True)
class Extra:
    """One optional dependency: the library, its modules and Debian's packages.

    *name* is the extra's in the Python package. One that is used *apart*, by a
    program, is looked for but not imported.
    """

    name: str
    library: str
    modules: tuple[str, ...]
    debian: tuple[str, ...]
    apart: bool = False


_GRPC: Final = Extra("grpc", "h2", ("h2.connection",), ("python3-h2",))
_LDAP: Final = Extra(
    "ldap",
    "pyasn1-modules",
    ("pyasn1_modules.rfc2251", "pyasn1.codec.ber.decoder"),
    ("python3-pyasn1-modules",),
)

# By service.
EXTRAS: Final = {
    "dns": Extra("dns", "dnspython", ("dns.message",), ("python3-dnspython",)),
    "grpc": _GRPC,
    "grpcs": _GRPC,
    "ldap": _LDAP,
    "ldaps": _LDAP,
    "mysql": Extra(
        "mysql",
        "aiomysql",
        # PyMySQL asks for cryptography only once a server wants it.
        ("aiomysql", "cryptography"),
        ("python3-aiomysql", "python3-cryptography"),
    ),
    "oracle": Extra(
        "oracle", "oracledb", ("oracledb",), ("python3-oracledb",), apart=True
    ),
    "pgsql": Extra("pgsql", "asyncpg", ("asyncpg",), ("python3-asyncpg",)),
    "radius": Extra("radius", "pyrad", ("pyrad.packet",), ("python3-pyrad",)),
}


def missing(service: str) -> str:
    """Return what *service* lacks here, or nothing.

    Imports the library, which may take a tenth of a second: not for the loop.
    """
    extra = EXTRAS.get(service)
    if extra is None:
        return ""
    if all(_installed(name, apart=extra.apart) for name in extra.modules):
        return ""
    return f"service {service!r} needs {extra.library}, which is not installed"


def _installed(module: str, *, apart: bool) -> bool:
    if apart:
        return find_spec(module) is not None
    try:
        import_module(module)
    except ImportError:
        return False
    return True


def remedy(service: str) -> str:
    """Return how to install what *service* needs, or nothing."""
    extra = EXTRAS.get(service)
    if extra is None:
        return ""
    packages = " and ".join(extra.debian)
    return f"install Debian's {packages}, or 'lvsha[{extra.name}]' with pip"


def dns(check: Check) -> Dialogue:
    """Hold the check of a name server."""
    from lvsha.checks.dns import dns_check  # noqa: PLC0415 - see above

    return dns_check(check)


def grpc(check: Check) -> Dialogue:
    """Hold the check of a gRPC server."""
    from lvsha.checks.grpc import grpc as held  # noqa: PLC0415

    return held(check)


def ldap(check: Check) -> Dialogue:
    """Hold the check of a directory."""
    from lvsha.checks.ldap import ldap as held  # noqa: PLC0415

    return held(check)


def radius(check: Check) -> Dialogue:
    """Hold the check of a RADIUS server."""
    from lvsha.checks.radius import radius as held  # noqa: PLC0415

    return held(check)


async def mysql(check: Check) -> Satisfied:
    """Hold the check of a MySQL or MariaDB server."""
    from lvsha.checks.mysql import mysql as held  # noqa: PLC0415

    return await held(check)


def oracle(check: Check) -> Program:
    """Plan the check of an Oracle database."""
    from lvsha.checks.oracle import oracle as held  # noqa: PLC0415

    return held(check)


async def pgsql(check: Check) -> Satisfied:
    """Hold the check of a PostgreSQL server."""
    from lvsha.checks.pgsql import pgsql as held  # noqa: PLC0415

    return await held(check)
