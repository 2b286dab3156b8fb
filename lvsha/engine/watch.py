"""Whether the configuration file changed on disk and its writer has finished."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lvsha.engine.lookout import MOMENT, Lookout

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

    def __init__(self, path: Path, content: bytes, seconds: float = MOMENT) -> None:
        """Watch *path*, of which *content* is in force; a look may take *seconds*."""
        self._patience = seconds
        self._path = path
        self._digest = digest(content)
        self._seen: _Look | None = None
        self._judged: _Look | None = None
        self._missed = 0
        self._lookout: Lookout[str] = Lookout("lvsha-watch")

    def changed(self) -> bool:
        """Look once; tell whether there is new, settled content. Each content once.

        While a look hangs, nothing has changed.
        """
        found = self._lookout.look(self._settled, self._patience)
        if not found:
            return False
        changed, self._digest = found != self._digest, found
        return changed

    def hangs(self) -> bool:
        """Tell, once each time, that the file system does not answer."""
        return self._lookout.hangs()

    def _settled(self) -> str:
        """Return the digest of settled content not looked at before, or nothing."""
        try:
            stat = self._path.stat()
            self._missed = 0
            look = _Look(stat.st_ino, stat.st_size, stat.st_mtime_ns)
            settled, self._seen = look == self._seen, look
            if not settled or look == self._judged:
                return ""
            self._judged = look
            return digest(self._path.read_bytes())
        except OSError:
            self._seen = self._judged = None
            self._missed += 1
            return ""

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
