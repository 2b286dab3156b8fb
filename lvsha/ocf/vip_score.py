"""How much a node deserves the VIPs: the promotion score; pure.

A promoted one is worth 100 more than a ready one, so a role moves only to
who is better by more than that. Seeing fewer real servers costs up to 500,
not synchronising 300; without carrier or director nothing is left.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from lvsha.identity import Address, bracketed

READY = 1000
PROMOTED = 1100
_BLIND = 500
_UNSYNCHRONISED = 300


class View(NamedTuple):
    """What a node has to serve VIPs with; *lost* is a share, 0 to 1."""

    carrier: bool = True
    director: bool = True
    synchronised: bool = True
    lost: float = 0.0


def score(view: View, *, promoted: bool) -> int:
    """Return the promotion score of a node that has *view*."""
    if not (view.carrier and view.director):
        return 0
    worth = PROMOTED if promoted else READY
    worth -= round(_BLIND * min(max(view.lost, 0.0), 1.0))
    return worth if view.synchronised else worth - _UNSYNCHRONISED


def lost(status: Mapping[str, object], addresses: Collection[Address]) -> float:
    """Return the share of weight that a director's *status* says is out of reach.

    Of the virtual services at *addresses*, or of all when there is none there:
    one with a mark has no address. What is in maintenance does not count, nor
    does a server of which nothing is known yet.
    """
    told = status.get("virtuals")
    every = (
        [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    )
    here = [one for one in every if _at(str(one.get("id")), addresses)] or every
    total = gone = 0
    for virtual in here:
        reals = virtual.get("reals")
        for real in reals if isinstance(reals, list) else ():
            weight = real.get("weight")
            if real.get("maintenance") or not isinstance(weight, int):
                continue
            total += weight
            gone += weight if real.get("standing") == "down" else 0
    return gone / total if total else 0.0


def _at(key: str, addresses: Collection[Address]) -> bool:
    """Tell whether ``tcp:192.0.2.10:80`` is at one of *addresses*."""
    place = key.partition(":")[2].rpartition(":")[0]
    return place in {bracketed(address) for address in addresses}
