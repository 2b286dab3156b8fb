"""What runs on a cluster of directors: texts for crmsh, and who is active. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lvsha.lab.cluster.machines import CONFIGURATION, SECOND_VIP, VIP
from lvsha.lab.cluster.state import State

# load-threshold: Pacemaker does less at a time on a busy machine, and here every node
# that starts a few programs is one.
_COMMON: Final = """\
primitive fence stonith:fence_lvsha_lab params pcmk_host_list="d1 d2" \
op monitor interval=3600s timeout=60s
property stonith-enabled=true stonith-timeout=60s load-threshold=1000%
rsc_defaults resource-stickiness=100 migration-threshold=3 failure-timeout=300s
"""
_CLASSIC: Final = f"""\
primitive dir ocf:heartbeat:ldirectord params configfile={CONFIGURATION} \
op start timeout=60s op stop timeout=60s op monitor interval=20s timeout=60s
primitive vip ocf:heartbeat:IPaddr2 params ip={VIP} cidr_netmask=24 nic=eth0 \
op start timeout=20s op stop timeout=20s op monitor interval=10s timeout=20s
group g-lvs dir vip
"""
_DIRECTOR: Final = f"""\
primitive director ocf:lvsha:director params configfile={CONFIGURATION} \
op start timeout=60s op stop timeout=60s op monitor interval=10s timeout=20s
clone cl-director director meta interleave=true clone-max=2 clone-node-max=1
"""
_VIP: Final = """\
primitive {name} ocf:lvsha:vip params ip={ip} cidr_netmask=24 nic=eth0{more} \
op start timeout=20s op stop timeout=20s op promote timeout=20s op demote timeout=20s \
op monitor interval=10s role=Promoted timeout=20s on-fail=demote \
op monitor interval=11s role=Unpromoted timeout=20s
clone cl-{name} {name} meta promotable=true promoted-max=1 promoted-node-max=1 \
clone-max=2 clone-node-max=1 interleave=true notify=false
colocation col-{name}-with-director inf: cl-{name} cl-director
"""
_WARM: Final = (
    _DIRECTOR
    + _VIP.format(name="vip", ip=VIP, more=" sync_interface=eth0 sync_id=1")
    + "order ord-director-then-vip Mandatory: cl-director:start cl-vip:promote\n"
)
_SYNCD: Final = """\
primitive syncd ocf:lvsha:syncd params sync_interface=eth0 sync_id=1 \
op start timeout=20s op stop timeout=20s op monitor interval=20s timeout=20s
clone cl-syncd syncd meta interleave=true clone-max=2 clone-node-max=1
"""
# 200 is more than the 100 that a promoted VIP has ahead: each goes back to its own.
_ACTIVE_ACTIVE: Final = (
    _DIRECTOR
    + _SYNCD
    + "".join(
        _VIP.format(name=name, ip=ip, more="")
        + f"order ord-director-{name} Optional: cl-director cl-{name}\n"
        + f"location l-{name} cl-{name} rule $role=Promoted 200: #uname eq {home}\n"
        for name, ip, home in (("vip", VIP, "d1"), ("vip2", SECOND_VIP, "d2"))
    )
    + "colocation col-spread -100: cl-vip2:Promoted cl-vip:Promoted\n"
)


@dataclass(frozen=True, slots=True)
class Stack:
    """One way to build directors: its CIB as crmsh takes it, what to look at.

    The active director is where *vip* has the role *role*; a warm stack also has
    *everywhere* running on both.
    """

    name: str
    summary: str
    crm: str
    vip: str
    role: str
    clone: str
    engine: str
    everywhere: tuple[str, ...] = ()
    ours: bool = False
    second: str = ""

    def active(self, seen: State) -> str:
        """Return the active director, empty if there is none, or not one."""
        found = seen.where(self.vip, self.role)
        return next(iter(found)) if len(found) == 1 else ""

    def whole(self, seen: State, directors: frozenset[str]) -> bool:
        """Tell whether all *directors* are members, one is active, all runs."""
        ready = all(
            seen.where(name, "Started") == directors for name in self.everywhere
        )
        standby = any(one.standby for one in seen.members)
        waiting = self.role == "Started" or (
            seen.where(self.vip, "Unpromoted") | seen.where(self.vip, self.role)
            == directors
        )
        fence = bool(seen.where("fence", "Started"))
        second = not self.second or len(seen.where(self.second, self.role)) == 1
        return (
            seen.online == directors
            and not standby
            and bool(self.active(seen))
            and ready
            and waiting
            and second
            and fence
        )


STACKS: Final[Mapping[str, Stack]] = {
    one.name: one
    for one in (
        Stack(
            "classic",
            "ocf:heartbeat:ldirectord and IPaddr2, the standby cold",
            _COMMON + _CLASSIC,
            vip="vip",
            role="Started",
            clone="g-lvs",
            engine="/usr/sbin/ldirectord",
        ),
        Stack(
            "warm",
            "ocf:lvsha:director on both, ocf:lvsha:vip promoted on one",
            _COMMON + _WARM,
            vip="vip",
            role="Promoted",
            clone="cl-vip",
            engine="/usr/bin/lvsha run",
            everywhere=("director",),
            ours=True,
        ),
        Stack(
            "active-active",
            "as warm, but each director has a VIP of its own",
            _COMMON + _ACTIVE_ACTIVE,
            vip="vip",
            role="Promoted",
            clone="cl-vip",
            engine="/usr/bin/lvsha run",
            everywhere=("director", "syncd"),
            ours=True,
            second="vip2",
        ),
    )
}
