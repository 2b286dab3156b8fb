"""The drills of a cluster as data: what is done to it, and what takes it back. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Act = Literal["standby", "move", "kill", "freeze", "engine", "corosync"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One drill: *act* is done to the active director while clients ask.

    *moves*: the service must go to the other director. *fences*: the director must
    be fenced for it. *settles* bounds the seconds until clients are answered again.
    """

    name: str
    summary: str
    act: Act
    moves: bool = True
    fences: bool = False
    settles: float = 60.0


FAULTS: Final[Mapping[str, Fault]] = {
    fault.name: fault
    for fault in (
        Fault("planned-switch", "the active director goes to standby", "standby"),
        Fault("move", "the service is moved to the other director", "move"),
        Fault("power-cut", "the active director loses its power", "kill", fences=True),
        Fault("frozen-director", "the active director hangs", "freeze", fences=True),
        Fault(
            "corosync-killed",
            "corosync of the active director is killed",
            "corosync",
            fences=True,
        ),
        Fault(
            "engine-killed",
            "the active director's engine is killed",
            "engine",
            moves=False,
        ),
    )
}
"""What can happen to the active director, in the order it is played."""
