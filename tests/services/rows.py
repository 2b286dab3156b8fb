"""What is checked: a row a service, a cell for each thing that can happen to it."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.services.daemons import HERE, Daemon


class Outcome(enum.Enum):
    """What a real server does; the value heads a column."""

    UP = "up"
    IPV6 = "IPv6"
    WRONG = "wrong answer"
    PASSWORD = "wrong password"  # noqa: S105 (a column)
    CERTIFICATE = "unknown certificate"
    PLAIN = "TLS to a plain port"
    SEALED = "plain to a TLS port"
    REFUSED = "refused"
    SILENT = "silent"
    HALFWAY = "hangs half-way"
    GARBAGE = "garbage"
    FLOOD = "1 MB without newline"
    RESET = "reset"


class Said(enum.Enum):
    """What a director says of a real server."""

    UP = "up"
    DOWN = "down"
    DIES = "dies"
    HANGS = "hangs"
    UNDECIDED = "undecided"


UP: Final = Said.UP
DOWN: Final = Said.DOWN
DIES: Final = Said.DIES
HANGS: Final = Said.HANGS


@dataclass(frozen=True, slots=True)
class Cell:
    """One real server and what is said of it.

    *server* is ``ADDRESS:PORT`` of a daemon, empty for the row's own; outcomes that
    are faults have theirs made. *directives* are added to the row's, or take their
    place. *original* is ldirectord's word where it is another one, *because* of what.
    """

    ours: Said
    server: str = ""
    directives: Mapping[str, str] = field(default_factory=dict)
    original: Said | None = None
    because: str = ""

    @property
    def originally(self) -> Said:
        """Ldirectord's word."""
        return self.original or self.ours


FAULTS: Final[Mapping[Outcome, Cell]] = {
    outcome: Cell(DOWN)
    for outcome in (
        Outcome.REFUSED,
        Outcome.SILENT,
        Outcome.HALFWAY,
        Outcome.GARBAGE,
        Outcome.FLOOD,
        Outcome.RESET,
    )
}

# A datagram comes whole or not at all, and nobody can reset what is no connection.
DATAGRAM_FAULTS: Final[Mapping[Outcome, Cell]] = {
    outcome: cell
    for outcome, cell in FAULTS.items()
    if outcome not in (Outcome.HALFWAY, Outcome.RESET)
}


@dataclass(frozen=True, slots=True)
class Row:
    """A service, checked in one way.

    *name* is the row's, *service* the word in the file. *middle* is how many bytes of
    the daemon's answer come before it hangs half-way; none for its first burst.
    *own_directives* are in our file only. *senseless* are outcomes this service
    cannot have. One that ldirectord does not know is checked by us *alone*.
    """

    name: str
    service: str
    port: int
    daemon: Daemon
    cells: Mapping[Outcome, Cell]
    directives: Mapping[str, str] = field(default_factory=dict)
    own_directives: Mapping[str, str] = field(default_factory=dict)
    udp: bool = False
    alone: bool = False
    middle: int = 0
    senseless: frozenset[Outcome] = frozenset()

    def originally(self, outcome: Outcome) -> Said | None:
        """Ldirectord's word on *outcome*, None if it does not know the service."""
        return None if self.alone else self.cells[outcome].originally

    def server(self, outcome: Outcome, spot: str) -> str:
        """Return the address and port of *outcome*'s server; *spot* is the faults'."""
        cell = self.cells[outcome]
        if cell.server:
            return cell.server
        if outcome in FAULTS:
            return f"{spot}:{self.port}"
        return f"[::1]:{self.port}" if outcome is Outcome.IPV6 else self.own

    @property
    def own(self) -> str:
        """The address and port of the daemon itself."""
        return f"{HERE}:{self.port}"
