"""The files that come with the package, besides its modules."""

from pathlib import Path
from typing import Final

import lvsha

DIRECTORY: Final = Path(lvsha.__file__).parent / "shipped"


def shipped(directory: Path = DIRECTORY) -> dict[str, bytes]:
    """Return every file by its name below *directory*."""
    return dict(_files(directory, ""))


def _files(directory: Path, below: str) -> list[tuple[str, bytes]]:
    found = []
    # In a checkout these are links to directories, which a glob does not enter.
    for path in sorted(directory.iterdir()):
        name = f"{below}{path.name}"
        if path.is_dir() and path.name != "__pycache__":
            found += _files(path, f"{name}/")
        elif path.is_file():
            found.append((name, path.read_bytes()))
    return found
