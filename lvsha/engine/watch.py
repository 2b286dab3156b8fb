"""Whether the configuration file changed on disk and its writer has finished."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# An editor may take a moment to put the new file in the old one's place.
_LOST: Final = 2


@dataclass(frozen=True, slots=True)
class _Look:
    """What a file's inode says without reading it."""

    inode: int
    size: int
    changed: int


class Watch:
    """Compares a file with the content that is in force.

    A change counts only once two looks in a row see the same file: an editor
    that is still writing is left to finish.
    """

    def __init__(self, path: Path, content: bytes) -> None:
        """Watch *path*, of which *content* is in force."""
        self._path = path
        self._digest = digest(content)
        self._seen: _Look | None = None
        self._judged: _Look | None = None
        self._missed = 0

    def changed(self) -> bool:
        """Look once; tell whether there is new, settled content. Each content once."""
        try:
            stat = self._path.stat()
            self._missed = 0
            look = _Look(stat.st_ino, stat.st_size, stat.st_mtime_ns)
            settled, self._seen = look == self._seen, look
            if not settled or look == self._judged:
                return False
            self._judged = look
            found = digest(self._path.read_bytes())
        except OSError:
            self._seen = self._judged = None
            self._missed += 1
            return False
        changed, self._digest = found != self._digest, found
        return changed

    def lost(self) -> bool:
        """Tell, once each time, that the last two looks found no file."""
        lost = self._missed == _LOST
        self._missed += lost
        return lost

    def accepted(self, content: bytes) -> None:
        """Take *content* as what is in force."""
        self._digest = digest(content)


def digest(content: bytes) -> str:
    """Return the SHA-256 of *content* in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
