"""Builds the Debian package: ``python packaging/deb.py [DIRECTORY]``, default ``dist``.

The wheel is unpacked where Debian's Python looks for modules, ``lvsha install``
puts the rest in place, and dpkg-deb packs it. The same commit makes the same bytes.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
HERE: Final = ROOT / "packaging" / "debian"
SITE: Final = "/usr/lib/python3/dist-packages"
_SECONDS: Final = 900
_MAINTAINER: Final = "lvsha maintainers <maintainers@lvsha.example>"


def main() -> None:
    """Build it and print where it is."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist").absolute()
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lvsha-deb-") as folder:
        print(built(Path(folder), target))


def version() -> str:
    """Return the version of lvsha."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])


def sources() -> list[str]:
    """Return the files of the checkout that belong to it and are there."""
    listed = run(["git", "ls-files", "-z", "-co", "--exclude-standard"]).split("\0")
    return [name for name in listed if name and os.path.lexists(ROOT / name)]


def built(folder: Path, target: Path) -> Path:
    """Return the package made in *folder* and put into *target*."""
    number = version()
    epoch = int(run(["git", "log", "-1", "--format=%ct"]) or "0")
    root = folder / "root"
    _python(folder, root)
    _document(root / "usr/share/doc/lvsha", number, epoch)
    for page in sorted((root / "usr/share/man").rglob("*.[1-9]")):
        _zip(page)
    control = root / "DEBIAN"
    control.mkdir()
    for name in ("postinst", "prerm", "postrm"):
        shutil.copyfile(HERE / name, control / name)
        (control / name).chmod(0o755)
    files = [path for path in sorted(root.rglob("*")) if path.is_file()]
    files = [path for path in files if control not in path.parents]
    sums = [f"{_md5(path)}  {path.relative_to(root)}\n" for path in files]
    (control / "md5sums").write_text("".join(sums))
    fields = {
        "VERSION": number,
        "SIZE": str(sum(path.stat().st_size // 1024 + 1 for path in files)),
        "MAINTAINER": os.environ.get("DEBEMAIL", _MAINTAINER),
    }
    (control / "control").write_text(_filled(HERE / "control", fields))
    for path in (root, *root.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
        os.utime(path, (epoch, epoch), follow_symlinks=False)
    package = target / f"lvsha_{number}_all.deb"
    run(
        ["dpkg-deb", "--root-owner-group", "--build", str(root), str(package)],
        environment={"SOURCE_DATE_EPOCH": str(epoch)},
    )
    return package


def _python(folder: Path, root: Path) -> None:
    """Put the modules, and all that ``lvsha install`` knows, below *root*."""
    copy = folder / "sources"
    # Elsewhere, for a build directory may still hold what was deleted since.
    for name in sources():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name, follow_symlinks=False)
    words = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder)]
    run(words, cwd=copy)
    (wheel,) = folder.glob("*.whl")
    site = root / SITE.lstrip("/")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    for path in site.rglob("*"):
        program = path.is_dir() or path.read_bytes().startswith(b"#!")
        path.chmod(0o755 if program else 0o644)
    # Without its list of files pip leaves to dpkg what is dpkg's.
    for record in site.glob("*.dist-info/RECORD"):
        record.unlink()
        shutil.rmtree(record.parent / "licenses", ignore_errors=True)
        (record.parent / "INSTALLER").write_text("debian\n")
    words = [sys.executable, "-B", "-m", "lvsha", "install", "--destdir", str(root)]
    words += ["--interpreter", "/usr/bin/python3", "--site", SITE, "--no-record"]
    run(words, cwd=site)


def _document(directory: Path, number: str, epoch: int) -> None:
    directory.mkdir(parents=True)
    shutil.copyfile(HERE / "copyright", directory / "copyright")
    when = format_datetime(datetime.fromtimestamp(epoch, UTC))
    changelog = directory / "changelog"
    fields = {
        "VERSION": number,
        "MAINTAINER": os.environ.get("DEBEMAIL", _MAINTAINER),
        "DATE": when,
    }
    changelog.write_text(_filled(HERE / "changelog", fields))
    _zip(changelog)


def _filled(template: Path, fields: Mapping[str, str]) -> str:
    text = template.read_text()
    for name, value in fields.items():
        text = text.replace(f"@{name}@", value)
    return text


def _zip(path: Path) -> None:
    zipped = path.with_name(f"{path.name}.gz")
    with zipped.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(path.read_bytes())
    path.unlink()


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def run(
    argv: Sequence[str],
    *,
    cwd: Path = ROOT,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Return what *argv* printed; end the program with it when it failed."""
    done = subprocess.run(
        argv,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(argv)}: status {done.returncode}\n{done.stdout[-3000:]}")
    return done.stdout.strip()


if __name__ == "__main__":
    main()
