"""The timeline of a drill, put together from what was heard of it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from lvsha.lab.cluster.outcome import Holding, Moment

_BEFORE: Final = 3.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a drill beside who held the address; times since the epoch.

    *news* are announcements with who sent them, *fenced* when who was fenced by whom,
    *more* other moments.
    """

    fault: str
    active: str
    news: tuple[tuple[float, str], ...] = ()
    fenced: tuple[tuple[float, str, str], ...] = ()
    more: tuple[Moment, ...] = ()
    answered: float | None = None
    mended: float | None = None
    whole: float | None = None


def timeline(facts: Facts, held: Iterable[Holding], began: float) -> tuple[Moment, ...]:
    """Return the moments from shortly before the fault at *began*, in their order."""
    found = [Moment(began, "fault", facts.active, facts.fault), *facts.more]
    found += [Moment(at, "fenced", who, f"by {by}") for at, who, by in facts.fenced]
    for one in held:
        found.append(Moment(one.first, "taken", one.director, "has the address"))
        # who still has it at the end has not lost it
        if facts.whole is None or one.last < facts.whole:
            found.append(Moment(one.last, "gone", one.director, "has it no more"))
    for director in dict.fromkeys(who for _, who in facts.news):
        times = [at for at, who in facts.news if who == director]
        words = f"{len(times)} announcements"
        found.append(Moment(times[0], "announced", director, words))
    if facts.answered is not None:
        found.append(Moment(facts.answered, "answered", words="the first answer"))
    if facts.mended is not None:
        found.append(Moment(facts.mended, "mended", words="taken back"))
    if facts.whole is not None:
        found.append(Moment(facts.whole, "whole", words="both directors are ready"))
    shifted = [replace(one, at=one.at - began) for one in found]
    return tuple(
        sorted((one for one in shifted if one.at >= -_BEFORE), key=lambda one: one.at)
    )
