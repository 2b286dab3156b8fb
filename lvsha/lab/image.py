"""The disk image and the kernel of the nodes: built once a recipe, kept in a cache."""

import fcntl
import os
import pwd
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lvsha.lab.build import build, missing_tools
from lvsha.lab.errors import ImageError
from lvsha.lab.recipe import BASE, DAEMONS, Recipe, key


@dataclass(frozen=True, slots=True)
class Image:
    """What nodes boot from; shared and only read."""

    disk: Path
    kernel: Path


def cache_folder() -> Path:
    """Return where images are kept: ``LVSHA_LAB_CACHE`` or the user's cache.

    Under ``sudo`` that is the cache of whoever called it.
    """
    if named := os.environ.get("LVSHA_LAB_CACHE"):
        return Path(named)
    if (caller := _caller()) is not None:
        return Path(caller.pw_dir) / ".cache" / "lvsha" / "lab"
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "lvsha" / "lab"


def find(recipe: Recipe = BASE, *, cache: Path | None = None) -> Image:
    """Return the image of *recipe*, which must have been built."""
    folder = (cache or cache_folder()) / key(recipe)
    image = _image(folder)
    if not image.disk.exists():
        option = " --daemons" if recipe == DAEMONS else ""
        raise ImageError(
            f"no lab image in {folder}: build it with 'lvsha lab build{option}'"
        )
    return image


def make(
    recipe: Recipe = BASE,
    *,
    cache: Path | None = None,
    progress: Callable[[str], None] = lambda _stage: None,
) -> Image:
    """Return the image of *recipe*; build it unless it is there.

    Two builders at once wait for each other; a build that fails leaves nothing.
    """
    cache = cache or cache_folder()
    folder = cache / key(recipe)
    cache.mkdir(parents=True, exist_ok=True)
    if _image(folder).disk.exists():
        return _image(folder)
    if os.geteuid() != 0:
        raise ImageError(
            "building the lab image needs root (running the lab does not): "
            "run 'lvsha lab build' with sudo"
        )
    if missing := missing_tools():
        raise ImageError(
            f"building the lab image needs {', '.join(missing)}: "
            f"run 'apt-get install {' '.join(sorted(set(missing.values())))}'"
        )
    with _locked(cache / f"{key(recipe)}.lock", progress):
        if not _image(folder).disk.exists():  # another builder may have been quicker
            work = Path(tempfile.mkdtemp(prefix=f".{key(recipe)}-", dir=cache))
            try:
                work.chmod(0o755)
                build(recipe, work, progress)
                work.rename(folder)
            finally:
                shutil.rmtree(work, ignore_errors=True)
                _hand_over(cache)
    return _image(folder)


def remove_others(*keep: Recipe, cache: Path | None = None) -> list[Path]:
    """Remove the images of all recipes but *keep* and what broken builds left."""
    removed = []
    kept = {key(recipe) for recipe in keep}
    cache = cache or cache_folder()
    for folder in sorted(cache.iterdir()) if cache.exists() else []:
        if folder.name in kept:
            continue
        if folder.is_dir():
            # a build holds the lock of its key: what it works on is not ours
            name = folder.name.removeprefix(".").partition("-")[0]
            with (cache / f"{name}.lock").open("w") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                shutil.rmtree(folder)
                Path(lock.name).unlink()
            removed.append(folder)
    return removed


def _caller() -> pwd.struct_passwd | None:
    """Return who called ``sudo``, if that is how we came to be root."""
    number = os.environ.get("SUDO_UID", "")
    if os.geteuid() != 0 or not number.isdecimal() or number == "0":
        return None
    try:
        return pwd.getpwuid(int(number))
    except KeyError:
        return None


def _hand_over(cache: Path) -> None:
    """Give what we made in the caller's home to the caller, who shall clean it, too."""
    caller = _caller()
    if caller is None or Path(caller.pw_dir) not in cache.parents:
        return
    for path in (cache.parent.parent, cache.parent, cache, *cache.rglob("*")):
        os.chown(path, caller.pw_uid, caller.pw_gid, follow_symlinks=False)


def _image(folder: Path) -> Image:
    return Image(folder / "root.ext4", folder / "linux")


@contextmanager
def _locked(file: Path, progress: Callable[[str], None]) -> Iterator[None]:
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another build")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
