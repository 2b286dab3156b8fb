"""What this director has of a configuration, and its receipts on disk. Effects."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lvsha.csync2.places import Places, digest
from lvsha.csync2.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Holdings:
    """The files of *places* on the director *here*."""

    places: Places
    here: str

    def content(self, path: Path) -> bytes | None:
        """Return what is in *path*; None when there is no such file."""
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def digest(self, path: Path) -> str:
        """Return the digest of *path*, empty when there is no such file."""
        content = self.content(path)
        return "" if content is None else digest(content)

    def put(self, path: Path, content: bytes) -> None:
        """Have *content* in *path*, whole or not at all; its mode and owner stay."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        fresh = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            self._like(path, fresh)
            fresh.replace(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise

    def drop(self, path: Path) -> None:
        """Have no *path*."""
        path.unlink(missing_ok=True)

    def receipts(self) -> Mapping[str, Receipt]:
        """Return the receipts that are here, by director; broken ones are not."""
        found = {}
        pattern = f"{self.places.live.name}@*.json"
        for path in sorted(self.places.receipts.glob(pattern)):
            try:
                receipt = Receipt.loaded(path.read_bytes())
            except (OSError, ValueError):
                continue
            found[receipt.director] = receipt
        return found

    def _like(self, path: Path, fresh: Path) -> None:
        """Give *fresh* the mode and owner of *path*, or of the live file."""
        for known in (path, self.places.live):
            try:
                told = known.stat()
            except FileNotFoundError:
                continue
            fresh.chmod(told.st_mode & 0o7777)
            os.chown(fresh, told.st_uid, told.st_gid)
            return
        fresh.chmod(0o640)
