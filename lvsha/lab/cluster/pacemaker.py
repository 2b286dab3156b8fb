"""Directors that corosync and Pacemaker keep: one is asked for all of them. Pure."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lvsha.lab.cluster.machines import director_steps, own_steps
from lvsha.lab.cluster.state import State, state
from lvsha.lab.drill.machines import Step

_MET: Final = (
    "until corosync-quorumtool -s | grep -q 'Quorate: *Yes'; do sleep 0.2; done"
)
_LOGS: Final = {
    "corosync.log": ("cat", "/var/log/corosync/corosync.log"),
    "pacemaker.log": ("cat", "/var/log/pacemaker/pacemaker.log"),
    "crm_mon": ("crm_mon", "-1rfA"),
}


@dataclass(frozen=True, slots=True)
class Pacemaker:
    """A cluster that is told *crm*; *ours*: it runs the agents of this checkout."""

    crm: str
    ours: bool = False

    @property
    def clustered(self) -> bool:
        """Tell that there is a cluster."""
        return True

    def steps(self, *, token: int) -> Sequence[Step]:
        """Return the commands that prepare a director."""
        ours = own_steps() if self.ours else ()
        return (*director_steps(token=token), *ours)

    def meeting(self) -> Sequence[Sequence[str]]:
        """Return what makes the directors members of one corosync.

        Pacemaker 2.1.5 that starts while the membership still changes can give up for
        good: its controller, become the leader, finds no attribute daemon yet.
        """
        return ("systemctl", "start", "corosync"), ("timeout", "60", "sh", "-c", _MET)

    def starting(self) -> Sequence[str]:
        """Return the command that starts Pacemaker, and corosync with it."""
        return ("systemctl", "start", "pacemaker")

    def together(self, seen: State, directors: frozenset[str]) -> bool:
        """Tell whether all *directors* are members, and one of them decides."""
        return seen.online == directors and bool(seen.dc) and seen.quorum

    def configuration(self) -> str:
        """Return the stack's resources and constraints."""
        return self.crm

    def question(self) -> tuple[Sequence[str], bool]:
        """Return Pacemaker's own tool: any member knows of all."""
        return ("crm_mon", "-1r", "--output-as=xml"), False

    def state(self, said: Mapping[str, bytes]) -> State | None:
        """Return the state that the answer tells of."""
        try:
            return next(map(state, said.values()), None)
        except ET.ParseError:
            return None

    def logs(self) -> Mapping[str, Sequence[str]]:
        """Return what shows the logs of corosync and Pacemaker."""
        return _LOGS
