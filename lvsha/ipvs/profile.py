"""The sysctls with which connections survive a failover, each with its reason.

Two ways lead there: the peer is told of every connection (the sync daemons),
or every director chooses the same real server for the same client (the
schedulers mh and sh) and needs to be told nothing. Names are those below
``net.ipv4.vs``. What the profile does not name is the site's own affair.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, NamedTuple

from lvsha.identity import Forwarding

# IPVS_SYNC_PORTS_MAX of include/net/ip_vs.h.
MOST_PORTS: Final = 64

_REUSE: Final = "conn_reuse_mode"


@dataclass(frozen=True, slots=True)
class Site:
    """What the profile depends on.

    *stateless* is for a director without sync daemons, whose schedulers are mh
    or sh. *sync_ports* is None where the kernel's one is left alone.
    """

    forwarding: AbstractSet[Forwarding] = frozenset()
    stateless: bool = False
    sync_ports: int | None = None

    def __post_init__(self) -> None:
        """Raise *ValueError* for ports the kernel would refuse."""
        ports = self.sync_ports
        if ports is not None and not (
            1 <= ports <= MOST_PORTS and ports & (ports - 1) == 0
        ):
            raise ValueError(f"sync_ports is a power of two up to 64, got {ports}")


class Setting(NamedTuple):
    """A value, as the kernel writes it, and why it is that one."""

    value: str
    reason: str


class Difference(NamedTuple):
    """A sysctl that is not as the profile has it; None: the kernel has none."""

    name: str
    wanted: str
    actual: str | None
    reason: str


_SYNC: Final[Mapping[str, Setting]] = {
    # Before the threshold: 0 0 without a period would mean that nothing is sent.
    "sync_refresh_period": Setting(
        "10",
        "a connection that talks is sent again every 10 seconds, so a peer that"
        " came late learns of it",
    ),
    "sync_threshold": Setting(
        "0 0",
        "an established connection is sent at once; the default waits for the third"
        " packet and forgets those that are idle until then",
    ),
    "sync_retries": Setting(
        "1", "what is sent is lost silently; a second copy covers it"
    ),
    "sync_persist_mode": Setting(
        "0", "connections of persistent clients are sent, not their templates alone"
    ),
    "sync_sock_size": Setting(
        "4194304",
        "a burst fits into the receiver's buffer; read when a daemon starts",
    ),
    "sync_version": Setting("1", "0 is for kernels before 2.6.39 and knows no IPv6"),
    "backup_only": Setting(
        "0", "1 stops all forwarding where both daemons run on one director"
    ),
    "sloppy_tcp": Setting(
        "0",
        "a connection nobody knows is not given to a real server that does not"
        " know it either",
    ),
}
_STATELESS: Final[Mapping[str, Setting]] = {
    "sloppy_tcp": Setting(
        "1", "a director takes over TCP connections whose beginning it has not seen"
    ),
    "sloppy_sctp": Setting("1", "as with TCP, so with SCTP"),
    "schedule_icmp": Setting(
        "1",
        "an ICMP error about a connection this director has not seen reaches its"
        " real server",
    ),
}
_ALWAYS: Final[Mapping[str, Setting]] = {
    "expire_nodest_conn": Setting(
        "0",
        "a real server that was removed by a false alarm has its connections when"
        " it is back",
    ),
    "expire_quiescent_template": Setting(
        "1", "persistent clients of a quiesced real server go to another"
    ),
}
_REUSE_MASQ: Final = Setting(
    "1", "a client's port that is used again is a new connection, also while draining"
)
_REUSE_DIRECT: Final = Setting(
    "3",
    "a client's port that is used again is a new connection, also after FIN: the"
    " last a director sees of gate and ipip",
)


def profile(site: Site) -> Mapping[str, Setting]:
    """Return what the sysctls of a director should be, in the order to set them."""
    wanted = dict(_STATELESS if site.stateless else _SYNC)
    if site.sync_ports is not None and not site.stateless:
        wanted["sync_ports"] = Setting(
            str(site.sync_ports),
            "as many as the peer has; read when the first daemon starts",
        )
    wanted |= _ALWAYS
    direct = site.forwarding & {Forwarding.GATE, Forwarding.IPIP}
    wanted[_REUSE] = _REUSE_DIRECT if direct else _REUSE_MASQ
    return wanted


def differences(
    wanted: Mapping[str, Setting], actual: Mapping[str, str]
) -> list[Difference]:
    """Return what is not as *wanted*, in its order."""
    return [
        Difference(name, setting.value, actual.get(name), setting.reason)
        for name, setting in wanted.items()
        if actual.get(name) != setting.value
    ]
