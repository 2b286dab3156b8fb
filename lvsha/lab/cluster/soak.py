"""A soak: many faults in a row in one lab, and a look after each at what is left."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from lvsha.lab.cluster.faults import Fault, played_on
from lvsha.lab.cluster.grounds import Grounds
from lvsha.lab.cluster.inventory import Inventory, inventory, leaked, missing
from lvsha.lab.cluster.machines import DIRECTORS
from lvsha.lab.cluster.outcome import Outcome, brief
from lvsha.lab.cluster.play import Play
from lvsha.lab.cluster.sightings import ENVIRONMENT
from lvsha.lab.cluster.stacks import Stack
from lvsha.lab.errors import LabError

_SECONDS: Final = 60.0
_GONE: Final = 30.0  # after this long, what was under way is left behind
_LOOK: Final = 2.0

Tell = Callable[[str], None]
Parts = dict[str, Inventory]


@dataclass(frozen=True, slots=True)
class Round:
    """One fault of a soak: what came of it, what it left behind."""

    number: int
    outcome: Outcome
    left: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Tell whether the service came back by itself and nothing was left."""
        return self.outcome.good and not self.left


@dataclass(slots=True)
class Soak:
    """All rounds, and how much descriptors and memory of the engines have grown."""

    stack: str
    seed: int
    times: int
    rounds: list[Round] = field(default_factory=list)
    grown: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By part: descriptors and kilobytes more than at the beginning."""
    seconds: float = 0.0
    broken: str = ""

    @property
    def good(self) -> bool:
        """Tell whether every round was."""
        return (
            bool(self.rounds)
            and not self.broken
            and all(one.good for one in self.rounds)
        )

    def to_json(self) -> dict[str, object]:
        """Return it as JSON has it."""
        return {"ok": self.good, **asdict(self)}


def schedule(stack: str, times: int, seed: int) -> list[Fault]:
    """Return *times* faults for *stack*, the same for the same *seed*.

    Like cards: none comes again before all have been.
    """
    chance = random.Random(seed)  # noqa: S311 - it must be the same again
    faults = [fault for fault in played_on(stack) if fault.soaks]
    found: list[Fault] = []
    while faults and len(found) < times:
        found += chance.sample(faults, len(faults))
    return found[:times]


def soak(  # noqa: PLR0913, PLR0917 - what a play needs, and which one
    stack: Stack,
    asked: tuple[int, int],
    place: tuple[Path, Grounds],
    tell: Tell,
    cancelled: threading.Event,
    follow: Callable[[Callable[[], str]], None] = lambda _progress: None,
) -> Soak:
    """Let so many faults happen on *stack*, by a seed: both are *asked* for.

    *place* is where logs go, and what to play on. It ends early when the service does
    not come back. *follow* is told what says how a drill goes on.
    """
    (times, seed), (folder, grounds) = asked, place
    found = Soak(stack.name, seed, times)
    began = time.monotonic()
    try:
        with Play(stack, folder, grounds, tell, cancelled) as play:
            follow(play.progress)
            first = _parts(play)
            for number, fault in enumerate(schedule(stack.name, times, seed), 1):
                outcome = play.fault(fault, f"{number:02}-{fault.name}")
                found.rounds.append(Round(number, outcome, tuple(_left(play, first))))
                tell(spoken(found.rounds[-1]))
                if outcome.whole is None:
                    play.active()  # once more; without it there is nothing to break
            last = _parts(play)
            found.grown = {
                part: (
                    last[part].descriptors - first[part].descriptors,
                    last[part].memory - first[part].memory,
                )
                for part in first
            }
    except LabError as error:
        found.broken = str(error)
    finally:
        follow(str)
    found.seconds = time.monotonic() - began
    return found


def spoken(one: Round) -> str:
    """Return a round in a line."""
    left = "".join(f"; left: {what}" for what in one.left)
    return f"{one.number:3} {brief(one.outcome)}{left}"


def told(found: Soak) -> str:
    """Return the whole soak in words."""
    lines = [spoken(one) for one in found.rounds]
    good = sum(one.good for one in found.rounds)
    back = sum(one.outcome.whole is not None for one in found.rounds)
    owners = sum(bool(one.outcome.doubled) for one in found.rounds)
    leaks = sum(bool(one.left) for one in found.rounds)
    longest = max((one.outcome.outage or 0.0 for one in found.rounds), default=0.0)
    lines.append(
        f"{len(found.rounds)} of {found.times} faults on {found.stack}, "
        f"seed {found.seed}, in {found.seconds / 60:.0f} min: {good} as expected; "
        f"service back by itself after {back}, in {longest:.1f} s at most; two owners "
        f"of the address in {owners}; something left behind by {leaks}"
    )
    lines += [
        f"{part}: {descriptors:+} descriptors, {memory:+} kB of the engine"
        for part, (descriptors, memory) in found.grown.items()
    ]
    if found.broken:
        lines.append(f"broken off: {found.broken}")
    return "\n".join(lines)


def _parts(play: Play) -> Parts:
    """Return what is on the active director, and on the standby."""
    active = play.active()
    found = {}
    for name in DIRECTORS:
        node = play.lab.node(name)
        said = node.run(
            ["python3", "-m", "lvsha.lab.cluster.guest.inventory"],
            seconds=_SECONDS,
            env=ENVIRONMENT,
        )
        part = "active" if name == active else "standby"
        found[part] = inventory(said.stdout, node.spec.addresses)
    return found


def _left(play: Play, first: Parts) -> list[str]:
    """Return what is too much or missing, when all that was under way has ended."""
    until = time.monotonic() + _GONE
    while True:
        try:
            now = _parts(play)
        except LabError as error:
            return [str(error)]
        left = [
            f"{part}: {what}"
            for part in now
            for what in (
                *leaked(first[part], now[part]),
                *(f"no {gone}" for gone in missing(first[part], now[part])),
            )
        ]
        if not left or time.monotonic() > until:
            return left
        time.sleep(_LOOK)  # an agent's monitor is under way
