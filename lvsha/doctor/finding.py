"""What the doctor says: how bad, what it is, and the command that mends it. Pure."""

import enum
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lvsha.doctor.facts import Facts


class Severity(enum.Enum):
    """How bad a finding is. UNSEEN is no finding, but a question left open."""

    ERROR = "error"
    WARNING = "warning"
    UNSEEN = "unseen"


class Finding(NamedTuple):
    """One thing that is wrong; *mend* is what to run or write, or empty."""

    severity: Severity
    what: str
    mend: str = ""


class Check(NamedTuple):
    """One thing that is looked at."""

    name: str
    about: str
    judge: Callable[[Facts], Iterator[Finding]]


def error(what: str, mend: str = "") -> Finding:
    """Return what keeps it from working."""
    return Finding(Severity.ERROR, what, mend)


def warning(what: str, mend: str = "") -> Finding:
    """Return what will hurt one day."""
    return Finding(Severity.WARNING, what, mend)


def unseen(what: str, mend: str = "") -> Finding:
    """Return what could not be looked at."""
    return Finding(Severity.UNSEEN, what, mend)
