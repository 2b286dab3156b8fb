"""All benchmarks, each beside its peers in the same run: ``make bench``.

The kernel's table, start and reload are measured inside a lab node, checks on
this machine's loopback. Figures go to ``reports/bench`` as well. Exit status 1
means that a target was missed, not that something broke.
"""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from lvsha.lab.single import run_in_node
from tests.bench.native import run_native

REPORTS: Final = Path("reports/bench")
# Seconds after which a benchmark is given up.
PATIENCE: Final = 1800.0


def inside(module: str, *arguments: str) -> Callable[[], int]:
    """Return what runs *module* in a node."""

    def run() -> int:
        return run_in_node(
            ["python3", "-m", module, *arguments, "--json", "/srv/share/figures.json"],
            seconds=PATIENCE,
            memory="2G",
            results=REPORTS / module.rpartition(".")[2],
        )

    return run


def here(module: str, *arguments: str) -> Callable[[], int]:
    """Return what runs *module* on this machine."""

    def run() -> int:
        figures = REPORTS / f"{'-'.join([module.rpartition('.')[2], *arguments[:1]])}"
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(
            [*command, "--json", str(figures.with_suffix(".json").absolute())],
            check=False,
            timeout=PATIENCE,
        ).returncode

    return run


def natively(module: str) -> Callable[[], int]:
    """Return what runs *module* with the image's files on this machine's kernel."""

    def run() -> int:
        return run_native(["python3", "-m", module], seconds=PATIENCE)

    return run


CHECKS: Final = "tests.bench.bench_checks"
ALL: Final[Mapping[str, Callable[[], int]]] = {
    "programming and dumping the table": inside("tests.bench.bench_ipvs"),
    "start and reload": inside("tests.bench.bench_engine"),
    "the agents' actions": inside("tests.bench.bench_agents"),
    "the agents' actions, on this kernel": natively("tests.bench.bench_agents_native"),
    "CPU of HTTP checks": here(
        CHECKS, "cpu", "--peer", "keepalived", "--peer", "ldirectord"
    ),
    "seeing a dead real server": here(
        CHECKS, "detect", "--peer", "ldirectord", "--rounds", "1"
    ),
    "hearing of it by a wire": here(
        CHECKS, "detect", "--peer", "tripwire", "--rounds", "5"
    ),
    "a thousand real servers a second": here("tests.bench.bench_paced"),
}


def main() -> int:
    """Run them all, or those whose name holds a word of the command line."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    words = sys.argv[1:]
    statuses = []
    for name, run in ALL.items():
        if not words or any(word in name for word in words):
            print(f"\n== {name}", flush=True)
            statuses.append(run())
    return 1 if any(statuses) else 0


if __name__ == "__main__":
    sys.exit(main())
