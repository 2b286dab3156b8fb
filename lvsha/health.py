"""Whether a real server is well: what verdicts add up to.

Pure: a standing and a verdict go in, a standing comes out. Running the checks
belongs to :mod:`lvsha.checks`; what follows for the table to
:mod:`lvsha.desired`.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lvsha.identity import Endpoint, ServiceKey

# A real server in a virtual service, named by the row the kernel has for it.
Seat = tuple[ServiceKey, Endpoint]


class Standing(enum.Enum):
    """What we hold of a real server."""

    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Health:
    """A real server's standing and its failures in a row, >= 0.

    *passes* counts what a down server has passed in a row, *vetoed* tells that
    its own agent wants it out, *share* is the percentage of its weight that it
    is given at the moment.
    """

    standing: Standing = Standing.UNKNOWN
    failures: int = 0
    maintenance: bool = False
    passes: int = 0
    vetoed: bool = False
    share: int = 100

    @property
    def up(self) -> bool:
        """Tell whether it may be given work."""
        return self.standing is Standing.UP and not self.vetoed

    @property
    def serving(self) -> bool:
        """Tell whether it is given work: up, and not drained by its agent."""
        return self.standing is Standing.UP and not self.vetoed and self.share > 0


UNCHECKED: Final = Health()
ADOPTED: Final = Health(Standing.UP)

_WORST: Final = (Standing.DOWN, Standing.UNKNOWN, Standing.UP)

HealthMap = Mapping[Seat, Health]


def judged(health: Health, *, passed: bool, limit: int, rise: int = 1) -> Health:
    """Return *health* after one more verdict.

    *rise* passes in a row bring a server up that was down (``successcount``), one
    brings up a server nobody knows, and forgets its failures. *limit* failures in
    a row take an up server down (``failurecount``); a server nobody has vouched
    for is down at the first.
    """
    standing = health.standing
    if passed:
        if standing is Standing.UP and not health.failures:
            return health
        if standing is Standing.DOWN and health.passes + 1 < rise:
            return replace(health, passes=health.passes + 1)
        return replace(
            health, standing=Standing.UP, failures=0, maintenance=False, passes=0
        )
    if standing is Standing.DOWN and not health.maintenance:
        return replace(health, passes=0) if health.passes else health
    if standing is not Standing.UP or health.failures + 1 >= limit:
        standing = Standing.DOWN
    return replace(
        health, standing=standing, failures=health.failures + 1, maintenance=False
    )


def combined(parts: Sequence[Health], whole: Health, *, all_pass: bool) -> Health:
    """Return *whole* as the *parts* make it: one for each check of a real server.

    With *all_pass* the worst of them counts, else the best. Nothing is known
    before the parts that could decide otherwise have been heard.
    """
    order = _WORST if all_pass else _WORST[::-1]
    standings = {part.standing for part in parts}
    standing = next(each for each in order if each in standings)
    failures = [part.failures for part in parts if part.standing is standing]
    return replace(
        whole,
        standing=standing,
        failures=max(failures) if all_pass else min(failures),
        passes=0,
    )


def maintained(health: Health) -> Health:
    """Return *health* of a server taken out by hand: down at once, nothing counted."""
    return Health(
        Standing.DOWN,
        health.failures,
        maintenance=True,
        vetoed=health.vetoed,
        share=health.share,
    )
