"""How long each agent's action takes, beside the classic ones: IPaddr2, ldirectord.

Run as root inside a lab node: ``python3 -m tests.bench.bench_agents [--json FILE]``.
The same VIP on the same link, the same configuration, the actions in turns; the
median of each. There is no cluster: what tells one a score is a program that
does nothing, so a clone's figures are without the cluster's own time.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Final

from lvsha.lab.cluster.machines import own_steps
from tests.kernel.link import ip, linked

ROUNDS: Final = 20
VIP: Final = "192.0.2.10"
FILE: Final = Path("/etc/ha.d/ldirectord.cf")
CONFIGURATION: Final = f"""\
checkinterval = 5
virtual = {VIP}:80
        real = 198.51.100.1:80 gate
        checktype = on
        scheduler = rr
        protocol = tcp
"""
AGENTS: Final = Path("/usr/lib/ocf/resource.d")
SECONDS: Final = 120.0

VIP_GIVEN: Final = {"ip": VIP, "cidr_netmask": "24", "nic": "eth0"}
DIRECTOR_GIVEN: Final = {"configfile": str(FILE)}
CLONE: Final = VIP_GIVEN | {"CRM_meta_promoted_max": "1", "director": FILE.name}
ONCE: Final = ("meta-data", "validate-all")
LIFE: Final = ("start", "monitor", "stop")
ROLES: Final = ("start", "promote", "monitor", "demote", "stop")
# The most that ours may take of the classic one's time.
TARGETS: Final[Mapping[tuple[str, str], float]] = {
    ("director", "monitor"): 0.1,
    ("vip", "monitor"): 0.5,
}
# What an action of a working resource ends with.
WELL: Final = frozenset((0, 8))


def timed(agent: str, action: str, given: Mapping[str, str]) -> float:
    """Return the seconds an action takes; it has to succeed."""
    environment = {
        "PATH": os.environ["PATH"],
        "OCF_ROOT": "/usr/lib/ocf",
        "OCF_RA_VERSION_MAJOR": "1",
        "OCF_RESOURCE_INSTANCE": agent.rpartition("/")[2],
        "OCF_RESKEY_CRM_meta_timeout": "60000",
        "HA_RSCTMP": "/run/resource-agents",
    }
    if action == "monitor":
        environment["OCF_RESKEY_CRM_meta_interval"] = "10000"
    if action != "meta-data":
        environment |= {f"OCF_RESKEY_{name}": word for name, word in given.items()}
    began = perf_counter()
    ended = subprocess.run(
        [AGENTS / agent, action],
        check=False,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=SECONDS,
    )
    took = perf_counter() - began
    if ended.returncode not in WELL:
        raise SystemExit(f"{agent} {action}: {ended.returncode}, {ended.stderr!r}")
    return took


def prepare() -> None:
    """Install our agents as a package does, and the configuration."""
    for step in own_steps():
        subprocess.run(
            step.argv,
            check=True,
            input=step.given.encode(),
            stdout=subprocess.DEVNULL,
        )
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(CONFIGURATION)
    Path("/run/resource-agents").mkdir(exist_ok=True)
    for name in ("crm_attribute", "attrd_updater"):
        program = Path("/usr/local/sbin") / name
        program.unlink(missing_ok=True)
        program.symlink_to("/bin/true")


def addressed() -> None:
    """Give eth0 an address of the VIP's network."""
    ip("link", "set", "lo", "up")
    ip("addr", "add", "192.0.2.1/24", "dev", "eth0")


def measure(rounds: int) -> dict[tuple[str, str], list[float]]:
    """Return the seconds of each agent's actions, in turns."""
    seconds: dict[tuple[str, str], list[float]] = defaultdict(list)

    def play(agent: str, given: Mapping[str, str], name: str, *actions: str) -> None:
        for action in actions:
            seconds[name, action].append(timed(agent, action, given))

    with linked():
        addressed()
        for _ in range(rounds):
            play("heartbeat/IPaddr2", VIP_GIVEN, "IPaddr2", *ONCE, *LIFE)
            play("lvsha/vip", VIP_GIVEN, "vip", *ONCE, *LIFE)
            play("heartbeat/ldirectord", DIRECTOR_GIVEN, "ldirectord", *ONCE, *LIFE)
            play("lvsha/director", DIRECTOR_GIVEN, "director", *ONCE, *LIFE[:-1])
            play("lvsha/vip", CLONE, "vip, a clone", *ROLES)
            play("lvsha/director", DIRECTOR_GIVEN, "director", LIFE[-1])
    return seconds


def tell(
    seconds: Mapping[tuple[str, str], list[float]],
    rounds: int,
    figures_file: Path | None,
) -> int:
    """Print the table of medians; return 1 if a target was missed."""
    medians = {key: statistics.median(each) * 1000 for key, each in seconds.items()}
    pairs = {"director": "ldirectord", "vip": "IPaddr2", "vip, a clone": ""}
    figures = []
    met = True
    print(f"median of {rounds}, in milliseconds")
    print(f"{'agent':14}{'action':14}{'ours':>8}  {'classic':12}{'':>8}{'ours is':>9}")
    for (name, action), ours in medians.items():
        if name not in pairs:
            continue
        peer = pairs[name]
        theirs = medians.get((peer, action))
        share = ours / theirs if theirs else None
        target = TARGETS.get((name, action))
        line = f"{name:14}{action:14}{ours:8.1f}"
        if theirs is not None and share is not None:
            line += f"  {peer:12}{theirs:8.1f}{share:9.1%}"
        if target is not None and share is not None:
            met = met and share <= target
            line += f"  target {target:.0%}: {'met' if share <= target else 'missed'}"
        print(line)
        figures.append(
            {
                "agent": name,
                "action": action,
                "ours_ms": ours,
                "peer": peer,
                "peer_ms": theirs,
                "target": target,
            }
        )
    if figures_file:
        figures_file.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 0 if met else 1


def options() -> argparse.Namespace:
    """Return what the command line says: *json* and *rounds*."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", type=Path, help="write the figures here, too")
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    return arguments.parse_args()


def main() -> int:
    """Print the table; return 1 if a target was missed."""
    chosen = options()
    prepare()
    return tell(measure(chosen.rounds), chosen.rounds, chosen.json)


if __name__ == "__main__":
    sys.exit(main())
