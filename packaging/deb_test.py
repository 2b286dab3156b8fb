"""Installs the Debian package on a bare Debian 12 with apt alone, and removes it.

``python packaging/deb_test.py [PACKAGE]``, as root. Without PACKAGE it is built
first. The bare system is made once and kept beside the lab's images.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

import deb

sys.path.insert(0, str(deb.ROOT))
from lvsha import VERSION
from lvsha.lab.image import cache_folder

_SUITE: Final = "bookworm"
_NEEDED: Final = "python3-click python3-rich"
# What apt and dpkg keep about themselves.
_JOURNALS: Final = ("var/lib/dpkg/", "var/lib/apt/", "var/cache/", "var/log/")
_AGENTS: Final = "/usr/lib/ocf/resource.d/lvsha"


def main() -> None:
    """Test it; the status is 0 only when all of it was as it should be."""
    with tempfile.TemporaryDirectory(prefix="lvsha-deb-test-") as name:
        folder = Path(name)
        if len(sys.argv) > 1:
            package = Path(sys.argv[1])
        else:
            (folder / "build").mkdir()
            package = deb.built(folder / "build", folder)
        root = folder / "root"
        root.mkdir()
        deb.run(["tar", "-xf", str(_bare()), "-C", str(root)])
        shutil.copy(package, root / "tmp" / package.name)
        _examine(root, f"/tmp/{package.name}")  # noqa: S108 - the system's own


def _examine(root: Path, package: str) -> None:
    before = _files(root)
    # "tmp" came along with the package and stays.
    said = _apt(root, "install", package)
    told = f"lvsha, version {VERSION}"
    _expect(told in _in(root, "lvsha", "--version"), "lvsha --version tells it")
    _expect("ldirectord" in _in(root, "lvsha-ldirectord", "-h"), "its other name works")
    for agent in ("director", "vip", "syncd", "realserver"):
        answer = _in(
            root, "setpriv", "--reuid=nobody", f"{_AGENTS}/{agent}", "meta-data"
        )
        _expect(f'name="{agent}"' in answer, f"nobody may ask {agent} what it is")
    for page in ("lvsha.8", "ldirectord.cf.5", "ocf_lvsha_vip.7"):
        where = f"usr/share/man/man{page[-1]}/{page}.gz"
        _expect((root / where).exists(), f"there is a page {page}")
    conffiles = root / "var/lib/dpkg/info/lvsha.conffiles"
    _expect(not conffiles.exists(), "there are no conffiles")
    nothing = _in(root, "lvsha", "install", "--as-ldirectord")
    _expect("usr/sbin/ldirectord: was written" in nothing, "ldirectord is taken over")
    _expect(nothing.count("was written") == 1, "and nothing else is left to install")
    _apt(root, "install", "--reinstall", package)
    _expect(told in _in(root, "lvsha", "--version"), "it can be installed again")
    _apt(root, "purge", "lvsha")
    _apt(root, "autoremove", "--purge")
    left = sorted(_files(root) ^ before)
    _expect(not left, f"nothing is left of it, or gone: {left[:20]}")
    print(f"installed {said.count('Unpacking')} packages, removed without a trace")


def _expect(fact: bool, words: str) -> None:  # noqa: FBT001 - what to expect
    print(f"{'ok  ' if fact else 'FAIL'} {words}", flush=True)
    if not fact:
        sys.exit(1)


def _files(root: Path) -> set[str]:
    names = {str(path.relative_to(root)) for path in root.rglob("*")}
    return {name for name in names if not f"{name}/".startswith(_JOURNALS)}


def _bare() -> Path:
    """Return a tar file of a bare system, with the packages of ours for apt to use."""
    place = cache_folder() / f"{_SUITE}-bare-1.tar"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        new = place.with_name(f".{place.name.removesuffix('.tar')}-new.tar")
        fetch = (
            "APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get --yes --download-only install"
        )
        deb.run(
            [
                *("mmdebstrap", "--variant=minbase", "--skip=cleanup/apt"),
                f"--customize-hook={fetch} {_NEEDED}",
                *(_SUITE, str(new)),
            ]
        )
        new.rename(place)
    return place


def _apt(root: Path, *words: str) -> str:
    options = ["--yes", "--quiet", "--no-install-recommends"]
    return _in(root, "apt-get", *options, *words)


def _in(root: Path, *words: str) -> str:
    path = "/usr/sbin:/usr/bin:/sbin:/bin"
    variables = ["env", "-i", f"PATH={path}", "DEBIAN_FRONTEND=noninteractive"]
    return deb.run(["chroot", str(root), *variables, "LC_ALL=C.UTF-8", *words])


if __name__ == "__main__":
    main()
