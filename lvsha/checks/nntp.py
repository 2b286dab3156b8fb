"""NNTP, RFC 3977: the greeting tells all."""

from lvsha.checks.dialogue import SILENCE, Dialogue, Satisfied, called, insist
from lvsha.model import Check


def nntp(check: Check) -> Dialogue:
    """Check that the real server greets with a code that begins with 2."""
    yield called(check)
    insist((yield SILENCE), b"2", at="greeting")
    return Satisfied(farewell=b"QUIT\r\n")
