"""A tree of files below some root: looked at, written in one step, removed."""

import os
import stat
from pathlib import Path

from lvsha.install.layout import File, Link, marked
from lvsha.install.manifest import PATH, Manifest, parsed, rendered

_DIRECTORY: int = 0o755


class Disk:
    """The files below *root*, which is ``/`` or a package's tree."""

    def __init__(self, root: Path) -> None:
        """Touch nothing yet."""
        self._root = root

    def at(self, path: str) -> Path:
        """Return where *path* is."""
        return self._root / path.lstrip("/")

    def mark(self, path: str) -> str | None:
        """Return what tells the file at *path* from others, None for no file."""
        place = self.at(path)
        try:
            status = place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if stat.S_ISLNK(status.st_mode):
            return Link(str(place.readlink())).mark
        if stat.S_ISREG(status.st_mode):
            return marked(place.read_bytes(), stat.S_IMODE(status.st_mode))
        return "no file"

    def missing(self, path: str) -> list[str]:
        """Return the directories that *path* lacks, the outermost first."""
        above = [str(directory) for directory in Path(path).parents]
        return [one for one in reversed(above) if not self.at(one).is_dir()]

    def write(self, path: str, wanted: File | Link) -> None:
        """Have *wanted* at *path*, all of it or what was there before."""
        for directory in self.missing(path):
            self.at(directory).mkdir(exist_ok=True)
            self.at(directory).chmod(_DIRECTORY)
        place = self.at(path)
        new = place.with_name(f".{place.name}.{os.getpid()}")
        match wanted:
            case File(content, mode):
                new.write_bytes(content)
                new.chmod(mode)
            case Link(target):
                new.symlink_to(target)
        new.replace(place)

    def remove(self, path: str) -> None:
        """Remove the file at *path*."""
        self.at(path).unlink(missing_ok=True)

    def tidy(self, directory: str) -> bool:
        """Remove *directory* unless something is in it; tell whether it is gone."""
        try:
            self.at(directory).rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def recorded(self) -> Manifest:
        """Return what was installed here; raises Unreadable."""
        try:
            return parsed(self.at(PATH).read_text())
        except FileNotFoundError:
            return Manifest()

    def record(self, manifest: Manifest) -> None:
        """Keep *manifest*, or nothing when it is empty."""
        if manifest.empty:
            self.remove(PATH)
            self.tidy(str(Path(PATH).parent))
        else:
            self.write(PATH, File(rendered(manifest).encode()))
