"""Waiting until a record says that something came about, and when it did."""

from typing import Final

from lvsha.lab.drill.record import Heard, Record, Said
from lvsha.lab.drill.scenario import CHECK_TIMEOUT, INTERVAL
from lvsha.lab.drill.traffic import between, complete, tally

REACTION: Final = INTERVAL + CHECK_TIMEOUT + 4.0
"""The longest the director may take: one interval, one deadline, and slow machines."""

PATIENCE: Final = 15.0
"""Seconds to wait for what should come at once."""

_ENOUGH: Final = 20  # requests to see after each reaction


_CLOCKS: Final = 0.005  # how far the clocks of two nodes may still be apart


def wait_table(record: Record, wanted: frozenset[str], since: float) -> float | None:
    """Return when the table became *wanted*, None if it did not in time."""

    def right(heard: Heard) -> bool:
        last = heard.tables[-1]
        return last.at >= since - _CLOCKS and last.lines == wanted

    if not record.wait(right, REACTION):
        return None
    return max(since, record.now().tables[-1].at)


def wait_ready(record: Record, since: float) -> float | None:
    """Return when the engine told its supervisor that it is ready."""

    def times(heard: Heard) -> list[float]:
        return _times(heard.notices, since, ("READY=1",))

    record.wait(lambda heard: bool(times(heard)), PATIENCE)
    return min(times(record.now()), default=None)


def wait_log(record: Record, since: float, *words: str) -> float | None:
    """Return when the engine logged a line with all *words*."""

    def times(heard: Heard) -> list[float]:
        return _times(heard.log, since, words)

    record.wait(lambda heard: bool(times(heard)), PATIENCE)
    return min(times(record.now()), default=None)


def wait_answers(record: Record, since: float, wanted: frozenset[str]) -> None:
    """Wait for enough answers after *since*, of all *wanted*, and no request open.

    What has not come in time is for the verdict to see.
    """

    def enough(heard: Heard) -> bool:
        seen = tally(between(heard.requests, since))
        return (
            seen.sent >= _ENOUGH
            and wanted <= set(seen.answers)
            and complete(heard.requests, since)
        )

    record.wait(enough, PATIENCE)


def _times(said: list[Said], since: float, words: tuple[str, ...]) -> list[float]:
    return [
        one.at
        for one in said
        if one.at >= since and all(word in one.line for word in words)
    ]
