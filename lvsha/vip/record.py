"""What has to be known to undo: a JSON file below /run, replaced in one step."""
# Importing pathlib takes longer than an action may.
# ruff: noqa: PTH101, PTH103, PTH105, PTH123

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_MODE = 0o640
_DIRECTORY_MODE = 0o750

Place = str | os.PathLike[str]


def read(path: Place) -> dict[str, object] | None:
    """Return what *path* holds; None when there is nothing, or nothing readable.

    It does not survive a boot, and neither does what it tells of.
    """
    try:
        with open(path, "rb") as file:
            content = json.loads(file.read())
    except (FileNotFoundError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def write(path: Place, content: Mapping[str, object]) -> None:
    """Make *path* hold *content*, all of it or what it held before."""
    new = _beside(path, str(os.getpid()))
    with open(new, "w", encoding="utf-8") as file:
        file.write(json.dumps(content, indent=1) + "\n")
    os.chmod(new, _MODE)
    os.replace(new, path)


@contextmanager
def held(path: Place) -> Iterator[None]:
    """Be the only one who changes *path* until the end of the block."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    descriptor = os.open(_beside(path, "lock"), flags, _MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _beside(path: Place, ending: str) -> str:
    """Return the name of a hidden file beside *path*, whose directory is there."""
    directory, name = os.path.split(path)
    os.makedirs(directory, mode=_DIRECTORY_MODE, exist_ok=True)
    return f"{directory}/.{name}.{ending}"
