"""The kernel's virtual server table, as values.

A row says what the kernel can be told, not why: health, names and
configuration belong to :mod:`lvsha.model`. Counters are left out, so that two
rows are equal exactly when the kernel has nothing to do.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lvsha.identity import Endpoint, Forwarding, ServiceKey


class Scheduling(enum.IntFlag):
    """Scheduler flags, ``IP_VS_SVC_F_SCHED1..3``; their meaning is the scheduler's.

    For sh and mh FLAG_1 is *fallback* and FLAG_2 is *port*.
    """

    NONE = 0
    FLAG_1 = 0x8
    FLAG_2 = 0x10
    FLAG_3 = 0x20


class Tunnel(enum.IntEnum):
    """The encapsulation of an IPIP destination, ``IP_VS_CONN_F_TUNNEL_TYPE_*``."""

    IPIP = 0
    GUE = 1
    GRE = 2


class TunnelFlag(enum.IntFlag):
    """Checksums in the encapsulation, ``IP_VS_TUNNEL_ENCAP_FLAG_*``."""

    NOCSUM = 0
    CSUM = 1
    REMCSUM = 2


# A persistence mask that tells every client apart, per IP version.
HOST_MASK: Final[Mapping[int, int]] = {4: 0xFFFFFFFF, 6: 128}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the kernel keeps for a virtual service besides its destinations.

    *persistent* is seconds, 0 for none. *netmask* is a 32-bit mask as a number
    for IPv4 and a prefix length, 1 to 128, for IPv6.
    """

    scheduler: str = "wrr"
    netmask: int = HOST_MASK[4]
    persistent: int = 0
    one_packet: bool = False
    flags: Scheduling = Scheduling.NONE
    engine: str = ""


@dataclass(frozen=True, slots=True)
class Destination:
    """What the kernel keeps for one real server; weight 0 is quiesced.

    *upper* and *lower* are connection thresholds, 0 for none. The tunnel
    fields matter to IPIP only, *tunnel_port* to GUE only; the kernel keeps
    them for every method.
    """

    forwarding: Forwarding = Forwarding.GATE
    weight: int = 1
    upper: int = 0
    lower: int = 0
    tunnel: Tunnel = Tunnel.IPIP
    tunnel_port: int = 0
    tunnel_flags: TunnelFlag = TunnelFlag.NOCSUM


@dataclass(frozen=True, slots=True)
class Service:
    """One virtual service and the destinations behind it."""

    settings: Settings
    destinations: Mapping[Endpoint, Destination] = field(default_factory=dict)


Table = Mapping[ServiceKey, Service]
