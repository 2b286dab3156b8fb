"""The kernel's connection table: every connection, and how many from where.

Of ``/proc/net/ip_vs_conn`` and ``/proc/net/ip_vs_conn_sync``; only the latter
tells which connections the sync daemon brought. Numbers in them are
hexadecimal, but for the seconds; IPv6 addresses are written out in full.
"""

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Final

from lvsha.identity import Address, Endpoint

PLACE: Final = Path("/proc/net/ip_vs_conn_sync")

_HEADER: Final = "Pro"
# UDP has one state only, and the template of a persistent client is ASSURED.
_ESTABLISHED: Final = "ESTABLISHED"
_ORIGIN_AT: Final = 8
_STATE_AT: Final = 7
_IPV6_DIGITS: Final = 39


class Origin(enum.Enum):
    """Who had the connection first: this director, or the one that told it."""

    LOCAL = "LOCAL"
    SYNC = "SYNC"


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection; *seconds* until the kernel forgets it when nobody talks.

    *protocol* is the kernel's word: TCP, UDP, or IP for the template of a
    firewall mark, whose *virtual* address is the mark.
    """

    protocol: str
    client: Endpoint
    virtual: Endpoint
    real: Endpoint
    state: str
    seconds: int
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """How many connections there are of one origin."""

    connections: int = 0
    established: int = 0


def connection(line: str) -> Connection:
    """Return what a *line* of either file says. Raises *ValueError* for no such line.

    Without an origin, what follows the seconds is a persistence engine's and
    left out.
    """
    words = line.split()
    if len(words) <= _ORIGIN_AT:
        raise ValueError(f"expected a connection, got {line!r}")
    origin = _ORIGINS.get(words[_ORIGIN_AT])
    if origin is not None and len(words) == _ORIGIN_AT + 1:
        raise ValueError(f"expected seconds after the origin, got {line!r}")
    seconds = words[_ORIGIN_AT] if origin is None else words[_ORIGIN_AT + 1]
    return Connection(
        words[0],
        _endpoint(words[1], words[2]),
        _endpoint(words[3], words[4]),
        _endpoint(words[5], words[6]),
        words[_STATE_AT],
        int(seconds),
        origin,
    )


def connections(lines: Iterable[str]) -> Iterator[Connection]:
    """Return the connections that *lines* of either file tell of."""
    return (connection(line) for line in lines if not line.startswith(_HEADER))


def shares(lines: Iterable[str]) -> dict[Origin, Share]:
    """Count the *lines* of ``ip_vs_conn_sync``, by origin.

    There may be millions of them, so no address is looked at.
    """
    every = dict.fromkeys(Origin, 0)
    established = dict.fromkeys(Origin, 0)
    for line in lines:
        words = line.split(None, _ORIGIN_AT + 1)
        if len(words) <= _ORIGIN_AT or words[_ORIGIN_AT] not in _ORIGINS:
            continue
        origin = _ORIGINS[words[_ORIGIN_AT]]
        every[origin] += 1
        established[origin] += words[_STATE_AT] == _ESTABLISHED
    return {one: Share(every[one], established[one]) for one in Origin}


def read(place: Path = PLACE) -> list[Connection]:
    """Return every connection of the network namespace; none without IPVS."""
    try:
        with place.open(encoding="ascii") as lines:
            return list(connections(lines))
    except FileNotFoundError:
        return []


def count(place: Path = PLACE) -> dict[Origin, Share]:
    """Return how many connections the network namespace has, by origin."""
    try:
        with place.open(encoding="ascii") as lines:
            return shares(lines)
    except FileNotFoundError:
        return shares([])


_ORIGINS: Final = {origin.value: origin for origin in Origin}


def _endpoint(address: str, port: str) -> Endpoint:
    return Endpoint(_address(address), int(port, 16))


def _address(word: str) -> Address:
    if len(word) == _IPV6_DIGITS:
        return IPv6Address(word)
    return IPv4Address(int(word, 16))
