"""What runs on a cluster of directors: what it is told, and who is active. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lvsha.lab.cluster.crm_texts import ACTIVE_ACTIVE, CLASSIC, COMMON, WARM
from lvsha.lab.cluster.formation import Formation
from lvsha.lab.cluster.keepalived import ENGINE, Keepalived
from lvsha.lab.cluster.pacemaker import Pacemaker
from lvsha.lab.cluster.state import State


@dataclass(frozen=True, slots=True)
class Stack:
    """One way to build directors: how they are formed, what to look at.

    The active director is where *vip* has the role *role*; a warm stack also has
    *everywhere* running on both. *engine* is what ``pkill`` needs to find who checks
    real servers.
    """

    name: str
    summary: str
    formation: Formation
    vip: str
    role: str
    clone: str
    engine: tuple[str, ...]
    everywhere: tuple[str, ...] = ()
    second: str = ""

    @property
    def clustered(self) -> bool:
        """Tell whether there is a cluster: to ask, to move services, to fence."""
        return self.formation.clustered

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
        fence = not self.clustered or bool(seen.where("fence", "Started"))
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
            Pacemaker(COMMON + CLASSIC),
            vip="vip",
            role="Started",
            clone="g-lvs",
            engine=("-f", "/usr/sbin/ldirectord"),
        ),
        Stack(
            "warm",
            "ocf:lvsha:director on both, ocf:lvsha:vip promoted on one",
            Pacemaker(COMMON + WARM, ours=True),
            vip="lvs-vip",
            role="Promoted",
            clone="lvs-vips",
            engine=("-f", "/usr/bin/lvsha run"),
            everywhere=("lvs-director",),
        ),
        Stack(
            "active-active",
            "as warm, but each director has a VIP of its own",
            Pacemaker(COMMON + ACTIVE_ACTIVE, ours=True),
            vip="lvs-vip-one",
            role="Promoted",
            clone="lvs-vips-one",
            engine=("-f", "/usr/bin/lvsha run"),
            everywhere=("lvs-director", "lvs-syncd"),
            second="lvs-vip-two",
        ),
        Stack(
            "keepalived",
            "keepalived on both: VRRP, its own checks, its sync daemon; no fencing",
            Keepalived(),
            vip="vip",
            role="Promoted",
            clone="",
            engine=("-x", ENGINE),
            everywhere=("director",),
        ),
    )
}
