"""simpletcp: say something, hang up half-way, look at what comes back line by line."""

from lvsha.checks.dialogue import (
    LINE,
    SILENCE,
    CheckFailed,
    Dialogue,
    Last,
    NoAnswer,
    Satisfied,
    called,
    quoted,
)
from lvsha.identity import Protocol
from lvsha.model import Check
from lvsha.pattern import compiled


def simpletcp(check: Check) -> Dialogue:
    r"""Check that one line of the answer matches.

    The request goes without its first character, the slash every request is
    given, and with a line feed for each ``\n``; an empty one is not sent. A
    datagram ends its last line.
    """
    call = called(check)
    words = check.request[1:].replace("\\n", "\n").encode("utf-8", "surrogateescape")
    pattern = compiled(check.receive)
    lines = 0
    rest = b""
    yield call
    try:
        heard = yield Last(words)
        while heard:
            rest += heard
            *whole, rest = rest.split(b"\n")
            if rest and call.transport is Protocol.UDP:
                whole.append(rest)
                rest = b""
            for line in whole:
                if pattern.search(line + b"\n"):
                    return Satisfied()
            lines += len(whole)
            if len(rest) > LINE:
                break
            heard = yield SILENCE
    except NoAnswer as silence:
        raise CheckFailed(f"{silence} ({_missing(check, lines)})") from silence
    if rest and pattern.search(rest):
        return Satisfied()
    raise CheckFailed(f"answer: {_missing(check, lines + bool(rest))}")


def _missing(check: Check, lines: int) -> str:
    if not lines:
        return "not a line heard"
    return f"none of {lines} lines matches {quoted(check.receive)}"
