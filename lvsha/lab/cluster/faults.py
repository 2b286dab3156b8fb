"""The drills of a cluster as data: what is done to it, and what must follow. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Act = Literal[
    "standby",
    "move",
    "kill",
    "freeze",
    "cut",
    "deaf",
    "dumb",
    "split",
    "path",
    "engine-kill",
    "engine-freeze",
    "corosync-kill",
    "pacemaker-kill",
    "tamper",
    "break-file",
    "kill-with-real",
    "kill-both",
    "fail-back",
    "upgrade",
    "reboot",
]
"""What is done; `lvsha.lab.cluster.acts` knows how."""

PACEMAKER: Final = frozenset({"classic", "warm", "active-active"})
OURS: Final = frozenset({"warm", "active-active"})
EVERY: Final = PACEMAKER | {"keepalived"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One drill: *act* is done to the active director while clients ask.

    *moves*: the service must go to the other director; *fences*: a director must be
    fenced for it; None is for either. *settles* bounds the seconds until clients are
    answered again, *lasts* is how long they are watched before that is asked.
    *stacks* are the names of those it can be played on. *soaks*: it is short enough to
    be one of many in a row.
    """

    name: str
    summary: str
    act: Act
    moves: bool | None = True
    fences: bool | None = False
    settles: float = 60.0
    lasts: float = 0.0
    stacks: frozenset[str] = EVERY
    soaks: bool = True


# longer than any monitor's interval: the cluster has found and mended it
_NOTICED: Final = 30.0

FAULTS: Final[Mapping[str, Fault]] = {
    fault.name: fault
    for fault in (
        Fault("planned-switch", "the active director goes to standby", "standby"),
        Fault("move", "the service is moved to the other director", "move"),
        Fault("power-cut", "the active director loses its power", "kill", fences=True),
        Fault("frozen-director", "the active director hangs", "freeze", fences=True),
        Fault(
            "cut-network",
            "the active director's cable is pulled, fencing device and all",
            "cut",
            fences=True,
        ),
        Fault(
            "one-way-in",
            "nothing reaches the active director, what it says is heard",
            "deaf",
            fences=True,
        ),
        Fault(
            "one-way-out",
            "the active director hears, and nobody hears it",
            "dumb",
            fences=True,
        ),
        Fault(
            "split-brain",
            "the directors hear each other no more, all others hear them",
            "split",
            moves=None,
            fences=True,
        ),
        Fault(
            "lost-path",
            "the active director alone loses the real servers",
            "path",
            moves=None,
            lasts=_NOTICED,
        ),
        Fault(
            "corosync-killed",
            "corosync of the active director is killed",
            "corosync-kill",
            fences=True,
            stacks=PACEMAKER,
        ),
        Fault(
            "pacemaker-killed",
            "all of Pacemaker on the active director is killed",
            "pacemaker-kill",
            moves=None,
            fences=None,
            lasts=_NOTICED,
            stacks=PACEMAKER,
        ),
        Fault(
            "engine-killed",
            "the active director's engine is killed",
            "engine-kill",
            moves=False,
            lasts=_NOTICED,
        ),
        Fault(
            "engine-frozen",
            "the active director's engine hangs",
            "engine-freeze",
            moves=None,
            lasts=_NOTICED,
        ),
        Fault(
            "table-tampered",
            "somebody takes a real server out of the kernel's table by hand",
            "tamper",
            moves=False,
            stacks=OURS,
        ),
        Fault(
            "config-broken",
            "the active director's configuration is edited wrongly",
            "break-file",
            moves=False,
            lasts=_NOTICED,
            stacks=PACEMAKER,
        ),
        Fault(
            "real-deaths",
            "a real server dies with the active director's power",
            "kill-with-real",
            fences=True,
        ),
        Fault(
            "both-restarted",
            "both directors lose their power, and it comes back",
            "kill-both",
            moves=None,
            settles=180.0,
        ),
        Fault(
            "fail-back",
            "the service goes back to a director that was fenced and booted",
            "fail-back",
            fences=None,
            soaks=False,
            stacks=PACEMAKER,
        ),
        Fault(
            "rolling-upgrade",
            "one director after the other gets new code",
            "upgrade",
            moves=False,
            lasts=5.0,
            soaks=False,
            stacks=OURS,
        ),
        Fault(
            "rolling-reboot",
            "one director after the other goes to standby and boots",
            "reboot",
            soaks=False,
            stacks=PACEMAKER,
        ),
    )
}
"""What can happen to the active director, in the order it is played."""


def played_on(stack: str) -> list[Fault]:
    """Return the drills that can be played on *stack*."""
    return [fault for fault in FAULTS.values() if stack in fault.stacks]
