"""The agent of a real server: a line of words about how much work it wants.

What the words mean is for :mod:`lvsha.advice`.
"""

from typing import Final

from lvsha.checks.dialogue import (
    SILENCE,
    CheckFailed,
    Dialogue,
    NoAnswer,
    Satisfied,
    called,
    quoted,
)
from lvsha.model import Check

# HAProxy's documentation wants the words in the first packet.
_LONGEST: Final = 1024


def agent(check: Check) -> Dialogue:
    r"""Return the agent's line as the detail; its end may be the connection's.

    The request is said first, with a line feed for each ``\n``; most agents speak
    without being asked.
    """
    words = check.request.replace("\\n", "\n").encode("utf-8", "surrogateescape")
    heard = b""
    yield called(check)
    try:
        chunk = yield words or SILENCE
        while chunk:
            heard += chunk
            if b"\n" in heard or len(heard) > _LONGEST:
                break
            chunk = yield SILENCE
    except NoAnswer as silence:
        if not heard.strip():
            raise CheckFailed(f"agent: {silence}") from silence
    line = heard.strip().partition(b"\n")[0].strip()
    if not line or len(line) > _LONGEST:
        raise CheckFailed(f"agent: no line of words, got {quoted(heard)}")
    return Satisfied(line.decode("utf-8", "backslashreplace"))
