"""Files brought to other directors by ssh, where there is no csync2. Effects.

What csync2 leaves to its actions is done at once: the other director takes the
file, looks at it, and its receipt comes back on the same connection.
"""

import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lvsha.csync2.holdings import Holdings
from lvsha.csync2.receipt import Receipt
from lvsha.csync2.take import CONFLICT, What
from lvsha.csync2.trouble import Kind, Trouble

# A reload takes a minute at most, names being looked up.
_SECONDS: Final = 100.0
_SSH: Final = ("ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=3", "--")
# What ssh itself ends with, a shell that finds no lvsha, and an lvsha that is older.
_KINDS: Final = {
    255: Kind.DOWN,
    127: Kind.SETUP,
    2: Kind.SETUP,
    CONFLICT: Kind.CONFLICT,
    1: Kind.WRITE,
}


@dataclass(frozen=True, slots=True)
class Ssh:
    """Runs ``ssh`` as this user; *mine* overwrites what was edited elsewhere."""

    holdings: Holdings
    mine: bool = False

    def send(self, paths: Sequence[Path], peer: str) -> tuple[Trouble, ...]:
        """Bring *paths* to *peer* as they are here, or take away what is not here."""
        for path in paths:
            if trouble := self._sent(path, peer):
                return (trouble,)
        return ()

    def win(self, path: Path) -> tuple[Trouble, ...]:  # noqa: ARG002
        """Do nothing: each file is sent with the word that it wins."""
        return ()

    def unsent(self) -> frozenset[tuple[str, str]]:
        """Return nothing: what did not arrive was told when it was sent."""
        return frozenset()

    def _sent(self, path: Path, peer: str) -> Trouble | None:
        places = self.holdings.places
        names = {places.offer: What.OFFER, places.live: What.LIVE}
        what = names.get(path, What.RECEIPT)
        content = self.holdings.content(path)
        words = ["lvsha", "csync2", "take", what.value, str(places.live)]
        words += ["--as", self.holdings.here if what is What.RECEIPT else peer]
        words += ["--absent"] * (content is None) + ["--mine"] * self.mine
        try:
            done = subprocess.run(
                [*_SSH, peer, shlex.join(words)],
                input=content or b"",
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Trouble(Kind.DOWN, peer, f"no end within {_SECONDS:g} s")
        except FileNotFoundError:
            return Trouble(Kind.SETUP, "", "ssh is not installed")
        if done.returncode:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            said = lines[-1] if lines else f"ssh ended with {done.returncode}"
            return Trouble(_KINDS.get(done.returncode, Kind.OTHER), peer, said)
        if what is What.RECEIPT:
            return None
        return self._heard(done.stdout, peer)

    def _heard(self, said: bytes, peer: str) -> Trouble | None:
        try:
            receipt = Receipt.loaded(said)
        except ValueError as error:
            return Trouble(Kind.OTHER, peer, str(error))
        if receipt.director != peer:
            return Trouble(Kind.OTHER, peer, f"it answers as {receipt.director}")
        self.holdings.put(self.holdings.places.receipt(peer), receipt.dumped())
        return None
