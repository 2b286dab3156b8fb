"""What the drills of a cluster need of a lab and its nodes: any that has it will do."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from lvsha.lab.image import Image
from lvsha.lab.network import Announced
from lvsha.lab.process import Completed, Listener, Process
from lvsha.lab.topology import NodeSpec


class DrillNode(Protocol):
    """A machine that runs commands, and whose power can be cut."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def spec(self) -> NodeSpec:
        """What it was described as."""

    @property
    def share(self) -> Path:
        """The folder here of what it asks the lab for."""

    @property
    def alive(self) -> bool:
        """Whether it runs; a frozen node is alive."""

    @property
    def frozen(self) -> bool:
        """Whether it is frozen."""

    def boot(self, *, seconds: float = 60) -> None:
        """Switch it on; return when it can be asked."""

    def kill(self) -> None:
        """Cut its power."""

    def freeze(self) -> None:
        """Stop its clock and processor."""

    def thaw(self) -> None:
        """Let it go on."""

    def run(  # noqa: PLR0913 - as `lvsha.lab.node.Node`
        self,
        argv: Sequence[str],
        *,
        seconds: float,
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        check: bool = True,
        cwd: str = "/root",
    ) -> Completed:
        """Run *argv* to its end and return what it said."""

    def start(  # noqa: PLR0913 - as `lvsha.lab.node.Node`
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str = "/root",
        interactive: bool = False,
        terminal: bool = False,
        listener: Listener | None = None,
    ) -> Process:
        """Start *argv* in the background."""


class DrillLab(Protocol):
    """Machines on one network whose cables can be cut; a context manager.

    *standing*: its directors are a cluster already, all but fencing. *patience* is how
    many times as long as elsewhere everything may take.
    """

    @property
    def standing(self) -> bool:
        """Whether there is a cluster before a drill begins."""

    @property
    def patience(self) -> float:
        """How many times as long as in the embedded lab to wait."""

    @property
    def nodes(self) -> Sequence[DrillNode]:
        """All machines."""

    def node(self, name: str) -> DrillNode:
        """Return the machine *name*."""

    def __enter__(self) -> Self:
        """Prepare it."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave nothing behind that was not there before."""

    def up(self, *, seconds: float) -> None:
        """Return when every machine can be asked."""

    def cut(self, one: str, other: str | None = None, *, one_way: bool = False) -> None:
        """Lose what goes between two, or between *one* and everybody.

        *one_way*: only what *one* sends.
        """

    def deafen(self, name: str) -> None:
        """Lose what is sent to *name*."""

    def heal(self, one: str | None = None, other: str | None = None) -> None:
        """Take back the cuts of *one* (with *other*), or all."""

    def announced(self) -> list[Announced]:
        """Return who told the network of an address, and when."""


Grounds = Image | Callable[[Path], DrillLab]
"""What a drill's nodes boot from, or what gives the lab that keeps its files there."""
