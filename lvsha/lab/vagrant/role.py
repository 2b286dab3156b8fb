"""The program with which a machine of Vagrant takes its part in the lab; needs root.

``python3 -m lvsha.lab.vagrant.role NAME --topology warm …`` is called by the
Vagrantfile, ``--boot`` by the machine's own unit. Only the standard library.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from lvsha.lab.cluster.machines import CLIENT, DIRECTORS, VIP
from lvsha.lab.drill.machines import Step
from lvsha.lab.errors import LabError
from lvsha.lab.recipe import BASE
from lvsha.lab.vagrant import leap, roles
from lvsha.lab.vagrant.shape import NIC, Shape, from_json, unarmed

_SECONDS: Final = 120.0
_INSTALLED: Final = 1800.0
_TOGETHER: Final = 300.0
_LOOK: Final = 2.0
_POLICY: Final = Path("/usr/sbin/policy-rc.d")
_CRM: Final = "/run/lvsha-lab.crm"


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    asked = _arguments(words)
    try:
        if asked.boot:
            text = Path(roles.SETTINGS).read_text()
            Machine(str(json.loads(text)["name"]), from_json(text)).boot()
        else:
            shape = Shape(
                asked.topology, asked.method, asked.reals, asked.patience, asked.system
            )
            Machine(asked.name, shape).provision()
    except (LabError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


class Machine:
    """The machine this runs on, under its name in a lab of a shape."""

    def __init__(self, name: str, shape: Shape) -> None:
        """Be *name* in a lab of *shape*."""
        if name not in {spec.name for spec in shape.specs}:
            raise LabError(f"a lab with {shape.reals} real servers has no {name!r}")
        self.name = name
        self.shape = shape

    def provision(self) -> None:
        """Install, prepare and start everything; return when its part is done."""
        say(f"{self.name}: {self.shape.topology}, method {self.shape.method}")
        self._install()
        self._switch_off()
        self._do(roles.named(self.name, self.shape))
        self._do(roles.prepared(self.name, self.shape))
        if self.name in DIRECTORS:
            say(f"{self.name}: starting the cluster")
            self.run(self.shape.stack().formation.starting())
        # the second director is told everything when it has found the first
        if self.name == DIRECTORS[-1]:
            self._configure()
        if self.name == CLIENT:
            self._served()

    def boot(self) -> None:
        """Do what has to be done at every boot."""
        self._wait("connected", self._connected)
        self._do(roles.at_boot(self.name, self.shape))

    def run(
        self,
        argv: Sequence[str],
        given: str = "",
        *,
        check: bool = True,
        seconds: float = _SECONDS,
    ) -> str:
        """Run *argv*, return what it printed; raise `LabError` if it fails."""
        try:
            done = subprocess.run(
                argv,
                input=given.encode(),
                capture_output=True,
                timeout=seconds * self.shape.patience,
                check=False,
                cwd="/",
            )
        except subprocess.TimeoutExpired as error:
            raise LabError(f"{self.name}: {argv[0]} did not end in time") from error
        if check and done.returncode:
            said = (done.stderr or done.stdout).decode(errors="replace").strip()
            raise LabError(f"{self.name}: {' '.join(argv)}: {said[-2000:]}")
        return done.stdout.decode(errors="replace")

    def _do(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self.run(step.argv, step.given)

    def _install(self) -> None:
        """Install what the recipe names and this machine has not."""
        suse = self.shape.system == "leap15"
        wanted = leap.packages(BASE.packages) if suse else list(BASE.packages)
        query = ("rpm", "-q") if suse else ("dpkg-query", "-W", "-f", "${Status}")
        lacking = [name for name in wanted if not self._has(query, name, suse=suse)]
        if not lacking:
            return
        say(f"{self.name}: installing {' '.join(lacking)}")
        if suse:
            zypper = ("zypper", "--non-interactive", "install", "--no-recommends")
            self.run((*zypper, *lacking), seconds=_INSTALLED)
            return
        # nothing starts with the configuration that its package has
        _POLICY.write_text("#!/bin/sh\nexit 101\n")
        _POLICY.chmod(0o755)
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        try:
            self.run(("apt-get", "-q", "update"), seconds=_INSTALLED)
            argv = ("apt-get", "-q", "-y", "--no-install-recommends", "install")
            self.run((*argv, *lacking), seconds=_INSTALLED)
        finally:
            _POLICY.unlink()

    def _has(self, query: Sequence[str], name: str, *, suse: bool) -> bool:
        said = self.run((*query, name), check=False)
        return "not installed" not in said if suse else said.endswith(" installed")

    def _switch_off(self) -> None:
        """Have nothing run, now and at boot, that its package would start."""
        self.run(("systemctl", "stop", *BASE.disabled), check=False)
        # a service that has a script of the old kind, too, takes seconds to disable
        for unit in BASE.disabled:
            asked = ("systemctl", "is-enabled", unit)
            if self.run(asked, check=False).strip() == "enabled":
                self.run(("systemctl", "-q", "disable", unit), check=False)

    def _connected(self) -> bool:
        """Tell whether the lab's network is there; give it its name."""
        mac = self.shape.mac(self.name)
        for folder in Path("/sys/class/net").iterdir():
            if (folder / "address").read_text().strip() == mac:
                if folder.name != NIC:
                    self.run(("ip", "link", "set", folder.name, "down"))
                    self.run(("ip", "link", "set", folder.name, "name", NIC))
                return True
        return False

    def _configure(self) -> None:
        stack = self.shape.stack()
        formation, both = stack.formation, frozenset(DIRECTORS)

        def together() -> bool:
            said = self.run(formation.question()[0], check=False).encode()
            seen = formation.state({self.name: said})
            return seen is not None and formation.together(seen, both)

        self._wait("with the other director", together)
        say(f"{self.name}: telling the cluster what to run")
        Path(_CRM).write_text(unarmed(formation.configuration()))
        self.run(("crm", "-F", "configure", "load", "update", _CRM))

    def _served(self) -> None:
        argv = ("curl", "-s", "--max-time", "5", f"http://{VIP}/")
        self._wait("served", lambda: "server real" in self.run(argv, check=False))
        say(f"{self.name}: http://{VIP}/ answers")

    def _wait(self, what: str, seen: Callable[[], bool]) -> None:
        seconds = _TOGETHER * self.shape.patience
        until = time.monotonic() + seconds
        while not seen():
            if time.monotonic() > until:
                raise LabError(f"{self.name} is not {what} after {seconds:g} s")
            time.sleep(_LOOK)


def say(words: str) -> None:
    """Tell how it goes on."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lvsha.lab.vagrant.role")
    usual = Shape()
    parser.add_argument("name", nargs="?")
    parser.add_argument("--boot", action="store_true")
    parser.add_argument("--topology", default=usual.topology)
    parser.add_argument("--method", default=usual.method)
    parser.add_argument("--reals", type=int, default=usual.reals)
    parser.add_argument("--patience", type=int, default=usual.patience)
    parser.add_argument("--system", default=usual.system)
    found = parser.parse_args(words)
    if not found.boot and not found.name:
        parser.error("which machine?")
    return found


if __name__ == "__main__":
    sys.exit(main())
