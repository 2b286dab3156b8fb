"""Where the files of a configuration that directors share are. Pure."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

STATE: Final = Path("/var/lib/lvsha/csync2")
NAME: Final = "lvsha"
"""The name of our configuration of csync2 (``csync2 -C``)."""


def digest(content: bytes) -> str:
    """Return what names *content*: its SHA-256 in hexadecimal."""
    return sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class Places:
    """The files around *live*, the configuration that directors follow.

    *offer* is a proposal that everybody validates; *kept* is what this director
    last followed; *refused* is where an edit goes that was not accepted. *receipts*
    has one file a director, written by that director alone.
    """

    live: Path
    state: Path = STATE

    @property
    def offer(self) -> Path:
        """Return where a proposal is put."""
        return self.live.with_name(self.live.name + ".offer")

    @property
    def refused(self) -> Path:
        """Return where an edit is kept that was rolled back."""
        return self.live.with_name(self.live.name + ".refused")

    @property
    def kept(self) -> Path:
        """Return where the last active content is kept, on this director only."""
        return self.state / "kept" / self.live.name

    @property
    def receipts(self) -> Path:
        """Return the folder of the receipts."""
        return self.state / "receipts"

    def receipt(self, director: str) -> Path:
        """Return where *director* says what it has."""
        return self.receipts / f"{self.live.name}@{director}.json"
