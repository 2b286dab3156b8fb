"""Makes a box for libvirt from the lab's own recipe; needs root, once.

``python3 -m lvsha.lab.vagrant.box FILE.box`` is for machines without a network, or
without KVM: everything is installed in it, so `role` has nothing to fetch, and QEMU
starts its kernel directly. The kernel must lie where QEMU's user can read it.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from lvsha.lab import image
from lvsha.lab.errors import ImageError, LabError
from lvsha.lab.recipe import BASE, File, Recipe

KERNELS: Final = Path("/var/lib/libvirt/images")
"""Where QEMU's user can read."""

_MINUTES: Final = 15
_NOT_THERE: Final = frozenset(
    {
        "/usr/lib/lvsha-lab/start",
        "/etc/systemd/system/lvsha-lab-agent.service",
        "/etc/sysctl.d/lab.conf",
    }
)
_INTERFACES: Final = (
    "auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet dhcp\n"
)
_VAGRANTFILE: Final = """\
Vagrant.configure("2") do |config|
  config.ssh.username = "root"
  config.ssh.insert_key = false
  config.vm.provider :libvirt do |libvirt|
    libvirt.kernel = "{folder}/lvsha-lab-linux"
    libvirt.initrd = "{folder}/lvsha-lab-initrd"
    libvirt.cmd_line = "root=/dev/vda rw console=ttyS0 net.ifnames=0"
  end
end
"""


def recipe(key: str) -> Recipe:
    """Return the lab's recipe with what a machine of Vagrant needs; *key* opens it."""
    files = {path: file for path, file in BASE.files.items() if path not in _NOT_THERE}
    return replace(
        BASE,
        packages=(
            *BASE.packages,
            "linux-image-cloud-amd64",
            "initramfs-tools",
            "udev",
            "ifupdown",
            "isc-dhcp-client",
            "openssh-server",
            "sudo",
            "rsync",
        ),
        files={
            **files,
            "/etc/network/interfaces": File(_INTERFACES),
            "/root/.ssh/authorized_keys": File(key, 0o600),
        },
        enabled=(),
        masked=(),
    )


def make(file: Path, key: str, kernels: Path, tell: Callable[[str], None]) -> None:
    """Make the box *file*, opened by *key*; its kernel and initrd go to *kernels*."""
    built = image.make(recipe(key), progress=tell)
    tell("taking out the kernel")
    names = _run(["debugfs", "-R", "ls -p /boot", str(built.disk)])
    for ours, theirs in (("linux", "vmlinuz"), ("initrd", "initrd.img")):
        found = re.search(rf"/({theirs}-[^/]+)/", names)
        if found is None:
            raise ImageError(f"{built.disk} has no {theirs}")
        target = kernels / f"lvsha-lab-{ours}"
        _run(["debugfs", "-R", f"dump /boot/{found[1]} {target}", str(built.disk)])
        target.chmod(0o644)
    tell("packing the box")
    with tempfile.TemporaryDirectory(dir=file.absolute().parent) as work:
        folder = Path(work)
        disk = folder / "box.img"
        convert = ["qemu-img", "convert", "-f", "raw", "-O", "qcow2"]
        _run([*convert, str(built.disk), str(disk)])
        size = int(recipe(key).size.removesuffix("G"))
        words = {"provider": "libvirt", "format": "qcow2", "virtual_size": size}
        (folder / "metadata.json").write_text(json.dumps(words))
        (folder / "Vagrantfile").write_text(_VAGRANTFILE.format(folder=kernels))
        with tarfile.open(folder / "new.box", "w") as box:
            for name in ("metadata.json", "Vagrantfile", "box.img"):
                box.add(folder / name, name)
        shutil.move(folder / "new.box", file)


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="lvsha.lab.vagrant.box")
    parser.add_argument("box", type=Path, help="file to write")
    parser.add_argument("--key", type=Path, required=True, help="public key of Vagrant")
    parser.add_argument("--kernels", type=Path, default=KERNELS)
    asked = parser.parse_args(words)
    try:
        make(asked.box, asked.key.read_text(), asked.kernels, _say)
    except (LabError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _run(argv: Sequence[str]) -> str:
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_MINUTES * 60,
            check=False,
        )
    except FileNotFoundError as error:
        raise ImageError(f"there is no {argv[0]}: install it") from error
    except subprocess.TimeoutExpired as error:
        raise ImageError(f"{argv[0]} took more than {_MINUTES} minutes") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[-1000:]
        raise ImageError(f"{argv[0]}: {said}")
    return done.stdout.decode(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
