"""How much of its weight a real server is given: slow start, and what agents ask.

Pure: seconds are arguments. Shares are percentages; weights are whole numbers, so
where a share of a weight is none, all weights of a virtual service are multiplied
as long as it lasts.
"""

from collections.abc import Iterable
from typing import Final

WHOLE: Final = 100
STEPS: Final = 10
# A step this near counts as reached: seconds are no whole numbers.
_SLACK: Final = 1e-6
HEAVIEST: Final = 65535  # what ipvsadm takes


def grown(elapsed: float, seconds: float) -> int:
    """Return the share of a server that came back *elapsed* seconds ago.

    It has the first of ten steps at once and the last after *seconds*.
    """
    if elapsed >= seconds * (1 - _SLACK):
        return WHOLE
    step = int(max(elapsed, 0.0) / seconds * STEPS + _SLACK)
    return WHOLE // STEPS * max(1, min(step, STEPS - 1))


def next_step(elapsed: float, seconds: float) -> float:
    """Return how many seconds after coming back the share grows again."""
    step = int(max(elapsed, 0.0) / seconds * STEPS + _SLACK) + 1
    return seconds * max(2, step) / STEPS


def multiplier(parts: Iterable[tuple[int, int]], heaviest: int) -> int:
    """Return by what all weights are multiplied for *parts*: weights and shares.

    It does not change from one step of a slow start to the next, and keeps the
    *heaviest* weight one the kernel takes.
    """
    factor = 1
    for weight, share in parts:
        if weight and share not in (0, WHOLE):
            wanted = STEPS if share % STEPS == 0 else WHOLE
            while factor < WHOLE and weight * factor % wanted:
                factor *= 10
    return max(1, min(factor, HEAVIEST // max(1, heaviest)))


def portion(weight: int, share: int, factor: int = 1) -> int:
    """Return the *share* of *weight*: none for none, else at least 1."""
    if share == WHOLE:
        return weight * factor
    if not weight or not share:
        return 0
    return max(1, weight * factor * share // WHOLE)
