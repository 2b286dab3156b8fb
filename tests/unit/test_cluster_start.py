"""In what order the directors of a lab become a cluster."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, cast

import pytest

from lvsha.lab.cluster.cluster import Cluster
from lvsha.lab.cluster.grounds import DrillLab
from lvsha.lab.cluster.machines import DIRECTORS
from lvsha.lab.cluster.stacks import STACKS
from lvsha.lab.process import Completed

_STATE: Final = b"""\
<pacemaker-result><summary><current_dc present="true" name="d1" with_quorum="true"/>
</summary><nodes><node name="d1" online="true"/><node name="d2" online="true"/></nodes>
</pacemaker-result>
"""


@dataclass
class Told:
    """What nodes were told, in the order in which they had done it."""

    lock: Lock = field(default_factory=Lock)
    words: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def by(self, name: str) -> list[tuple[str, ...]]:
        """Return what *name* was told."""
        return [argv for node, argv in self.words if node == name]


@dataclass
class Node:
    """A node that only listens."""

    name: str
    told: Told
    alive: bool = True
    frozen: bool = False

    def run(self, argv: Sequence[str], *, seconds: float, **_more: object) -> Completed:
        """Take note of *argv*; all directors are members."""
        assert seconds > 0
        with self.told.lock:
            self.told.words.append((self.name, tuple(argv)))
        return Completed(0, _STATE, b"")


@dataclass
class Listening:
    """A lab of such nodes."""

    told: Told = field(default_factory=Told)
    patience: float = 1.0

    def node(self, name: str) -> Node:
        """Return the node called *name*."""
        return Node(name, self.told)


@pytest.mark.parametrize("stack", ["classic", "warm", "active-active"])
def test_no_director_starts_pacemaker_before_corosync_has_met_the_others(
    stack: str,
) -> None:
    lab = Listening()

    Cluster(cast("DrillLab", lab), STACKS[stack]).start(seconds=10)

    for name in DIRECTORS:
        corosync, met, pacemaker, *_ = lab.told.by(name)
        assert corosync == ("systemctl", "start", "corosync")
        assert "Quorate" in met[-1]
        assert pacemaker == ("systemctl", "start", "pacemaker")


def test_keepalived_starts_without_a_meeting() -> None:
    assert not STACKS["keepalived"].formation.meeting()
