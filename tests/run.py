"""Runs the tiers of tests, each where it belongs, and counts what they said.

``python -m tests.run [TIER ...]``: unit, property and compat run here, kernel
inside a lab node with a real IPVS, services in one that has the daemons people run,
cluster against a lab of several nodes.
Exit status 0 only when every tier ran tests and all of them passed.
"""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_PYTEST: Final = (sys.executable, "-m", "pytest", "-q")
TIERS: Final[Mapping[str, Sequence[str]]] = {
    "unit": (*_PYTEST, "tests/unit"),
    "property": (*_PYTEST, "tests/property"),
    "compat": (*_PYTEST, "tests/compat"),
    "kernel": (sys.executable, "-m", "lvsha.lab.tier", "kernel"),
    "services": (sys.executable, "-m", "lvsha.lab.tier", "services"),
    "cluster": (*_PYTEST, "tests/cluster"),
}
# Seconds a tier may take on two slow cores before it is given up.
_DEADLINE: Final = 2400.0
_COUNT: Final = re.compile(r"(\d+) (passed|failed|errors?|skipped)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one tier said; *seconds* is wall-clock time."""

    tier: str
    passed: int
    failed: int
    skipped: int
    status: int
    seconds: float

    @property
    def good(self) -> bool:
        """Tell whether it ran something and all of it passed."""
        return self.status == 0 and self.passed > 0 and self.failed == 0


def run(tier: str) -> Outcome:
    """Run *tier*, passing on what it prints."""
    print(f"== {tier}", flush=True)
    began = time.monotonic()
    closing = ""
    with subprocess.Popen(
        TIERS[tier], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        assert child.stdout is not None
        giving_up = threading.Timer(_DEADLINE, child.kill)
        giving_up.start()
        for line in child.stdout:
            print(line, end="", flush=True)
            if _COUNT.search(line):
                closing = line
        status = child.wait()
        giving_up.cancel()
    counts = {word.rstrip("s"): int(number) for number, word in _COUNT.findall(closing)}
    return Outcome(
        tier,
        passed=counts.get("passed", 0),
        failed=counts.get("failed", 0) + counts.get("error", 0),
        skipped=counts.get("skipped", 0),
        status=status,
        seconds=time.monotonic() - began,
    )


def main(names: Sequence[str]) -> int:
    """Run the tiers *names*, or all; return the exit status."""
    unknown = [name for name in names if name not in TIERS]
    if unknown:
        print(f"unknown tier {unknown[0]!r}; there are: {', '.join(TIERS)}")
        return 2
    outcomes = [run(name) for name in names or TIERS]
    print(f"\n{'tier':<10}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for one in outcomes:
        verdict = "" if one.good else "  <- not good"
        print(
            f"{one.tier:<10}{one.passed:>8}{one.failed:>8}{one.skipped:>9}"
            f"{one.seconds:>9.1f}{verdict}"
        )
    passed = sum(one.passed for one in outcomes)
    failed = sum(one.failed or not one.good for one in outcomes)
    print(f"{passed} passed, {failed} failed")
    return 0 if all(one.good for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
