"""The checks that are held with a library: which one, and how it is installed.

A library is imported when the first check asks for it, never before: most
directors need none of them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from lvsha.checks.dialogue import Dialogue, Satisfied
from lvsha.model import Check

# A check a library holds by itself, on the running loop.
Coroutine = Callable[[Check], Awaitable[Satisfied]]


@dataclass(frozen=True, slots=True)
class Extra:
    """One optional dependency: the library, its modules and Debian's packages.

    *name* is the extra's in the Python package. *attribute* is what the first
    module must have to be recent enough, and *release* which one is.
    """

    name: str
    library: str
    modules: tuple[str, ...]
    debian: tuple[str, ...]
    attribute: str = ""
    release: str = ""


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
        "oracle",
        "oracledb",
        ("oracledb",),
        ("python3-oracledb",),
        attribute="connect_async",
        release="2.0",
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
    try:
        modules = [import_module(name) for name in extra.modules]
    except ImportError:
        modules = []
    if modules and (not extra.attribute or hasattr(modules[0], extra.attribute)):
        return ""
    library = f"{extra.library} {extra.release}".rstrip()
    return f"service {service!r} needs {library}, which is not installed"


def remedy(service: str) -> str:
    """Return how to install what *service* needs, or nothing."""
    extra = EXTRAS.get(service)
    if extra is None:
        return ""
    newer = f" if it is {extra.release} or newer" if extra.release else ""
    packages = " and ".join(extra.debian)
    return f"install Debian's {packages}{newer}, or 'lvsha[{extra.name}]' with pip"


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


async def oracle(check: Check) -> Satisfied:
    """Hold the check of an Oracle database."""
    from lvsha.checks.oracle import oracle as held  # noqa: PLC0415

    return await held(check)


async def pgsql(check: Check) -> Satisfied:
    """Hold the check of a PostgreSQL server."""
    from lvsha.checks.pgsql import pgsql as held  # noqa: PLC0415

    return await held(check)
