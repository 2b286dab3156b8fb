"""One director among several on a machine: its name, its directory, its locks.

*Running* means that the lock is held, never that some process has a
plausible name or that a file holds a number.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lvsha.lock import holder, pid, take

RUN_DIRECTORY: Final = Path("/run/lvsha")
PID_DIRECTORY: Final = Path("/var/run")

# ldirectord's own search path and its name for the file nobody had to name.
SEARCH: Final = (Path("/etc/ha.d"), Path("/etc/ha.d/conf"))
DEFAULT_FILE: Final = SEARCH[0] / "ldirectord.cf"
DEFAULT_NAME: Final = "ldirectord"


class Busy(Exception):
    """Somebody else holds the lock; *pid* is who, 0 when that is not known yet."""

    def __init__(self, what: str, pid: int) -> None:
        """Remember *what* is taken, and by whom."""
        super().__init__(f"{what} is already run by pid {pid or 'unknown'}")
        self.pid = pid


@dataclass(frozen=True, slots=True)
class Instance:
    """A director's name and the places that belong to it."""

    name: str
    rundir: Path

    @property
    def directory(self) -> Path:
        """The directory all of it is in."""
        return self.rundir / self.name

    @property
    def lock(self) -> Path:
        """The file that is locked for the director's life; it holds the pid."""
        return self.directory / "lock"

    @property
    def control(self) -> Path:
        """The control socket."""
        return self.directory / "control"

    @property
    def owned(self) -> Path:
        """The rows of the table that are ours."""
        return self.directory / "owned.json"

    @property
    def state(self) -> Path:
        """What the operator said at run time."""
        return self.directory / "state.json"

    def running(self) -> bool:
        """Tell whether a director holds this instance."""
        return self.holder() is not None

    def holder(self) -> int | None:
        """Return the pid that holds this instance, 0 when unknown, None without."""
        return holder(self.lock)

    @contextlib.contextmanager
    def held(self, configuration: Path) -> Iterator[None]:
        """Hold this instance and *configuration* until the end of the block.

        Raises :class:`Busy` when another director has either: two directors
        never drive one file, whatever they were called (symbolic links
        included). The locks are inherited over a fork and die with the last
        process that has them, however it dies.
        """
        self.directory.mkdir(mode=0o750, parents=True, exist_ok=True)
        with (
            _locked(self.lock, f"instance '{self.name}'"),
            _locked(self._file_lock(configuration), f"configuration '{configuration}'"),
        ):
            yield

    def stamp(self, configuration: Path) -> None:
        """Write our pid into the locks we hold: after a fork it is another."""
        for path in (self.lock, self._file_lock(configuration)):
            path.write_text(f"{os.getpid()}\n")

    def _file_lock(self, configuration: Path) -> Path:
        real = str(configuration.resolve())
        digest = hashlib.sha256(os.fsencode(real)).hexdigest()[:32]
        return self.rundir / f".file-{digest}.lock"


def run_directory(chosen: Path | None = None) -> Path:
    """Return the directory of all instances: *chosen* or ``LVSHA_RUNDIR`` first."""
    if chosen is not None:
        return chosen.absolute()
    return Path(os.environ.get("LVSHA_RUNDIR") or RUN_DIRECTORY).absolute()


def found(configuration: str | None) -> Path:
    """Return the absolute path ldirectord would read for *configuration*.

    Raises FileNotFoundError when there is none.
    """
    if configuration is None:
        candidates = [DEFAULT_FILE]
    else:
        # An absolute name is looked for below the directories, too; joining
        # paths would throw them away.
        below = configuration.lstrip("/")
        candidates = [directory / below for directory in SEARCH]
        candidates.append(Path(configuration))
    for path in candidates:
        if path.is_file():
            return path.absolute()
    raise FileNotFoundError(f"cannot find configuration file '{candidates[-1]}'")


def name_of(configuration: str | None) -> str:
    """Return the instance name for *configuration* as it was given."""
    return DEFAULT_NAME if configuration is None else Path(configuration).name


@dataclass(frozen=True, slots=True)
class PidFile:
    """The file init scripts and monitors read; nothing of ours believes it."""

    path: Path

    @classmethod
    def of(cls, instance: str) -> "PidFile":
        """Return ldirectord's pid file for *instance*; ``LVSHA_PIDDIR`` moves it."""
        directory = Path(os.environ.get("LVSHA_PIDDIR") or PID_DIRECTORY)
        return cls(directory / f"ldirectord.{instance}.pid")

    def write(self) -> None:
        """Write our pid, in one step."""
        new = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        new.write_text(f"{os.getpid()}\n")
        new.replace(self.path)

    def read(self) -> int | None:
        """Return the pid in it; None without file or number."""
        try:
            return int(self.path.read_text())
        except (FileNotFoundError, ValueError):
            return None

    def remove(self) -> None:
        """Remove it if it is ours."""
        if self.read() == os.getpid():
            self.path.unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(path: Path, what: str) -> Iterator[None]:
    descriptor = _current(path, what)
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        # The file stays when the lock goes. Whoever removes it holds the lock,
        # and whoever waited for that lock finds out and opens the new one.
        yield
    finally:
        os.close(descriptor)


def _current(path: Path, what: str) -> int:
    """Return a descriptor of the file at *path*, locked; that file is there."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    while True:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        descriptor = os.open(path, flags, 0o640)
        try:
            take(descriptor)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), path.stat()):
                    return descriptor
        except BlockingIOError:
            number = pid(descriptor)
            os.close(descriptor)
            raise Busy(what, number) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
