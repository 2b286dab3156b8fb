"""What the clients of each kind got, counted from what they told. Pure."""

import itertools
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lvsha.lab.cluster.outcome import Load, Name, outage, silences, suffering
from lvsha.lab.drill.traffic import Request, request


@dataclass(slots=True)
class Told:
    """What the clients of the further kinds told."""

    requests: dict[str, list[Request]] = field(default_factory=dict)
    pieces: dict[int, list[float]] = field(default_factory=dict)
    kept: tuple[int, int] | None = None
    why: Mapping[str, int] = field(default_factory=dict)

    def hear(self, line: str, late: float = 0.0) -> None:
        """Take in *line*, told by a program whose clock is *late* seconds behind."""
        words = json.loads(line)
        if one := request(line, late):
            self.requests.setdefault(str(words["load"]), []).append(one)
        elif "got" in words:
            arrived = self.pieces.setdefault(int(words["number"]), [])
            arrived.append(float(words["at"]) + late)
        elif "kept" in words:
            survived, of = words["kept"]
            self.kept = int(survived), int(of)
            self.why = {str(why): int(times) for why, times in words["why"].items()}


def asked(name: Name, requests: Sequence[Request], began: float, ended: float) -> Load:
    """Return what became of *requests* from the fault at *began* until *ended*."""
    suffered = [one for one in suffering(requests, began) if one.at < ended]
    came = [one.at + one.took for one in requests if not one.lost]
    quiet = silences(came, began - 1, ended)
    return Load(
        name,
        sent=len(suffered),
        failed=sum(one.lost for one in suffered),
        gap=outage(requests, began, ended),
        why=dict(Counter(one.outcome for one in suffered if one.lost)),
        silences=tuple((first - began, last - began) for first, last in quiet),
    )


def persistent(requests: Sequence[Request], began: float, ended: float) -> Load:
    """Return what became of questions to a persistent service, and who answered."""
    load = asked("persistent", requests, began, ended)
    before = [one.server for one in requests if one.at < began and not one.lost]
    after = [one.server for one in requests if one.at >= began and not one.lost]
    same = sum(one == before[-1] for one in after) if before else 0
    return Load(
        load.name,
        load.sent,
        load.failed,
        load.gap,
        kept=same,
        of=len(after),
        why=load.why,
        silences=load.silences,
    )


def downloads(told: Told, began: float, ended: float) -> Load:
    """Return what became of the downloads; who waits longest is the gap."""
    longest = 0.0
    for arrived in told.pieces.values():
        times = [began, *(at for at in arrived if began < at < ended), ended]
        longest = max(longest, *(b - a for a, b in itertools.pairwise(times)))
    every = [at for arrived in told.pieces.values() for at in arrived]
    quiet = silences(every, began - 1, ended)
    kept, of = told.kept or (0, len(told.pieces))
    return Load(
        "download",
        gap=longest,
        kept=kept,
        of=of,
        why=told.why,
        silences=tuple((first - began, last - began) for first, last in quiet),
    )
