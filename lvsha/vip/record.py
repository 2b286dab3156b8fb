"""What has to be known to undo: a JSON file below /run, replaced in one step."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_MODE = 0o640
_DIRECTORY_MODE = 0o750


def read(path: Path) -> dict[str, object] | None:
    """Return what *path* holds; None when there is nothing, or nothing readable.

    It does not survive a boot, and neither does what it tells of.
    """
    try:
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def write(path: Path, content: Mapping[str, object]) -> None:
    """Make *path* hold *content*, all of it or what it held before."""
    path.parent.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_text(json.dumps(content, indent=1) + "\n")
    new.chmod(_MODE)
    new.replace(path)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Be the only one who changes *path* until the end of the block."""
    path.parent.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
    lock = path.with_name(f".{path.name}.lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
