"""Programme and read the kernel's table: our own codec against ipvsadm.

Run as root inside a lab node: ``python3 -m tests.bench.bench_ipvs [--json FILE]``.
Every phase has a fresh network namespace, because rows deleted a moment ago
slow the kernel down; the ways take turns, so that noise falls on all alike.
What each way did is compared with the table it should have made.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from time import perf_counter
from typing import Final

from lvsha.identity import Endpoint, Protocol, ServiceKey, Vip
from lvsha.ipvs.kernel import Kernel
from lvsha.ipvs.listing import rules
from lvsha.ipvs.plan import diff
from lvsha.ipvs.table import Destination, Service, Settings, Table
from tests.kernel.namespace import fresh

DESTINATIONS: Final = 10
# One ipvsadm an operation takes minutes for a whole table: a sample tells its rate.
SAMPLE: Final = 33

FIRST_READ: Final = """
from time import perf_counter
from lvsha.ipvs.kernel import Kernel
kernel = Kernel.open()
start = perf_counter()
kernel.read()
print(perf_counter() - start)
"""

PROGRAM_TARGET: Final = 5.0
READ_TARGET: Final = 1.5


@dataclass(frozen=True, slots=True)
class Row:
    """A comparison: medians in seconds, and how many times as fast we are."""

    what: str
    ours: float
    peer: str
    theirs: float
    target: float | None = None

    @property
    def ratio(self) -> float:
        return self.theirs / self.ours

    @property
    def met(self) -> bool:
        return self.target is None or self.ratio >= self.target


def table_of(services: int) -> Table:
    table: dict[ServiceKey, Service] = {}
    for service in range(services):
        key = Vip(Protocol.TCP, Endpoint(ip_address(0x0A000000 + service), 80))
        table[key] = Service(
            Settings("wlc"),
            {
                Endpoint(
                    ip_address(0x0B000000 + service * 16 + n + 1), 80
                ): Destination()
                for n in range(DESTINATIONS)
            },
        )
    return table


def ipvsadm(*arguments: str, text: str = "") -> str:
    return subprocess.run(
        ["ipvsadm", *arguments],
        check=True,
        input=text,
        capture_output=True,
        text=True,
        timeout=600,
    ).stdout


def timed(action: Callable[[], object]) -> float:
    start = perf_counter()
    action()
    return perf_counter() - start


def programmed(table: Table, action: Callable[[], object]) -> float:
    """Return the seconds *action* takes to make *table* of nothing."""
    with fresh():
        seconds = timed(action)
        with Kernel.open() as kernel:
            if kernel.read() != table:
                sys.exit("the table is not the one that was to be made")
    return seconds


def ours(table: Table) -> None:
    """Do what the engine does: open, read, diff, perform."""
    with Kernel.open() as kernel:
        failures = kernel.perform(diff(table, kernel.read(), frozenset()).operations)
    if failures:
        sys.exit(str(failures[0].error))


def one_by_one(lines: list[str]) -> float:
    """Return the seconds an operation takes with an ipvsadm of its own."""
    with fresh():
        return timed(lambda: [ipvsadm(*line.split()) for line in lines]) / len(lines)


def first_read() -> float:
    """Return the seconds the first read of a process takes, imports left out."""
    ran = subprocess.run(
        [sys.executable, "-c", FIRST_READ],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return float(ran.stdout)


def compare(services: int, rounds: int) -> list[Row]:
    table = table_of(services)
    text = rules(table)
    lines = text.splitlines()
    took: dict[str, list[float]] = {}

    def note(way: str, seconds: float) -> None:
        took.setdefault(way, []).append(seconds)

    for _ in range(rounds):
        note("ours", programmed(table, lambda: ours(table)))
        note("ipvsadm -R", programmed(table, lambda: ipvsadm("-R", text=text)))
        note("one by one", one_by_one(lines[:SAMPLE]) * len(lines))
        with fresh(), Kernel.open() as kernel:
            ours(table)
            note("first read", first_read())
            note("read", timed(kernel.read))
            note("ipvsadm -Ln", timed(lambda: ipvsadm("-Ln")))
            note("statistics", timed(kernel.statistics))
    median = {way: statistics.median(seconds) for way, seconds in took.items()}
    size = f"{services}x{DESTINATIONS}"
    targets = (PROGRAM_TARGET, READ_TARGET) if services >= 1000 else (None, None)
    pairs = [
        ("program", "ours", "ipvsadm -R", targets[0]),
        ("program", "ours", "one by one", None),
        ("first read", "first read", "ipvsadm -Ln", targets[1]),
        ("read", "read", "ipvsadm -Ln", targets[1]),
        ("statistics", "statistics", "ipvsadm -Ln", None),
    ]
    return [
        Row(f"{what} {size}", median[way], peer, median[peer], target)
        for what, way, peer, target in pairs
    ]


def main() -> int:
    """Print the table; return 1 if a target was missed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", type=Path, help="write the figures here, too")
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    rows = [row for size in (100, 1000) for row in compare(size, options.rounds)]
    print(f"{'what':22}{'ours s':>9}  {'peer':14}{'peer s':>9}{'ratio':>9}  target")
    for row in rows:
        verdict = "" if row.target is None else f"{row.target:g}: "
        verdict += "" if row.target is None else ("met" if row.met else "missed")
        print(
            f"{row.what:22}{row.ours:9.3f}  {row.peer:14}{row.theirs:9.3f}"
            f"{row.ratio:9.1f}  {verdict}"
        )
    if options.json:
        figures = [
            {
                "what": row.what,
                "ours_seconds": row.ours,
                "peer": row.peer,
                "peer_seconds": row.theirs,
                "ratio": row.ratio,
                "target": row.target,
            }
            for row in rows
        ]
        options.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
