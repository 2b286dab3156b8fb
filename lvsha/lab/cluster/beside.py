"""Stacks side by side: medians of their outcomes, and our ratio to the others. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from lvsha.lab.cluster.outcome import Load, Outcome

OURS: Final = ("warm", "active-active")
"""The stacks whose ratio to the others is told, the first that was played."""

_KINDS: Final = {
    "short": "short requests",
    "talking": "talking connections",
    "idle": "idle connections",
    "download": "downloads",
    "udp": "datagrams",
    "persistent": "persistent service",
}
_COUNTED: Final = {"talking": "survived", "idle": "survived", "download": "complete"}


@dataclass(frozen=True, slots=True)
class Row:
    """One fact: a word for each stack, and our ratio to each of the others."""

    title: str
    cells: tuple[str, ...]
    ratios: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One drill: *ours* is in *stacks*, the ratios are to those *against* it."""

    drill: str
    stacks: tuple[str, ...]
    ours: str
    against: tuple[str, ...]
    rows: tuple[Row, ...]
    problems: tuple[str, ...] = ()
    runs: int = 1

    @property
    def good(self) -> bool:
        """Tell whether there was no problem on any stack."""
        return not self.problems


def tables(outcomes: Sequence[Outcome]) -> list[Table]:
    """Return a table a drill, in the order they were played."""
    drills = dict.fromkeys(one.drill for one in outcomes)
    return [
        _table(drill, [one for one in outcomes if one.drill == drill])
        for drill in drills
    ]


def _table(drill: str, played: Sequence[Outcome]) -> Table:
    stacks = tuple(dict.fromkeys(one.stack for one in played))
    of = [[one for one in played if one.stack == stack] for stack in stacks]
    ours = next((name for name in OURS if name in stacks), stacks[-1])
    place = stacks.index(ours)
    others = [number for number in range(len(stacks)) if number != place]

    def row(title: str, words: Sequence[str], values: Sequence[float | None]) -> Row:
        ratios = tuple(ratio(values[place], values[number]) for number in others)
        return Row(title, tuple(words), ratios)

    rows = [
        row(title, list(map(_spread, found)), list(map(_median, found)))
        for title, value in _TIMES.items()
        if any(found := [_values(runs, value) for runs in of])
    ]
    rows += [
        row(title, list(map(_count, pairs)), [_weighed(title, one) for one in pairs])
        for title, counted in _counts(played).items()
        if any(pairs := [_pairs(runs, counted) for runs in of])
    ]
    rows += [
        Row(title, tuple(words), ("",) * len(others))
        for title, said in _WORDS.items()
        if any(words := [said(runs) for runs in of])
    ]
    return Table(
        drill,
        stacks,
        ours,
        tuple(stacks[number] for number in others),
        tuple(rows),
        tuple(
            f"{one.stack}: {problem}"
            for one in played
            for problem in (*one.problems, *_doubled(one))
        ),
        max(map(len, of)),
    )


_TIMES: Final[dict[str, Callable[[Outcome], float | None]]] = {
    "longest time without an answer, s": lambda one: one.outage,
    "power of the old one cut after, s": lambda one: one.fenced,
    "address taken after, s": lambda one: one.taken,
    "announced after, s": lambda one: one.announced,
    "first answer after that, s": lambda one: one.answered,
    "whole again after, s": lambda one: one.whole,
    "two owners, s": lambda one: one.doubled,
}


def _counts(
    played: Sequence[Outcome],
) -> dict[str, Callable[[Outcome], tuple[int, int] | None]]:
    """Return what is counted: always short requests, and all other kinds there are."""
    found: dict[str, Callable[[Outcome], tuple[int, int] | None]] = {
        "short requests failed": lambda one: (one.failed, one.sent)
    }
    kinds = {load.name for one in played for load in one.loads}
    if not kinds:
        found["talking connections survived"] = lambda one: (
            one.crowd.talking if one.crowd else None
        )
        found["idle connections survived"] = lambda one: (
            one.crowd.idle if one.crowd else None
        )
    for name, words in _KINDS.items():
        if name not in kinds or name == "short":
            continue
        if name in _COUNTED:
            found[f"{words} {_COUNTED[name]}"] = _of(name, _kept)
        else:
            found[f"{words} failed"] = _of(name, _failed)
        if name == "persistent":
            found[f"{words}: the same real server"] = _of(name, _kept)
    return found


def _of(
    name: str, value: Callable[[Load], tuple[int, int] | None]
) -> Callable[[Outcome], tuple[int, int] | None]:
    """Return what finds *value* of the clients called *name*."""
    return lambda one: next(
        (value(load) for load in one.loads if load.name == name), None
    )


def _kept(load: Load) -> tuple[int, int] | None:
    return None if load.kept is None or load.of is None else (load.kept, load.of)


def _failed(load: Load) -> tuple[int, int]:
    return load.failed, load.sent


def _why(runs: Iterable[Outcome]) -> str:
    """Return why kept connections did not survive, most frequent first."""
    found: dict[str, int] = {}
    for one in runs:
        kept = [load for load in one.loads if load.name in _COUNTED]
        reasons = [load.why for load in kept] or ([one.crowd.why] if one.crowd else [])
        for why in reasons:
            for word, times in why.items():
                found[word] = found.get(word, 0) + times
    often = sorted(found.items(), key=lambda item: -item[1])
    return ", ".join(f"{times} {word}" for word, times in often)


def _alerts(runs: Sequence[Outcome]) -> str:
    """Return how many each run sent, nothing where nobody took any."""
    counts = [one.alerts for one in runs]
    if all(count is None for count in counts):
        return ""
    return ", ".join("-" if count is None else str(count) for count in counts)


_WORDS: Final[dict[str, Callable[[Sequence[Outcome]], str]]] = {
    "why connections did not survive": _why,
    "announcements": lambda runs: ", ".join(str(one.announcements) for one in runs),
    "alerts sent": _alerts,
    "from, to": lambda runs: "; ".join(f"{one.before}, {one.after}" for one in runs),
}


def _doubled(one: Outcome) -> list[str]:
    return [f"two owners for {one.doubled:.2f} s"] if one.doubled else []


def _values(
    runs: Iterable[Outcome], value: Callable[[Outcome], float | None]
) -> list[float]:
    return [found for one in runs if (found := value(one)) is not None]


def _pairs(
    runs: Iterable[Outcome], value: Callable[[Outcome], tuple[int, int] | None]
) -> list[tuple[int, int]]:
    return [found for one in runs if (found := value(one)) is not None]


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def _spread(values: Sequence[float]) -> str:
    """Return the median, and what it lies between if there is more than one."""
    if not values:
        return "-"
    middle = f"{median(values):.2f}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):.2f} to {max(values):.2f})"


def _weighed(title: str, pairs: Sequence[tuple[int, int]]) -> float | None:
    """Return what ratios are of: failures of a run, or the share that survived."""
    some, of = (
        (sum(numbers) for numbers in zip(*pairs, strict=True)) if pairs else (0, 0)
    )
    if title.endswith("failed"):
        return some / len(pairs) if pairs else None
    return some / of if of else None


def _count(pairs: Sequence[tuple[int, int]]) -> str:
    if not pairs:
        return "-"
    return f"{sum(some for some, _ in pairs)} of {sum(of for _, of in pairs)}"


def ratio(ours: float | None, other: float | None) -> str:
    """Return *ours* as a multiple of *other*, empty where that means nothing."""
    if ours is None or not other:
        return ""
    return f"{ours / other:.2f}"
