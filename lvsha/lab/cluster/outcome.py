"""What a drill of a cluster has shown: counted from what was heard. Pure."""

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lvsha.lab.drill.traffic import Request

Kind = Literal[
    "fault",  # it happens; at 0
    "down",  # a director lost its power, by the fault itself
    "fenced",  # a director lost its power, by the other's wish
    "up",  # a director has booted
    "taken",  # a director has the address
    "gone",  # a director has the address no more
    "announced",  # the switch saw the first gratuitous ARP from a director
    "answered",  # the first answer to a question put after the address was taken
    "alerted",  # a director handed an alert over
    "step",  # something else the drill did, or saw
    "mended",  # the fault was taken back
    "whole",  # both directors are members, and ready
]
"""What a moment of the timeline is."""

Name = Literal["short", "talking", "idle", "download", "udp", "persistent"]
"""Kinds of clients: short requests, kept connections that talk or say nothing until
the end, large downloads, datagrams, short requests to a persistent service."""

_IN_FLIGHT = 0.25
"""Seconds: what began this shortly before the fault may suffer from it."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A director held the address from *first* until *last*."""

    director: str
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many kept connections survived, of how many, and why the others did not."""

    talking: tuple[int, int]
    idle: tuple[int, int]
    why: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moment:
    """Something happened *at* seconds after the fault; *director* may be empty."""

    at: float
    kind: Kind
    director: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """What the clients of one kind got.

    Who asks has *sent* questions, *failed* of them; *gap* is the longest time without
    an answer or, for downloads, without a byte. Who keeps connections had *of* of
    them, and *kept* survived; for ``persistent`` the questions after the fault, and
    those answered by the same real server as before. *silences* are the times of half
    a second or more without an answer, in seconds after the fault.
    """

    name: Name
    sent: int = 0
    failed: int = 0
    gap: float | None = None
    kept: int | None = None
    of: int | None = None
    why: Mapping[str, int] = field(default_factory=dict)
    silences: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Pulse:
    """Short requests in a moment that begins *at* seconds after the fault.

    So many answers came in it, and so many of its questions were never answered.
    """

    at: float
    answered: int
    failed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """One drill on one stack; times are seconds after the fault, None for never.

    *outage* is the longest time in which no short request got an answer. *moments* are
    in the order of their times; *held* is who had the address, in seconds after the
    fault, cut to the time that was watched.
    """

    drill: str
    stack: str
    before: str = ""
    after: str = ""
    sent: int = 0
    failed: int = 0
    outage: float | None = None
    fenced: float | None = None
    taken: float | None = None
    announced: float | None = None
    answered: float | None = None
    announcements: int = 0
    alerts: int | None = None
    """Letters to whoever is on call, until it was over; None where nobody took any."""
    whole: float | None = None
    crowd: Crowd | None = None
    doubled: float = 0.0
    problems: tuple[str, ...] = ()
    moments: tuple[Moment, ...] = ()
    loads: tuple[Load, ...] = ()
    held: tuple[Holding, ...] = ()
    pulses: tuple[Pulse, ...] = ()
    began: float = 0.0
    """The fault, in seconds since the epoch."""
    watched: float = 0.0
    """Seconds after the fault until which clients asked."""

    @property
    def good(self) -> bool:
        """Tell whether it was played to its end and no address had two owners."""
        return not self.problems and not self.doubled


def brief(one: Outcome) -> str:
    """Return *one* in a line."""
    outage = "no end" if one.outage is None else f"{one.outage:.2f} s"
    whole = "never" if one.whole is None else f"{one.whole:.1f} s"
    crowd = one.crowd
    kept = sum(part[0] for part in (crowd.talking, crowd.idle)) if crowd else 0
    moved = f"{one.before} to {one.after}" if one.after else f"stays on {one.before}"
    return (
        f"{one.drill:<16} {moved}, {one.failed} of {one.sent} failed, outage {outage}, "
        f"{kept} connections survived, whole after {whole}"
    ) + "".join(f"; ! {problem}" for problem in one.problems)


def silences(
    came: Iterable[float], first: float, last: float, least: float = 0.5
) -> tuple[tuple[float, float], ...]:
    """Return the times of *least* seconds or more, *first* to *last*, when none came.

    *came* are the moments of answers.
    """
    moments = [first, *sorted(at for at in came if first < at < last), last]
    pairs = itertools.pairwise(moments)
    return tuple((one, other) for one, other in pairs if other - one >= least)


def pulses(
    requests: Iterable[Request],
    began: float,
    window: tuple[float, float],
    width: float = 0.25,
) -> tuple[Pulse, ...]:
    """Return the beat of *requests* in *window*, in pieces of *width* seconds.

    The times of *window* are, like those that come back, seconds after *began*.
    """
    first, last = window
    answered, failed = Counter[int](), Counter[int]()
    for one in requests:
        at = one.at - began + (0 if one.lost else one.took)
        if first <= at < last:
            (failed if one.lost else answered)[int((at - first) / width)] += 1
    return tuple(
        Pulse(first + number * width, answered[number], failed[number])
        for number in sorted(answered.keys() | failed.keys())
    )


def outage(
    requests: Iterable[Request], fault: float, until: float = 0.0
) -> float | None:
    """Return the longest time without an answer that touches or follows *fault*.

    A request waits for its packets to be sent again; so what counts is when answers
    came, not when their questions were asked. Who is still not answered *until* the
    end counts to there. None without an answer after *fault*.
    """
    came = sorted(one.at + one.took for one in requests if not one.lost)
    before = [moment for moment in came if moment < fault]
    after = [moment for moment in came if moment >= fault]
    if not after:
        return None
    moments = [*(before[-1:] or [fault]), *after, max(until, after[-1])]
    return max(later - earlier for earlier, later in itertools.pairwise(moments))


def answered(requests: Iterable[Request], fault: float, since: float) -> float | None:
    """Return when the first answer came to a question put at *since* or later."""
    came = [one.at + one.took for one in requests if not one.lost and one.at >= since]
    return min(came) - fault if came else None


def suffering(requests: Iterable[Request], fault: float) -> list[Request]:
    """Return the requests that began after *fault*, or failed because of it."""
    return [
        one
        for one in requests
        if one.at >= fault
        or (one.lost and one.at >= fault - _IN_FLIGHT and one.at + one.took > fault)
    ]


def holdings(
    changes: Mapping[str, Sequence[tuple[float, bool]]],
    deaths: Mapping[str, Sequence[float]],
    now: float,
) -> list[Holding]:
    """Return who held the address when.

    *changes* are each director's own words; a director without power holds nothing
    from the moment of *deaths*.
    """
    found = []
    for director, words in changes.items():
        events = [*words, *((at, False) for at in deaths.get(director, ()))]
        since: float | None = None
        for at, holds in sorted(events):
            if holds and since is None:
                since = at
            elif not holds and since is not None:
                found.append(Holding(director, since, at))
                since = None
        if since is not None:
            found.append(Holding(director, since, now))
    return sorted(found, key=lambda one: one.first)


def doubled(held: Sequence[Holding]) -> float:
    """Return the seconds in which two directors held the address at once."""
    seconds = 0.0
    for number, one in enumerate(held):
        for other in held[number + 1 :]:
            if other.director != one.director:
                shared = min(one.last, other.last) - max(one.first, other.first)
                seconds += max(0.0, shared)
    return seconds
