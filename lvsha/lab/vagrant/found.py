"""Finds the lab that ``vagrant up`` has made: its machines, how to reach them."""

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lvsha.lab.errors import DeadlineExpired, LabError
from lvsha.lab.lab import CHECKOUT
from lvsha.lab.vagrant.power import Power, power
from lvsha.lab.vagrant.roles import SETTINGS
from lvsha.lab.vagrant.shape import Shape, from_json

_VAGRANT: Final = 300.0  # it starts a Ruby, and asks every machine
_SSH: Final = 60.0
SSH: Final = (
    *("ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15"),
    # a machine that is frozen for a while is not gone
    *("-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=18"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A lab of Vagrant: its shape, ssh's configuration, the switch of each machine."""

    shape: Shape
    ssh_config: str
    powers: Mapping[str, Power]


def folder() -> Path:
    """Return where the Vagrantfile is: ``VAGRANT_CWD`` or the checkout's."""
    return Path(os.environ.get("VAGRANT_CWD") or CHECKOUT / "vagrant")


def find(place: Path) -> Found:
    """Return the lab whose Vagrantfile is in *place*; all its machines must run."""
    said = told(("vagrant", "ssh-config"), seconds=_VAGRANT, cwd=place)
    config = ssh_config(said)
    hosts = hosts_of(config)
    if not hosts:
        raise LabError(f"no machine of {place} runs: run 'vagrant up' there")
    text = _settings(hosts[0], config)
    shape = from_json(text)
    powers = {name: power(*which) for name, which in machines(place).items()}
    wanted = [spec.name for spec in shape.specs]
    if missing := [name for name in wanted if name not in hosts or name not in powers]:
        raise LabError(
            f"machines are missing: {', '.join(missing)}: run 'vagrant up' in {place}"
        )
    return Found(shape, config, powers)


def ssh_config(said: str) -> str:
    """Return the part of what ``vagrant ssh-config`` *said* that is ssh's."""
    start = re.search(r"^Host ", said, re.MULTILINE)
    return said[start.start() :] if start else ""


def hosts_of(config: str) -> list[str]:
    """Return the machines that *config* has an entry for, in its order."""
    return re.findall(r"^Host (\S+)$", config, re.MULTILINE)


def machines(place: Path) -> dict[str, tuple[str, str]]:
    """Return the provider and the id of each machine that Vagrant keeps in *place*."""
    home = place / (os.environ.get("VAGRANT_DOTFILE_PATH") or ".vagrant")
    found = {}
    for file in sorted(home.glob("machines/*/*/id")):
        if words := file.read_text().strip():
            found[file.parent.parent.name] = (file.parent.name, words)
    return found


def told(argv: Sequence[str], *, seconds: float, cwd: Path | None = None) -> str:
    """Return what the host's command *argv* prints; raise `LabError` if it fails."""
    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError as error:
        raise LabError(f"there is no {argv[0]}: install it") from error
    except subprocess.TimeoutExpired as error:
        raise DeadlineExpired(
            f"{' '.join(argv)} did not end within {seconds:g} s"
        ) from error
    if done.returncode:
        words = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise LabError(f"{' '.join(argv)}: {words[-1000:]}")
    return done.stdout.decode(errors="replace")


def _settings(host: str, config: str) -> str:
    """Return what *host* knows of itself."""
    with tempfile.NamedTemporaryFile("w", prefix="lvsha-ssh-") as file:
        file.write(config)
        file.flush()
        argv = (*SSH, "-F", file.name, host, f"cat {SETTINGS}")
        return told(argv, seconds=_SSH)
