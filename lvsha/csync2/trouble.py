"""What csync2's words mean, and what to do about it. Pure.

csync2 has one exit status for everything; the reason is in what it prints
with ``-vvv``.
"""

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


class Kind(enum.Enum):
    """What went wrong."""

    DOWN = "peer down"
    KEY = "wrong key"
    CERTIFICATE = "wrong certificate"
    CONFLICT = "conflict"
    LOCKED = "locked"
    SETUP = "not set up"
    WRITE = "cannot write"
    OTHER = "failed"


_ADVICE: Final = {
    Kind.DOWN: "start csync2.socket (or ssh) there, or push with --except {peer}",
    Kind.KEY: "another key: 'lvsha csync2 setup --join' there, with this one's bundle",
    Kind.CERTIFICATE: "its certificate is new here or there:"
    " 'lvsha csync2 setup --forget {peer}' if that is right",
    Kind.CONFLICT: "changed on both: look at both ('lvsha csync2 status'), then push"
    " with --mine from the director that is right",
    Kind.LOCKED: "csync2 is locked: remove csync2.lock when nobody needs it",
    Kind.SETUP: "run 'lvsha csync2 setup'",
    Kind.WRITE: "look at the disk of {peer}: full or read-only",
    Kind.OTHER: "",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that kept a file from *peer* (empty: from everybody)."""

    kind: Kind
    peer: str
    said: str

    def __str__(self) -> str:
        """Return it with what to do."""
        advice = _ADVICE[self.kind].format(peer=self.peer or "the peer")
        place = f"{self.peer}: " if self.peer else ""
        words = f"{place}{self.kind.value}: {self.said}"
        return f"{words} ({advice})" if advice else words


_PEER: Final = re.compile(r"Connecting to host (\S+)")
# The words of csync2 2.0, each met with the real one.
_SIGNS: Final = (
    (r"Connection to remote host .* failed", Kind.DOWN),
    (r"Peer> Permission denied!", Kind.KEY),
    (
        r"wrong SSL X509|Certificate is required|(SSL|Config) command failed",
        Kind.CERTIFICATE,
    ),
    (r"File is also marked dirty here", Kind.CONFLICT),
    (r"Found .*csync2\.lock", Kind.LOCKED),
    (r"I/O Error|Read-only file system|No space left|Can't create", Kind.WRITE),
    (r"not a member of any|Can not open config file", Kind.SETUP),
)
_KINDS: Final = tuple((re.compile(sign), kind) for sign, kind in _SIGNS)
_KEPT: Final = "stays in dirty state"


def troubles(said: str, status: int) -> tuple[Trouble, ...]:
    """Return what went wrong by what csync2 *said* and its exit *status*.

    A peer that cannot write leaves the status at 0: what counts is that the file
    stays dirty.
    """
    if status == 0 and _KEPT not in said:
        return ()
    found = tuple(dict.fromkeys(_found(said)))
    if found:
        return found
    # With -vvv it prints the key: only words that are known are passed on.
    return (Trouble(Kind.OTHER, "", f"csync2 ended with {status} and gave no reason"),)


def _found(said: str) -> Iterator[Trouble]:
    peer = ""
    for line in said.splitlines():
        if met := _PEER.search(line):
            peer = met[1]
        for sign, kind in _KINDS:
            if sign.search(line):
                yield Trouble(kind, peer, line.strip())
                break
