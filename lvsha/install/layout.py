"""What is installed where, as values. Pure: bytes go in, wanted files come out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Final

from lvsha.install import texts
from lvsha.ocf.install import installed

PREFIX: Final = "/usr"
# Below the prefix: tells that a package knows the files.
PACKAGED: Final = "share/lvsha/packaged"

_DATA: Final = 0o644
_PROGRAM: Final = 0o755


@dataclass(frozen=True, slots=True)
class Place:
    """Where things go: below *prefix*, for *interpreter*, which has lvsha in *site*."""

    interpreter: str
    site: str
    prefix: str = PREFIX


@dataclass(frozen=True, slots=True)
class File:
    """A file that is wanted. *source* is what it is an exact copy of, or empty."""

    content: bytes
    mode: int = _DATA
    source: str = ""

    @property
    def mark(self) -> str:
        """What tells it from any other file."""
        return marked(self.content, self.mode)


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link that is wanted."""

    target: str

    @property
    def mark(self) -> str:
        """What tells it from any other file."""
        return f"link {self.target}"


Wanted = Mapping[str, File | Link]

# Which shipped files go to which directory below the prefix; the first that fits.
RULES: Final[tuple[tuple[str, str], ...]] = (
    ("ocf/", "lib/ocf/resource.d/lvsha/"),
    ("systemd/", "lib/systemd/system/"),
    ("crm-templates/scripts/", "share/crmsh/scripts/"),
    ("crm-templates/pcs/", "share/lvsha/pcs/"),
    ("crm-templates/lvs-", "share/crmsh/templates/lvs-"),
    ("csync2/", "share/lvsha/csync2/"),
)
# Where each shell looks for the completions of a program.
_COMPLETIONS: Final[Mapping[str, str]] = {
    "bash": "share/bash-completion/completions/lvsha",
    "zsh": "share/zsh/vendor-completions/_lvsha",
    "fish": "share/fish/vendor_completions.d/lvsha.fish",
}


def marked(content: bytes, mode: int) -> str:
    """Return the mark of a file with *content* and *mode*."""
    return f"{mode:04o} {sha256(content).hexdigest()}"


def target(shipped: str) -> str:
    """Return where *shipped* goes below the prefix, empty for nowhere."""
    if shipped.startswith("man/"):
        name = shipped.removeprefix("man/")
        return f"share/man/man{name.rpartition('.')[2]}/{name}"
    for start, directory in RULES:
        if shipped.startswith(start):
            return directory + shipped.removeprefix(start)
    return ""


def wanted(
    shipped: Mapping[str, bytes], completions: Mapping[str, str], place: Place
) -> dict[str, File | Link]:
    """Return every file by its full path.

    *shipped* is what comes with the package, by name; *completions* a script for
    each shell.
    """
    return dict(_files(shipped, completions, place))


def linked(files: Wanted, directory: str) -> dict[str, File | Link]:
    """Return *files* with links into *directory* for all that are exact copies."""
    return {
        path: Link(f"{directory}/{one.source}")
        if isinstance(one, File) and one.source
        else one
        for path, one in files.items()
    }


def _files(
    shipped: Mapping[str, bytes], completions: Mapping[str, str], place: Place
) -> Iterator[tuple[str, File | Link]]:
    prefix = place.prefix.rstrip("/")
    for name, content in shipped.items():
        if below := target(name):
            yield f"{prefix}/{below}", _shipped(name, content, place)
    for shell, script in completions.items():
        yield f"{prefix}/{_COMPLETIONS[shell]}", File(script.encode())
    for name, module in texts.PROGRAMS.items():
        text = texts.launcher(name, module, place.interpreter, place.site)
        yield f"{prefix}/sbin/{name}", File(text.encode(), _PROGRAM)
    yield f"{prefix}/lib/tmpfiles.d/lvsha.conf", File(texts.TMPFILES.encode())
    yield f"{prefix}/lib/modules-load.d/lvsha.conf", File(texts.MODULES.encode())
    yield f"{prefix}/lib/sysctl.d/60-lvsha.conf", File(texts.sysctls().encode())


def _shipped(name: str, content: bytes, place: Place) -> File:
    if name.startswith("ocf/"):
        text = installed(
            content.decode(), interpreter=place.interpreter, site=place.site
        )
        return File(text.encode(), _PROGRAM)
    if name.startswith("systemd/"):
        sbin = str(PurePosixPath(place.prefix) / "sbin")
        moved = content.replace(b"=/usr/sbin/", f"={sbin}/".encode())
        return File(moved, source=name if moved == content else "")
    program = content.startswith(b"#!")
    return File(content, _PROGRAM if program else _DATA, source=name)
