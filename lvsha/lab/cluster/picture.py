"""The picture of a drill: what happened to each stack on one scale of time. Pure."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from typing import Final

from lvsha.lab.cluster.outcome import Moment, Outcome

_WIDTH: Final = 1000.0
_LEFT: Final = 110.0  # room for names
_RIGHT: Final = 16.0
_BEFORE: Final = 3.0  # seconds that are shown before the fault
_LETTER: Final = 6.4  # the width of one, about
_LEVELS: Final = 3  # of words above a lane, so that none lies on another
_LINE: Final = 15.0
_OWNER: Final = 28.0  # a half a director: two owners lie below each other
_BEAT: Final = 36.0
_PULSE: Final = 0.25  # the seconds of one
_LANE: Final = _LEVELS * _LINE + _OWNER + _BEAT + 30.0
_AXIS: Final = 34.0
_TICKS: Final = (0.5, 1, 2, 5, 10, 20, 30, 60, 120)
_MOST_TICKS: Final = 14
_MARKED: Final = {
    "down": "power cut",
    "fenced": "fenced",
    "taken": "promoted",
    "announced": "announced",
    "answered": "first answer",
    "step": "",
    "mended": "taken back",
}
"""Moments that get a mark, and its word; that of a step is its own."""


def picture(drill: str, played: Sequence[Outcome], name: str) -> ET.Element:
    """Return the picture of *drill* on each stack of *played*; *name* is its id.

    It describes itself in words, for whoever does not see it.
    """
    last = max([one.watched for one in played] + [1.0])
    height = _AXIS + _LANE * len(played)
    svg = ET.Element(
        "svg",
        {
            "viewBox": f"0 0 {_WIDTH:g} {height:g}",
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-words",
        },
    )
    _text(svg, "title", f"Timeline of {drill}", id=f"{name}-title")
    _text(svg, "desc", " ".join(map(words, played)), id=f"{name}-words")
    scale = _Scale(last)
    _axis(svg, scale, height)
    for number, one in enumerate(played):
        _lane(svg, scale, _LANE * number, one)
    return svg


def words(one: Outcome) -> str:
    """Return in words what the picture shows of *one*."""
    outage = "no answer came again" if one.outage is None else f"{one.outage:.2f} s"
    moments = ", ".join(
        f"{_word(moment)} at {moment.at:.2f} s"
        for moment in one.moments
        if moment.kind in _MARKED and 0 <= moment.at <= one.watched
    )
    return (
        f"{one.stack}: longest time without an answer {outage}; {one.failed} of "
        f"{one.sent} short requests failed; {moments or 'nothing else happened'}."
    )


class _Scale:
    """Where a time is on the picture."""

    def __init__(self, last: float) -> None:
        self.first, self.last = -_BEFORE, last

    def __call__(self, at: float) -> float:
        part = (min(max(at, self.first), self.last) - self.first) / (
            self.last - self.first
        )
        return round(_LEFT + part * (_WIDTH - _LEFT - _RIGHT), 1)

    def ticks(self) -> Iterable[float]:
        """Return round times, not too many."""
        span = self.last - self.first
        step = next((one for one in _TICKS if span / one <= _MOST_TICKS), _TICKS[-1])
        at = -step * int(_BEFORE / step)
        while at <= self.last:
            yield at
            at += step


def _axis(svg: ET.Element, scale: _Scale, height: float) -> None:
    bottom = height - _AXIS
    for at in scale.ticks():
        _line(svg, scale(at), 0, bottom, "grid")
        _text(svg, "text", f"{at:g} s", x=scale(at), y=bottom + 15, css="tick")
    _line(svg, scale(0), 0, bottom, "fault")
    _text(svg, "text", "fault", x=scale(0), y=bottom + 29, css="tick faultword")


def _lane(svg: ET.Element, scale: _Scale, top: float, one: Outcome) -> None:
    lane = ET.SubElement(svg, "g")
    owner = top + _LEVELS * _LINE + 8
    beat = owner + _OWNER + _BEAT / 2 + 6
    _line(lane, 0, top, top, "lane", to=_WIDTH)
    _text(lane, "text", one.stack, x=6, y=top + 16, css="stack")
    _text(lane, "text", "address", x=6, y=owner + 18, css="what")
    _text(lane, "text", "requests", x=6, y=beat + 4, css="what")
    _silences(lane, scale, (owner + _OWNER + 3, beat + _BEAT / 2 + 3), one)
    for held in one.held:
        if held.first <= scale.last and held.last >= scale.first:
            _owner(lane, scale, owner, (held.director, held.first, held.last))
    most = max([pulse.answered for pulse in one.pulses] + [1])
    for pulse in one.pulses:
        if scale.first <= pulse.at <= scale.last:
            left = scale(pulse.at)
            wide = max(1.5, scale(pulse.at + _PULSE) - left - 1)
            tall = _BEAT / 2 * pulse.answered / most
            if pulse.answered:
                _box(lane, (left, beat - tall, wide, tall), "answered")
            if pulse.failed:
                low = max(4.0, _BEAT / 2 * min(1.0, pulse.failed / most))
                _box(lane, (left, beat + 1, wide, low), "failed")
    _marks(lane, scale, (top, owner), one.moments)


def _owner(
    lane: ET.Element, scale: _Scale, top: float, held: tuple[str, float, float]
) -> None:
    director, first, last = held
    left, wide = scale(first), max(1.5, scale(last) - scale(first))
    half = _OWNER / 2
    which, top = ("one", top) if director.endswith("1") else ("two", top + half)
    _box(lane, (left, top, wide, half), f"owner {which}")
    if wide > _LETTER * (len(director) + 1):
        _text(lane, "text", director, x=left + 5, y=top + half - 3, css="director")


def _silences(
    lane: ET.Element, scale: _Scale, at: tuple[float, float], one: Outcome
) -> None:
    """Draw the times without an answer to a short request."""
    top, bottom = at
    for load in one.loads:
        for first, last in load.silences if load.name == "short" else ():
            if first > scale.last:
                continue
            left, wide = scale(first), scale(last) - scale(first)
            _box(lane, (left, top, wide, bottom - top), "outage")
            said = f"{last - first:.1f} s"
            if wide > _LETTER * len(said) + 4:
                x, y = left + wide / 2, top + 12
                _text(lane, "text", said, x=x, y=y, css="tick outageword")


def _marks(
    lane: ET.Element,
    scale: _Scale,
    at: tuple[float, float],
    moments: Iterable[Moment],
) -> None:
    """Draw the moments, with their words on the first level where there is room."""
    top, bottom = at
    free = [0.0] * _LEVELS
    for moment in moments:
        if moment.kind not in _MARKED or not 0 <= moment.at <= scale.last:
            continue
        word = _word(moment)
        wide = _LETTER * len(word) + 10
        x = scale(moment.at)
        left = min(x + 3, _WIDTH - wide)
        level = next((n for n in range(_LEVELS) if free[n] <= left), None)
        # a mark without a word is at the address only, not across other words
        upper = bottom if level is None else top + _LINE * level + 5
        _line(lane, x, upper, bottom + _OWNER, f"m {moment.kind}")
        if level is not None:
            free[level] = left + wide
            y = top + _LINE * (level + 1)
            _text(lane, "text", word, x=left, y=y, css=f"mark {moment.kind}")


def _word(moment: Moment) -> str:
    word = _MARKED[moment.kind]
    if moment.kind == "step":
        word = moment.words
    if moment.kind in {"announced", "answered", "mended"}:
        return word
    return f"{moment.director} {word}".strip()


def _box(
    parent: ET.Element, at: tuple[float, float, float, float], css: str
) -> ET.Element:
    names = ("x", "y", "width", "height")
    numbers = {name: f"{value:.1f}" for name, value in zip(names, at, strict=True)}
    return ET.SubElement(parent, "rect", {**numbers, "class": css})


def _line(  # noqa: PLR0913, PLR0917 - both ends, and what it is
    parent: ET.Element, x: float, top: float, bottom: float, css: str, to: float = -1
) -> ET.Element:
    ends = {"x1": x, "x2": x if to < 0 else to, "y1": top, "y2": bottom}
    numbers = {name: f"{value:.1f}" for name, value in ends.items()}
    return ET.SubElement(parent, "line", {**numbers, "class": css})


def _text(  # noqa: PLR0913 - an element's own words
    parent: ET.Element,
    tag: str,
    said: str,
    *,
    x: float | None = None,
    y: float | None = None,
    css: str = "",
    id: str = "",  # noqa: A002 - what HTML calls it
) -> ET.Element:
    places = {name: f"{at:.1f}" for name, at in (("x", x), ("y", y)) if at is not None}
    names = {name: word for name, word in (("class", css), ("id", id)) if word}
    found = ET.SubElement(parent, tag, {**places, **names})
    found.text = said
    return found
