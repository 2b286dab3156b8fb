"""What a director has on it, and what of that is too much. Pure."""

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

_PASSING: Final = re.compile(r"/ocf/resource\.d/.* (monitor|meta-data|validate-all)$")
"""What comes and goes by itself: Pacemaker looks again and again."""

_LINK_LOCAL: Final = "fe80:"
_NUMBERS: Final = re.compile(r"[0-9]{2,}")
DESCRIPTORS: Final = 8
"""How many more an engine may have open than at the start: a check is under way."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is on a director; process ids in names are left out."""

    things: Mapping[str, Counter[str]]
    descriptors: int = 0
    memory: int = 0


def inventory(said: bytes, own: Collection[str] = ()) -> Inventory:
    """Return what the program in the node has *said*, but not its *own* addresses."""
    words = json.loads(said)
    addresses = [
        one
        for one in words["addresses"]
        if one.split()[0] not in own and not one.startswith(_LINK_LOCAL)
    ]
    return Inventory(
        {
            "address": Counter(addresses),
            "row": Counter(words["rows"]),
            "sync daemon": Counter(words["daemons"]),
            "process": _plain(words["processes"]),
            "file": _plain(Counter(words["files"])),
        },
        int(words["descriptors"]),
        int(words["memory"]),
    )


def leaked(first: Inventory, now: Inventory) -> list[str]:
    """Return what is there *now* and was not at *first*, of the same part."""
    found = [
        f"{kind} {name}" + (f" ({count} more)" if count > 1 else "")
        for kind, things in now.things.items()
        for name, count in sorted((things - first.things[kind]).items())
    ]
    more = now.descriptors - first.descriptors
    if more > DESCRIPTORS:
        found.append(f"{more} more descriptors")
    return found


def missing(first: Inventory, now: Inventory) -> list[str]:
    """Return the addresses, rows, daemons and processes that are not there any more."""
    return [
        f"{kind} {name}"
        for kind, things in first.things.items()
        if kind != "file"
        for name in sorted(things - now.things[kind])
    ]


def _plain(names: Mapping[str, int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, times in names.items():
        if not _PASSING.search(name):
            found[_NUMBERS.sub("N", name)] += times
    return found
