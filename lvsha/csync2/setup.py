"""What csync2 needs on a director: key, certificate, configuration, socket. Effects.

The certificate's subject is the same everywhere: GnuTLS lets a client present only
a certificate whose issuer the server names, and csync2 names its own.
"""

import io
import os
import sqlite3
import subprocess
import tarfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lvsha.csync2.fragment import Group, plain, read, text
from lvsha.csync2.places import NAME

_SECONDS: Final = 60.0
_SUBJECT: Final = "/CN=csync2"
_LONGEST: Final = 1 << 20


class SetupFailed(Exception):
    """A step of the set-up failed; the message says which and why."""


@dataclass(frozen=True, slots=True)
class System:
    """Where csync2 was built to look: *folder* has its files, *data* its database."""

    folder: Path
    data: Path = Path("/var/lib/csync2")

    @property
    def configuration(self) -> Path:
        """Return our configuration of csync2."""
        return self.folder / f"csync2_{NAME}.cfg"

    @property
    def key(self) -> Path:
        """Return the key all directors share."""
        return self.folder / f"csync2_{NAME}.key"

    @property
    def certificate(self) -> tuple[Path, Path]:
        """Return this machine's private key and certificate."""
        stem = self.folder / "csync2_ssl"
        return Path(f"{stem}_key.pem"), Path(f"{stem}_cert.pem")

    def group(self) -> Group:
        """Return the group that was set up here.

        Raises SetupFailed when none was; BadGroup when the file is not ours.
        """
        try:
            return read(self.configuration.read_text())
        except FileNotFoundError as error:
            raise SetupFailed(
                f"no {self.configuration}: run 'lvsha csync2 setup'"
            ) from error


def system(root: Path = Path("/")) -> System:
    """Return csync2's places on this machine: SUSE has a folder of its own for them."""
    own = root / "etc/csync2"
    return System(own if own.is_dir() else root / "etc", root / "var/lib/csync2")


def prepare(
    on: System, group: Group, program: str, tell: Callable[[str], None]
) -> None:
    """Make everything that is missing on *on* for *group*; keep what is there.

    Raises SetupFailed.
    """
    for folder in (group.places.receipts, group.places.kept.parent, on.data):
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    if not on.key.exists():
        tell(f"making the key {on.key}")
        _run("csync2", "-k", str(on.key))
    _certificate(on, tell)
    put_secret(on.configuration, text(group, on.key, program).encode(), 0o644)
    tell(f"wrote {on.configuration}")
    if Path("/run/systemd/system").is_dir():
        _run("systemctl", "enable", "--now", "csync2.socket")
        tell("csync2.socket is enabled")


def agree(on: System, group: Group, tell: Callable[[str], None]) -> None:
    """Write on *on* who shares what; for directors without csync2."""
    for folder in (group.places.receipts, group.places.kept.parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    put_secret(on.configuration, plain(group).encode(), 0o644)
    tell(f"wrote {on.configuration}")


def bundle(on: System) -> bytes:
    """Return all that another director needs to join: configuration and key, a tar."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path in (on.configuration, on.key):
            content = path.read_bytes()
            entry = tarfile.TarInfo(path.name)
            entry.size, entry.mode = len(content), 0o600
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def joined(on: System, packed: bytes) -> Group:
    """Put the key of a bundle in place; return the group it is for.

    It takes the place of one that is there. Raises SetupFailed when it is no bundle.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:") as tar:
            configuration, key = (
                _member(tar, path.name) for path in (on.configuration, on.key)
            )
    except (tarfile.TarError, KeyError) as error:
        raise SetupFailed("not a bundle of 'lvsha csync2 setup --bundle'") from error
    put_secret(on.key, key)
    return read(configuration.decode())


def forget(on: System, peer: str, here: str) -> None:
    """Trust whatever certificate *peer* shows next."""
    database = on.data / f"{here}_{NAME}.db3"
    if not database.exists():
        return
    with closing(sqlite3.connect(database, timeout=10)) as base, base:
        base.execute("DELETE FROM x509_cert WHERE peername = ?", (peer,))


def _certificate(on: System, tell: Callable[[str], None]) -> None:
    key, certificate = on.certificate
    if key.exists() and certificate.exists():
        return
    tell(f"making the certificate {certificate}")
    request = ("-x509", "-newkey", "rsa:2048", "-nodes", "-days", "7300")
    files = ("-keyout", str(key), "-out", str(certificate))
    before = os.umask(0o077)
    try:
        _run("openssl", "req", *request, "-subj", _SUBJECT, *files)
    finally:
        os.umask(before)


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    entry = tar.getmember(name)
    file = tar.extractfile(entry)
    if file is None or entry.size > _LONGEST:
        raise KeyError(name)
    return file.read()


def put_secret(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Have *content* in *path*, with *mode* from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    fresh.replace(path)


def _run(*argv: str) -> None:
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    try:
        done = subprocess.run(
            argv,
            env=os.environ | {"PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise SetupFailed(f"{argv[0]}: {error}") from error
    if done.returncode:
        words = (done.stderr + done.stdout).decode(errors="replace").strip()
        raise SetupFailed(f"{' '.join(argv)}: {words or done.returncode}")
