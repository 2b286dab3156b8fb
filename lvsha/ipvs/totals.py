"""What the network namespace has counted as a whole: traffic, messages dropped."""

from collections.abc import Collection
from pathlib import Path
from typing import Final

from lvsha.ipvs.counters import Counters

_PROC: Final = Path("/proc/net")
# What a sync daemon listens on when it is not told otherwise: IP_VS_SYNC_PORT.
SYNC_PORT: Final = 8848

_COUNTED: Final = 5


def totals(text: str) -> Counters:
    """Return what ``ip_vs_stats`` says: totals, and rates a second; hexadecimal."""
    lines = [line.split() for line in text.splitlines()]
    rows = [
        [int(word, 16) for word in words]
        for words in lines
        if len(words) == _COUNTED and all(map(_hexadecimal, words))
    ]
    return Counters(*(number for row in rows[:2] for number in row))


def drops(text: str, ports: Collection[int]) -> int | None:
    """Return what ``/proc/net/udp`` says the listeners on *ports* have dropped.

    None when nobody listens: the kernel does not tell.
    """
    found = None
    for line in text.splitlines()[1:]:
        words = line.split()
        if int(words[1].rpartition(":")[2], 16) in ports:
            found = (found or 0) + int(words[-1])
    return found


def read() -> Counters:
    """Return the totals of the network namespace."""
    try:
        return totals((_PROC / "ip_vs_stats").read_text(encoding="ascii"))
    except FileNotFoundError:
        return Counters()


def read_drops(ports: Collection[int]) -> int | None:
    """Return how many sync messages were dropped for want of room."""
    found = []
    for name in ("udp", "udp6"):
        try:
            text = (_PROC / name).read_text(encoding="ascii")
        except FileNotFoundError:
            continue
        found.append(drops(text, ports))
    told = [one for one in found if one is not None]
    return sum(told) if told else None


def _hexadecimal(word: str) -> bool:
    return all(digit in "0123456789ABCDEFabcdef" for digit in word)
