"""The agents as Pacemaker calls them, and what they leave on a node."""

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lvsha.lab.lab import CHECKOUT
from lvsha.ocf.install import installed
from lvsha.ocf.protocol import Exit
from tests.kernel.link import ip

OK, STOPPED = Exit.SUCCESS, Exit.NOT_RUNNING
PROMOTED, BROKEN = Exit.RUNNING_PROMOTED, Exit.FAILED_PROMOTED
VIPS = "192.0.2.10, 2001:db8::10"
_PATIENCE = 60.0


@dataclass
class Agent:
    """One resource on one node, and what the cluster was told."""

    directory: Path
    type: str
    given: dict[str, str]
    reason: str = ""
    seen: list[str] = field(default_factory=list)

    def __call__(self, action: str, level: str = "0", **more: str) -> Exit:
        """Call it with its environment alone; keep the last reason."""
        place = self.directory / self.type
        if not place.exists():
            text = (CHECKOUT / "agents" / "ocf" / self.type).read_text()
            text = installed(text, interpreter="/usr/bin/python3", site=str(CHECKOUT))
            place.write_text(text)
            place.chmod(0o755)
        environment = {
            "LVSHA_RUNDIR": str(self.directory / "run"),
            "OCF_ROOT": "/usr/lib/ocf",
            "OCF_RESOURCE_INSTANCE": "vip",
            "OCF_CHECK_LEVEL": level,
            "OCF_RESKEY_CRM_meta_timeout": "20000",
            "TOLD": str(self.directory / "told"),
        }
        given = self.given | more
        environment |= {f"OCF_RESKEY_{name}": word for name, word in given.items()}
        ended = subprocess.run(
            [place, action],
            check=False,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.seen = ended.stderr.splitlines()
        reasons = [line for line in self.seen if line.startswith("ocf-exit-reason:")]
        self.reason = reasons[-1].partition(":")[2] if reasons else ""
        return Exit(ended.returncode)

    def scores(self, until: str = "") -> list[str]:
        """Return the scores the cluster has been told since the last time.

        Wait for the one that is *until*.
        """
        told = self.directory / "told"
        if until:
            wait_for(lambda: told.exists() and until in told.read_text())
        lines = told.read_text().splitlines() if told.exists() else []
        told.unlink(missing_ok=True)
        return [line.split()[-1] for line in lines]

    def left(self) -> list[str]:
        """Return the files that remember something."""
        return [str(path) for path in self.directory.glob("run/*/*.json")]


def wait_for(fact: Callable[[], bool]) -> None:
    """Wait until *fact* is one; what is done in the background takes a moment."""
    until = time.monotonic() + _PATIENCE
    while not fact():
        assert time.monotonic() < until
        time.sleep(0.05)


def here() -> set[str]:
    shown = json.loads(ip("-j", "addr", "show", "dev", "eth0"))
    return {
        f"{one['local']}/{one['prefixlen']}"
        for one in shown[0]["addr_info"]
        if one["scope"] == "global"
    }


def daemons() -> set[str]:
    shown = subprocess.run(
        ["ipvsadm", "-L", "--daemon"], check=True, capture_output=True, text=True
    ).stdout
    return {line.split()[0] for line in shown.splitlines() if line.strip()}
