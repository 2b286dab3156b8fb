"""What may be shown of a check: the dialogue without its secrets, and how long it took.

Pure. A :class:`lvsha.model.Transcript` is cheap to write and not to be shown;
what is told here is made of one when somebody asks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from lvsha.masking import (
    Span,
    blot,
    blot_for,
    concealed,
    from_base64,
    remnants,
    secrets,
    spans,
)
from lvsha.model import (
    CALLED,
    CONNECTED,
    HEARD,
    RESOLVED,
    SAID,
    SEALED,
    Moment,
    Transcript,
    Verdict,
)

# What a phase is called that ended with this; the last one ends with the check.
_ENDED_BY: Final[Mapping[str, str]] = {
    RESOLVED: "resolve",
    CONNECTED: "connect",
    SEALED: "tls",
    HEARD: "first_byte",
}
PHASES: Final = (*_ENDED_BY.values(), "whole")

_HIDDEN: Final = "(not shown)"

# A digest is not shorter; a name may be.
_PROOF: Final = 16


@dataclass(frozen=True, slots=True)
class Turn:
    """What happened *after* so many seconds: *kind* is one of the model's words.

    *words* are what was said or heard, as text with its line ends, or what the
    moment was about. *cut* tells that there was more of them.
    """

    kind: str
    after: float
    words: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a check came to its verdict.

    *phases* are seconds by name, of :data:`PHASES` those there were; those of
    several calls are added up. *more* is how many bytes are left out. *ends* is
    when the peer's certificate does, in seconds since 1970.
    """

    phases: Mapping[str, float]
    turns: tuple[Turn, ...] = ()
    more: int = 0
    ends: float | None = None


def evidence(verdict: Verdict) -> Evidence:
    """Return what may be shown of how *verdict* came about."""
    transcript = verdict.transcript
    if transcript is None:
        return Evidence({"whole": verdict.seconds})
    return Evidence(
        _phases(transcript) | {"whole": verdict.seconds},
        tuple(_turns(transcript)),
        transcript.more,
        transcript.ends,
    )


def as_json(found: Evidence) -> dict[str, object]:
    """Return *found* as ``status --json`` and ``probe --json`` show it."""
    return {
        "phases": {name: round(each, 6) for name, each in found.phases.items()},
        "dialogue": [
            {
                "after": round(turn.after, 6),
                turn.kind: turn.words,
                **({"cut": True} if turn.cut else {}),
            }
            for turn in found.turns
        ],
        "more_bytes": found.more,
        "certificate_ends": None if found.ends is None else moment(found.ends),
    }


def moment(seconds: float) -> str:
    """Return a time of the calendar's clock as text, in UTC."""
    try:
        when = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError):
        return "never"
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _phases(transcript: Transcript) -> dict[str, float]:
    """Return how long each phase took that came to its end."""
    found: dict[str, float] = {}
    before = transcript.began
    unheard = True
    for kind, at, _ in transcript.moments:
        name = _ENDED_BY.get(kind)
        if name and (unheard or kind != HEARD):
            found[name] = found.get(name, 0.0) + at - before
        if kind in (CALLED, HEARD):
            unheard = kind == CALLED
        before = at
    return found


def _turns(transcript: Transcript) -> Iterator[Turn]:
    """Return what happened, in order, without the secrets of the check."""
    hidden = (*secrets(transcript.check), *_proofs(transcript))
    mark = blot_for(hidden)
    moments = transcript.moments
    shown = {
        kind: _told(moments, kind, hidden, mark, cut=bool(transcript.more))
        for kind in (SAID, HEARD)
    }
    last = len(moments) - 1
    for index, (kind, at, about) in enumerate(moments):
        after = at - transcript.began
        if kind in shown:
            cut = index == last and bool(transcript.more)
            yield Turn(kind, after, next(shown[kind]), cut)
        else:
            said = "" if about is None else str(about)
            yield Turn(kind, after, concealed(said, hidden))


def _proofs(transcript: Transcript) -> Iterator[str]:
    """Return what in the words that are not to be shown a peer might repeat."""
    for kind, _, words in transcript.moments:
        if kind == SAID and isinstance(words, bytes) and type(words) is not bytes:
            for word in words.split():
                for clear in (word, *from_base64(word)):
                    for piece in clear.split():
                        if len(piece) >= _PROOF:
                            yield piece.decode("utf-8", "surrogateescape")


def _told(
    moments: Sequence[Moment],
    kind: str,
    hidden: Sequence[str],
    mark: bytes,
    *,
    cut: bool,
) -> Iterator[str]:
    """Return the words of this *kind*, one after the other.

    They are looked through as one: a secret may come in two pieces.
    """
    pieces = [words for each, _, words in moments if each == kind]
    plain = [words if type(words) is bytes else b"" for words in pieces]
    whole = b"".join(plain)
    found: list[Span] = spans(whole, hidden)
    if cut:
        found += remnants(whole, hidden)
    offset = 0
    for words, own in zip(pieces, plain, strict=True):
        if type(words) is bytes:
            told = blot(own, found, mark, offset).decode("utf-8", "backslashreplace")
            yield _again(told, hidden, mark)
        else:
            yield _HIDDEN
        offset += len(own)


def _again(told: str, hidden: Sequence[str], mark: bytes) -> str:
    """Return *told* without a secret that only came about by writing it down."""
    for secret in hidden:
        while secret in told:
            told = told.replace(secret, mark.decode())
    return told
