"""What a stack must tell of itself: how directors become it, what they say. Pure."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from lvsha.lab.cluster.state import State
from lvsha.lab.drill.machines import Step


class Formation(Protocol):
    """One way for directors to agree who is active: with a cluster, or without."""

    @property
    def clustered(self) -> bool:
        """Tell whether there is a cluster to ask, which moves services and fences."""

    def steps(self, *, token: int) -> Sequence[Step]:
        """Return the commands that prepare a director; nothing has started."""

    def meeting(self) -> Sequence[Sequence[str]]:
        """Return what all directors run, one after the other, before it is started.

        The last ends when all directors know of each other; there may be none.
        """

    def starting(self) -> Sequence[str]:
        """Return the command that starts it on each director."""

    def together(self, seen: State, directors: frozenset[str]) -> bool:
        """Tell whether all *directors* have started and know of each other."""

    def configuration(self) -> str:
        """Return what crmsh is told when all have started, empty for nothing."""

    def question(self) -> tuple[Sequence[str], bool]:
        """Return the command that asks for the state, and whether all are asked."""

    def state(self, said: Mapping[str, bytes]) -> State | None:
        """Return what the answers mean, by director; None while they mean nothing."""

    def logs(self) -> Mapping[str, Sequence[str]]:
        """Return the commands that print what to keep of a drill that failed."""
