"""Failovers of a configuration tried out on paper: who would move where.

Each event happens to the node that is active at that moment; afterwards every VIP
must be on exactly one node. The promotion scores that the agents would publish are
published for them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from lvsha.crm.scratch import Scratch, ToolFailed
from lvsha.crm.transition import Cast, Move, Scene, cast, moves, scene

# As ocf:lvsha:vip publishes them.
_PROMOTED: Final = 1100
_READY: Final = 1000

_Does = Literal["up", "power", "standby", "back", "director", "blind"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to the active node. *leaves*: the VIP must not stay."""

    does: _Does
    words: str
    leaves: bool = False


EVENTS: Final = (
    Event("up", "both nodes come up"),
    Event("power", "{node} loses its power", leaves=True),
    Event("up", "{node} is back"),
    Event("standby", "{node} goes to standby", leaves=True),
    Event("back", "{node} is back from standby"),
    Event("director", "the director of {node} dies"),
    Event("blind", "{node} sees no real server and no carrier", leaves=True),
)


@dataclass(frozen=True, slots=True)
class Result:
    """What an event led to: *where* each VIP is, and what is wrong with that."""

    words: str
    moves: tuple[Move, ...]
    where: tuple[tuple[str, str], ...]
    problems: tuple[str, ...] = ()


def rehearse(scratch: Scratch, nodes: tuple[str, str]) -> Iterator[Result]:
    """Yield what comes of each event, in order; all start from a stopped cluster.

    Raises ToolFailed when a tool is missing, or nothing in the CIB has a VIP.
    """
    players = cast(scratch.resources())
    if not players.vips:
        raise ToolFailed("there is no resource of ocf:lvsha:vip or IPaddr2")
    scratch.verify()
    # What it would say of a device on paper is of no interest.
    scratch.fence()
    on_stage = _Stage(scratch, nodes, players)
    for event in EVENTS:
        if event.does == "blind" and not players.promotable:
            continue  # without scores nobody asks what a node sees
        if event.does == "director" and not players.directors:
            continue
        yield on_stage.play(event)


class _Stage:
    """Where it happens, and what has happened so far."""

    def __init__(self, scratch: Scratch, nodes: tuple[str, str], players: Cast) -> None:
        self._scratch = scratch
        self._nodes = nodes
        self._players = players
        self._struck = nodes[0]
        self._scene = Scene(frozenset(), {})

    def play(self, event: Event) -> Result:
        """Let *event* happen, and the cluster come to rest."""
        if event.does not in ("up", "back"):
            self._struck = self._active()
        done = dict.fromkeys(self._happens(event))
        # What agents publish once they run leads to more.
        for _ in range(3):
            self._publish(blind=self._struck if event.does == "blind" else "")
            more = self._simulated()
            if not more:
                break
            done |= dict.fromkeys(more)
        where = {vip: sorted(self._scene.active(vip)) for vip in self._players.vips}
        return Result(
            event.words.format(node=self._struck),
            tuple(done),
            tuple((vip, " and ".join(found) or "-") for vip, found in where.items()),
            tuple(self._wrong(event)),
        )

    def _happens(self, event: Event) -> tuple[Move, ...]:
        scratch, struck = self._scratch, self._struck
        match event.does:
            case "up":
                up = [f"--node-up={node}" for node in self._nodes]
                return self._simulated("--quorum=1", *up)
            case "power":
                return self._simulated(f"--node-fail={struck}")
            case "standby" | "back":
                scratch.standby(struck, on=event.does == "standby")
            case "director":
                failed = (
                    f"--op-inject={name}_monitor_10000@{struck}=7"
                    for name in self._players.directors
                )
                return self._simulated(*failed)
            case "blind":
                pass
        return ()

    def _simulated(self, *what: str) -> tuple[Move, ...]:
        said = self._scratch.simulate(*what)
        self._scene = scene(said)
        return tuple(move for move in moves(said) if move.resource != "paper-fencing")

    def _publish(self, *, blind: str) -> None:
        for vip in self._players.promotable:
            for node, role in self._scene.roles.get(vip, {}).items():
                score = _PROMOTED if role == "Promoted" else _READY
                self._scratch.score(vip, node, 0 if node == blind else score)

    def _active(self) -> str:
        found = self._scene.active(self._players.vips[0])
        return min(found, default=self._nodes[0])

    def _wrong(self, event: Event) -> Iterator[str]:
        for vip in self._players.vips:
            active = self._scene.active(vip)
            if len(active) != 1:
                yield f"{vip} is on {len(active)} nodes"
            elif event.leaves and self._struck in active:
                yield f"{vip} stays on {self._struck}"
