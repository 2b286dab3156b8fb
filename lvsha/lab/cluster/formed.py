"""A lab that becomes a cluster: prepared, started, configured, and fenced."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from lvsha.lab.cluster.cluster import Cluster
from lvsha.lab.cluster.fencing import Fencing
from lvsha.lab.cluster.grounds import DrillLab, DrillNode
from lvsha.lab.cluster.machines import CLIENT, DIRECTORS, TOKEN
from lvsha.lab.cluster.stacks import Stack
from lvsha.lab.errors import LabError

_ONLINE: Final = 90.0
_WHOLE: Final = 120.0


@contextmanager
def formed(
    lab: DrillLab,
    stack: Stack,
    *,
    tell: Callable[[str], None],
    booted: Callable[[DrillNode], None] = lambda _node: None,
    token: int = TOKEN,
) -> Iterator[tuple[Cluster, Fencing]]:
    """Make *lab*, whose nodes are up, a cluster that runs *stack*, until the end.

    Where there is one already it is only armed, and in the end disarmed.
    *tell* hears of each stage; *booted* of each director that was fenced and is back.
    *token* is corosync's, in milliseconds.
    """
    cluster = Cluster(lab, stack)
    with Fencing(lab, DIRECTORS, booted) as fencing:
        cluster.mailbox.open(lab.node(CLIENT))
        if not lab.standing:
            tell("preparing the nodes")
            cluster.prepare(token=token)
            tell(f"starting {stack.name} on the directors")
            cluster.start(seconds=_ONLINE)
            tell("two directors online")
        try:
            cluster.configure()
            tell("waiting for the service")
            cluster.wait_whole(_WHOLE)
            yield cluster, fencing
        finally:
            if lab.standing:
                with contextlib.suppress(LabError):
                    cluster.disarm()
