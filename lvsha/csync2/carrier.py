"""Files brought to other directors by csync2, one director at a time. Effects."""

import os
import socket
import subprocess
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lvsha.csync2.places import NAME
from lvsha.csync2.trouble import Kind, Trouble, troubles

PORT: Final = 30865
_REACH: Final = 3.0
_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Csync2:
    """Runs ``csync2`` on this director, which the group calls *here*.

    Every run has a deadline: csync2 itself waits minutes for a machine that does
    not answer.
    """

    here: str

    def send(self, paths: Sequence[Path], peer: str) -> tuple[Trouble, ...]:
        """Bring *paths* to *peer* as they are here, or take away what is not here."""
        if why := _unreachable(peer):
            return (Trouble(Kind.DOWN, peer, why),)
        return self._run(("-P", peer, "-vvv", "-x", *map(str, paths)), peer)

    def win(self, path: Path) -> tuple[Trouble, ...]:
        """Have this director's *path* win the conflict about it."""
        # Only what waits to be sent can be told to win, and a change found later
        # would make it wait anew.
        for verb in ("-c", "-m", "-f"):
            if found := self._run((verb, str(path)), ""):
                return found
        return ()

    def unsent(self) -> frozenset[tuple[str, str]]:
        """Return what waits to be sent, as pairs of peer and path.

        Raises OSError when csync2 does not tell.
        """
        try:
            done = self._ended(("-M",))
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"csync2 -M: no end within {_SECONDS:g} s") from error
        fields = (line.split("\t") for line in done.stdout.decode().splitlines())
        return frozenset((row[2], row[3]) for row in fields if len(row) == 4)  # noqa: PLR2004

    def _run(self, words: tuple[str, ...], peer: str) -> tuple[Trouble, ...]:
        try:
            done = self._ended(words)
        except subprocess.TimeoutExpired:
            return (Trouble(Kind.DOWN, peer, f"no end within {_SECONDS:g} s"),)
        except FileNotFoundError:
            return (Trouble(Kind.SETUP, "", "csync2 is not installed"),)
        said = (done.stdout + done.stderr).decode(errors="replace")
        return troubles(said, done.returncode)

    def _ended(self, words: tuple[str, ...]) -> subprocess.CompletedProcess[bytes]:
        path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
        return subprocess.run(
            ["csync2", "-C", NAME, "-N", self.here, *words],
            env=os.environ | {"PATH": path, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )


def _unreachable(peer: str) -> str:
    """Return why nobody takes files at *peer*, or nothing."""
    try:
        with closing(socket.create_connection((peer, PORT), timeout=_REACH)):
            return ""
    except OSError as error:
        return f"port {PORT}: {error.strerror or error}"
