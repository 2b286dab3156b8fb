"""What operator and kernel call by the same name: endpoints, VIPs, marks, methods.

These are identities, not settings: two values are equal exactly when both
sides mean the same thing. Both vocabularies (:mod:`lvsha.model` and
:mod:`lvsha.ipvs`) are built on this one and know nothing of each other.
"""

import enum
from dataclasses import dataclass, field

from lvsha.address import Address, bracketed

__all__ = [
    "Address",
    "Endpoint",
    "Forwarding",
    "Fwmark",
    "Protocol",
    "ServiceKey",
    "Vip",
    "bracketed",
    "spoken",
]


class Protocol(enum.IntEnum):
    """The transport protocols IPVS balances, by IP protocol number."""

    TCP = 6
    UDP = 17
    SCTP = 132


class Forwarding(enum.IntEnum):
    """How a packet reaches the real server: ``IP_VS_CONN_F_FWD_MASK`` values.

    The operator writes MASQ, IPIP and GATE. LOCAL keeps packets on the
    director, BYPASS sends them where they wanted to go; a foreign row may have
    either. The kernel finds out by itself, packet
    by packet, that an address is its own, and reports the method as it was
    given (since Linux 2.6.37).
    """

    MASQ = 0
    LOCAL = 1
    IPIP = 2
    GATE = 3
    BYPASS = 4


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and a port, 0 to 65535.

    Rows are looked up by endpoints all the time, and an address takes long to
    hash; so the hash is kept.
    """

    address: Address
    port: int
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compute the hash, once."""
        object.__setattr__(self, "_hash", hash((int(self.address), self.port)))

    def __hash__(self) -> int:
        """Return the same for equal endpoints."""
        return self._hash

    def __str__(self) -> str:
        """Write it as ipvsadm does: an IPv6 address in brackets."""
        return f"{bracketed(self.address)}:{self.port}"


@dataclass(frozen=True, slots=True)
class Vip:
    """A virtual service found by its address."""

    protocol: Protocol
    endpoint: Endpoint

    def __hash__(self) -> int:
        """Return the same for equal VIPs."""
        return hash(self.endpoint) ^ self.protocol

    @property
    def version(self) -> int:
        """The IP version, 4 or 6."""
        return self.endpoint.address.version

    def __str__(self) -> str:
        """Name it as ldirectord's ids do: ``tcp:192.0.2.10:80``."""
        return f"{self.protocol.name.lower()}:{self.endpoint}"


@dataclass(frozen=True, slots=True)
class Fwmark:
    """A virtual service found by a firewall mark, 1 to 2**32 - 1."""

    mark: int
    version: int = 4

    def __str__(self) -> str:
        """Name it as ldirectord's ids do: ``fwm:7``, ``fwm6:7``."""
        return f"fwm:{self.mark}" if self.version == 4 else f"fwm6:{self.mark}"  # noqa: PLR2004


ServiceKey = Vip | Fwmark


def spoken(key: ServiceKey) -> str:
    """Return *key* as ldirectord's log lines say it: ``192.0.2.10:80`` or ``7``."""
    return str(key.endpoint) if isinstance(key, Vip) else str(key.mark)
