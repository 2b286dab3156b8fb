"""Builds the RPM as far as this machine can: ``python packaging/rpm.py [DIRECTORY]``.

On SUSE it is built as the specification says. Elsewhere rpmbuild is told of this
machine's Python instead, and to ask for no build dependencies: what comes out
shows that the specification is whole, and is not for installing.
"""

import shutil
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

import deb

_SPECIFICATION: Final = deb.ROOT / "packaging" / "lvsha.spec"


def main() -> None:
    """Build it and print where it is."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else deb.ROOT / "dist").absolute()
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lvsha-rpm-") as folder:
        top = Path(folder)
        (top / "SOURCES").mkdir()
        _sources(top / "SOURCES" / f"lvsha-{deb.version()}.tar.gz", deb.version())
        options = ["--define", f"_topdir {top}"]
        if not Path("/etc/SUSE-brand").exists():
            options += ["--nodeps", "--define", "isolated 1"]
            options += ["--define", f"python {sys.executable}"]
            options += ["--define", "interpreter /usr/bin/python3"]
        deb.run(["rpmbuild", "-bb", *options, str(_SPECIFICATION)])
        for package in (top / "RPMS").rglob("*.rpm"):
            print(shutil.copy(package, target))


def _sources(place: Path, version: str) -> None:
    """Write the sources as they are in the checkout to *place*."""
    with tarfile.open(place, "w:gz") as archive:
        for name in deb.sources():
            archive.add(deb.ROOT / name, f"lvsha-{version}/{name}")


if __name__ == "__main__":
    main()
