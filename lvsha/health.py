"""Whether a real server is well: what verdicts add up to.

Pure: a standing and a verdict go in, a standing comes out. Running the checks
belongs to :mod:`lvsha.checks`; what follows for the table to
:mod:`lvsha.desired`.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
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
    """A real server's standing and its failures in a row, >= 0."""

    standing: Standing = Standing.UNKNOWN
    failures: int = 0
    maintenance: bool = False

    @property
    def up(self) -> bool:
        """Tell whether it may be given work."""
        return self.standing is Standing.UP


UNCHECKED: Final = Health()
ADOPTED: Final = Health(Standing.UP)

HealthMap = Mapping[Seat, Health]


def judged(health: Health, *, passed: bool, limit: int) -> Health:
    """Return *health* after one more verdict.

    One pass brings a server up and forgets its failures. *limit* failures in a
    row take an up server down (``failurecount``); a server nobody has vouched
    for is down at the first.
    """
    if passed:
        return Health(Standing.UP)
    match health.standing:
        case Standing.UP if health.failures + 1 < limit:
            return Health(Standing.UP, health.failures + 1)
        case Standing.DOWN if not health.maintenance:
            return health
        case _:
            return Health(Standing.DOWN, health.failures + 1)


def maintained(health: Health) -> Health:
    """Return *health* of a server taken out by hand: down at once, nothing counted."""
    return Health(Standing.DOWN, health.failures, maintenance=True)
