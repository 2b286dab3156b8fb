"""Builds a recipe's disk image with Debian's own tools; needs root."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from lvsha.lab.errors import ImageError
from lvsha.lab.recipe import Recipe

_KERNEL = "user-mode-linux"
_TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "mkfs.ext4": "e2fsprogs",
    "dpkg": "dpkg",
    "apt-get": "apt",
}
_MINUTES = 15
"""The longest any one stage may take; a slow mirror needs most of it."""


def missing_tools() -> dict[str, str]:
    """Return the tools that are not there, each with its Debian package."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return {
        tool: package
        for tool, package in _TOOLS.items()
        if shutil.which(tool, path=path) is None
    }


def build(recipe: Recipe, folder: Path, progress: Callable[[str], None]) -> None:
    """Put ``root.ext4`` and ``linux`` of *recipe* into *folder*, and nothing else."""
    root = folder / "root"
    unpacked = folder / "kernel"
    progress("fetching the kernel")
    _run(["apt-get", "download", "-q", _KERNEL], cwd=folder, hint="apt-get update")
    (package,) = folder.glob(f"{_KERNEL}_*.deb")
    _run(["dpkg", "-x", str(package), str(unpacked)])
    progress(f"installing {len(recipe.packages)} packages and what they need")
    _run(_debootstrap(recipe, root))
    progress("copying the kernel's modules")
    _modules(recipe, unpacked, root)
    progress("configuring the system")
    _configure(recipe, root)
    progress("writing the disk")
    disk = folder / "root.ext4"
    with disk.open("wb") as file:
        file.truncate(_bytes(recipe.size))
    _run(
        ["mkfs.ext4", "-F", "-q", "-J", "size=8", "-d", str(root), str(disk)],
    )
    shutil.copy2(unpacked / "usr/bin/linux.uml", folder / "linux")
    package.unlink()
    shutil.rmtree(unpacked)
    shutil.rmtree(root)
    disk.chmod(0o444)


def _debootstrap(recipe: Recipe, root: Path) -> list[str]:
    excluded = [f"--dpkgopt=path-exclude={path}" for path in recipe.left_out]
    argv = [
        "mmdebstrap",
        "--mode=root",
        "--variant=apt",
        "--include=" + ",".join(recipe.packages),
        *excluded,
        recipe.suite,
        str(root),
    ]
    mirror = os.environ.get("LVSHA_LAB_MIRROR")
    return [*argv, mirror] if mirror else argv


def _modules(recipe: Recipe, unpacked: Path, root: Path) -> None:
    (source,) = (unpacked / "usr/lib/uml/modules").iterdir()
    target = root / "lib/modules" / source.name
    target.mkdir(parents=True)
    for listing in source.glob("modules.*"):
        shutil.copy2(listing, target)
    for part in recipe.modules:
        if (source / part).exists():
            shutil.copytree(source / part, target / part)
    _run(["chroot", str(root), "depmod", source.name])


def _configure(recipe: Recipe, root: Path) -> None:
    for path, file in recipe.files.items():
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_text(file.content)
        target.chmod(file.mode)
    for folder in recipe.folders:
        (root / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
    for verb, units in (
        ("enable", recipe.enabled),
        ("disable", recipe.disabled),
        ("mask", recipe.masked),
    ):
        for unit in units:
            # not every unit exists in every suite: one that is missing is not running
            strict = verb == "enable"
            _run(["chroot", str(root), "systemctl", "-q", verb, unit], strict=strict)


def _run(
    argv: Sequence[str], *, cwd: Path | None = None, strict: bool = True, hint: str = ""
) -> None:
    environment = os.environ | {
        "PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin",
        "LC_ALL": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_MINUTES * 60,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ImageError(f"{argv[0]} took more than {_MINUTES} minutes") from error
    if done.returncode and strict:
        said = done.stdout.decode(errors="replace").strip()[-2000:]
        advice = f" (did you run '{hint}'?)" if hint else ""
        raise ImageError(f"{argv[0]} failed with {done.returncode}{advice}: {said}")


def _bytes(size: str) -> int:
    return int(size[:-1]) << {"M": 20, "G": 30}[size[-1]]
