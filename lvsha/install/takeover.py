"""Taking over ``/usr/sbin/ldirectord``: by which means, and the commands. Pure."""

import enum
from dataclasses import dataclass
from typing import Final

LDIRECTORD: Final = "/usr/sbin/ldirectord"
ASIDE: Final = "/usr/sbin/ldirectord.distrib"
# Where alternatives keep their own links.
ALTERNATIVES: Final = "/etc/alternatives/"


class Means(enum.Enum):
    """How the name becomes ours.

    DIVERT moves the other package's file aside, now and whenever it comes;
    ALTERNATIVE joins those that share the name; LINK is for a name nobody has.
    """

    DIVERT = "divert"
    ALTERNATIVE = "alternative"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the machine has: the two programs, and what is at the name.

    *there* is whether anything is; *link* where it leads, empty for no link.
    """

    diverts: bool
    alternatives: bool
    there: bool = False
    link: str = ""


def means(facts: Facts) -> Means | None:
    """Return how to take the name over, None where that cannot be undone safely."""
    if facts.link.startswith(ALTERNATIVES) and facts.alternatives:
        return Means.ALTERNATIVE
    if facts.diverts:
        return Means.DIVERT
    return None if facts.there else Means.LINK


def taking(how: Means, program: str, root: str) -> list[list[str]]:
    """Return the commands that make room for *program*, or put it there."""
    match how:
        case Means.DIVERT:
            return [[*_divert(root), "--divert", ASIDE, "--add", LDIRECTORD]]
        case Means.ALTERNATIVE:
            words = ["--install", LDIRECTORD, "ldirectord", program, "100"]
            return [
                [*_alternatives(root), *words],
                [*_alternatives(root), "--set", "ldirectord", program],
            ]
        case Means.LINK:
            return []


def giving(how: Means, program: str, root: str) -> list[list[str]]:
    """Return the commands that undo `taking`, when our link is gone."""
    match how:
        case Means.DIVERT:
            return [[*_divert(root), "--divert", ASIDE, "--remove", LDIRECTORD]]
        case Means.ALTERNATIVE:
            return [[*_alternatives(root), "--remove", "ldirectord", program]]
        case Means.LINK:
            return []


def _divert(root: str) -> list[str]:
    at = ["--root", root] if root else []
    return ["dpkg-divert", *at, "--local", "--rename", "--quiet"]


def _alternatives(root: str) -> list[str]:
    at = ["--root", root] if root else []
    return ["update-alternatives", *at, "--quiet"]
