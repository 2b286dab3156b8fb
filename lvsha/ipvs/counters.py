"""What the kernel counts and how it is set up, as values beside the table.

Counters are no part of a row (:mod:`lvsha.ipvs.table`): they change all the
time and give nobody anything to do.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from lvsha.identity import Endpoint


@dataclass(frozen=True, slots=True)
class Counters:
    """Totals since the row was added or zeroed, and rates a second."""

    connections: int = 0
    packets_in: int = 0
    packets_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    connection_rate: int = 0
    packet_rate_in: int = 0
    packet_rate_out: int = 0
    byte_rate_in: int = 0
    byte_rate_out: int = 0


@dataclass(frozen=True, slots=True)
class DestinationStatistics:
    """The connections a destination has now, and what it has seen."""

    active: int = 0
    inactive: int = 0
    persistent: int = 0
    counters: Counters = Counters()


@dataclass(frozen=True, slots=True)
class ServiceStatistics:
    """What a virtual service has seen, and each of its destinations."""

    counters: Counters = Counters()
    destinations: Mapping[Endpoint, DestinationStatistics] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds an idle connection is remembered; 0 in a change: leave it."""

    tcp: int = 900
    tcp_fin: int = 120
    udp: int = 300


@dataclass(frozen=True, slots=True)
class Version:
    """The version of IPVS, and the buckets of its connection table."""

    major: int
    minor: int
    patch: int
    connection_buckets: int

    def __str__(self) -> str:
        """Write it as ``ipvsadm -Ln`` does: ``1.2.1``."""
        return f"{self.major}.{self.minor}.{self.patch}"


class Role(enum.IntEnum):
    """Which way a sync daemon works: ``IP_VS_STATE_*``."""

    MASTER = 1
    BACKUP = 2


@dataclass(frozen=True, slots=True)
class Daemon:
    """A connection synchronisation daemon; 0 and None leave it to the kernel."""

    role: Role
    interface: str
    sync_id: int = 0
    max_length: int = 0
    group: IPv4Address | IPv6Address | None = None
    port: int = 0
    ttl: int = 0
