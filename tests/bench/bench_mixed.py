"""Two thousand real servers of every service, each fifth of which hangs.

Run: ``python -m tests.bench.bench_mixed [--seconds 600] [--json FILE]``. The whole
director runs on a table in memory. Printed are how late the checks of healthy
servers began and how long they took, CPU, memory, threads and descriptors over
time, and how late a process was that did nothing but sleep. 1 is returned if a
verdict was wrong, a check late, or anything grew.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lvsha.checks.prober import Prober
from lvsha.config.load import load
from lvsha.engine.director import Director
from lvsha.engine.maintenance import Maintenance
from lvsha.ipvs.memory import MemoryKernel
from lvsha.model import Check, Verdict
from lvsha.notify.herald import Herald
from tests.bench.check_peers import room_in
from tests.library_peers import LOGIN, PASSWD, SECRET
from tests.scripted import Record

EACH: Final = 100  # of twenty services
INTERVAL: Final = 10.0
DEADLINE: Final = 5.0
LATE: Final = 1.0
REPORT: Final = 30.0
NAP: Final = 0.02
SETTLED: Final = 90.0  # seconds until every check has run often enough

DIRECTIVES: Final[Mapping[str, str]] = {
    "dns": 'request = "www.example.org"\n\treceive = "192"\n\tprotocol = udp',
    "http": 'receive = "still alive"',
    "https": 'receive = "still alive"\n\ttls_verify = no',
    "http_proxy": 'request = "http://www.example.org/"',
    "imaps": "tls_verify = no",
    "pops": "tls_verify = no",
    "mysql": 'request = "select 1"',
    "pgsql": 'request = "select 1"',
    "radius": "protocol = udp",
    "simpletcp": 'request = "/are you?\\n"\n\treceive = "alive"',
    "sip": "protocol = udp",
}
ANONYMOUS: Final = frozenset({"redis", "ftp"})

Ports = Mapping[str, tuple[list[int], list[int]]]


def file_for(ports: Ports, log: Path) -> str:
    """Return the configuration that checks all of *ports*."""
    lines = [
        f"checkinterval = {INTERVAL:g}",
        f"checktimeout = {DEADLINE:g}",
        f"negotiatetimeout = {DEADLINE:g}",
        f'logfile = "{log}"',
    ]
    for number, (service, (well, hung)) in enumerate(sorted(ports.items())):
        lines += [
            f"virtual = 192.0.2.1:{1000 + number}",
            *(f"\treal = 127.0.0.1:{port} masq" for port in sorted((*well, *hung))),
            f"\tservice = {service}",
        ]
        if service not in ANONYMOUS:
            lines += [f'\tlogin = "{LOGIN}"', f'\tpasswd = "{PASSWD}"']
            lines += [f'\tsecret = "{SECRET}"']
        lines += ["\t" + DIRECTIVES[service]] if service in DIRECTIVES else []
    return "\n".join(lines) + "\n"


@dataclass
class Watch:
    """A prober, and when it was asked what."""

    prober: Prober
    hung: frozenset[str]
    began: dict[str, float] = field(default_factory=dict)
    late: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    wrong: dict[str, int] = field(default_factory=dict)
    checks: int = 0

    def start(
        self, check: Check, done: Callable[[Verdict], None]
    ) -> Callable[[], None]:
        server = f"{check.service}:{check.port}"
        now = time.monotonic()
        hung = server in self.hung
        last = self.began.get(server)
        # The first interval is a shorter one: checks are spread over it.
        if last is not None and not hung:
            self.late.append(now - last - INTERVAL)
        self.began[server] = now

        def judged(verdict: Verdict) -> None:
            self.checks += 1
            if not hung:
                self.took.append(time.monotonic() - now)
            if verdict.passed == hung:
                what = f"{check.service}: {verdict.detail}"
                self.wrong[what] = self.wrong.get(what, 0) + 1
            done(verdict)

        return self.prober.start(check, judged)


async def direct(path: Path, hung: frozenset[str]) -> None:
    """Direct *path* on a table in memory, and report, for ever."""
    configuration = load(path).configuration
    herald = Herald(instance="bench", pid=os.getpid())
    herald.configure(configuration)
    watch = Watch(Prober(), hung)
    director = Director(
        MemoryKernel(), Record(), watch, herald.tell, Maintenance(lambda _: "")
    )
    director.follow(configuration)
    began = reported = time.monotonic()
    used = time.process_time()
    while True:
        await asyncio.sleep(1)
        director.tick()
        herald.tick(time.monotonic())
        now = time.monotonic()
        if now - reported >= REPORT:
            cpu = time.process_time()
            row = figures(watch) | {
                "seconds": round(now - began),
                "cpu_percent": round(100 * (cpu - used) / (now - reported), 1),
            }
            print(json.dumps(row), flush=True)
            reported, used = now, cpu


def figures(watch: Watch) -> dict[str, object]:
    """Return what happened since the last time, and forget it."""
    late, took = sorted(watch.late), sorted(watch.took)
    found: dict[str, object] = {
        "checks": watch.checks,
        "worst_lateness": round(max(late, default=0), 3),
        "lateness_p99": round(late[len(late) * 99 // 100], 3) if late else 0,
        "worst_duration": round(max(took, default=0), 3),
        "duration_p50": round(took[len(took) // 2], 4) if took else 0,
        "wrong": dict(watch.wrong),
        "megabytes": megabytes(),
        "threads": threading.active_count(),
        "tasks": len(asyncio.all_tasks()),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
    }
    watch.checks = 0
    watch.late.clear()
    watch.took.clear()
    watch.wrong.clear()
    return found


def megabytes() -> float:
    """Return how much memory is ours alone or our share of what is not."""
    rollup = Path("/proc/self/smaps_rollup").read_text().splitlines()
    pss = next(line for line in rollup if line.startswith("Pss:"))
    return round(int(pss.split()[1]) / 1024, 1)


class Idle:
    """How late somebody is who does nothing but sleep: the machine's own share."""

    def __init__(self) -> None:
        self._worst = 0.0
        threading.Thread(target=self._sleep, daemon=True).start()

    def _sleep(self) -> None:
        while True:
            began = time.monotonic()
            time.sleep(NAP)  # its end is what is measured
            self._worst = max(self._worst, time.monotonic() - began - NAP)

    def overslept(self) -> float:
        """Return the worst since the last time, in seconds."""
        worst, self._worst = self._worst, 0.0
        return round(worst, 3)


def measured(seconds: float) -> list[dict[str, float]]:
    """Return a row of figures for each report within *seconds*."""
    rows: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(prefix="mixed-") as name:
        path = Path(name)
        with room_in(path) as room:
            peers = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.mixed_peers", name, str(EACH)],
                stdout=subprocess.PIPE,
                text=True,
            )
            room.programs.callback(peers.wait, 10)
            room.programs.callback(peers.terminate)
            assert peers.stdout is not None
            ports: Ports = json.loads(peers.stdout.readline())
            (path / "hung").write_text(
                json.dumps([f"{s}:{port}" for s in ports for port in ports[s][1]])
            )
            (path / "bench.cf").write_text(file_for(ports, path / "log"))
            ours = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.bench_mixed", "--direct", name],
                stdout=subprocess.PIPE,
                text=True,
            )
            room.programs.callback(ours.wait, 10)
            room.programs.callback(ours.terminate)
            assert ours.stdout is not None
            idle = Idle()
            until = time.monotonic() + seconds
            while time.monotonic() < until and (line := ours.stdout.readline()):
                rows.append(json.loads(line) | {"idle": idle.overslept()})
                shown(rows[-1])
    return rows


def shown(row: Mapping[str, float]) -> None:
    """Print a row."""
    print(
        f"{row['seconds']:5.0f} s {row['checks']:6.0f} checks"
        f"  late {row['worst_lateness']:6.3f} s (p99 {row['lateness_p99']:.3f})"
        f" (idle {row['idle']:.3f})"
        f"  took {row['worst_duration']:6.3f} s (p50 {row['duration_p50']:.4f})"
        f"  {row['cpu_percent']:5.1f} % CPU {row['megabytes']:6.1f} MB"
        f"  {row['threads']:3.0f} threads {row['descriptors']:4.0f} descriptors"
        f"  wrong {row['wrong']}",
        flush=True,
    )


def complaints(rows: list[dict[str, float]]) -> list[str]:
    """Return what is not as it should be."""
    rows = [row for row in rows if row["seconds"] > SETTLED]
    if len(rows) < 2:
        return ["too few reports to tell"]
    found = [f"wrong verdicts: {row['wrong']}" for row in rows if row["wrong"]]
    for row in rows:
        late = row["worst_lateness"]
        if late > LATE + 2 * row["idle"]:
            found.append(f"a check was {late:.3f} s late, an idler {row['idle']:.3f} s")
    half = len(rows) // 2
    for what, room in (("threads", 0), ("descriptors", 32), ("megabytes", 2)):
        before = max(row[what] for row in rows[:half])
        after = max(row[what] for row in rows[half:])
        if after > before + room:
            found.append(f"{what} grew from {before:g} to {after:g}")
    return found


def main() -> int:
    """Print the figures; return 1 if one of them is not as it should be."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--direct", type=Path, help=argparse.SUPPRESS)
    arguments.add_argument("--seconds", type=float, default=600)
    arguments.add_argument("--json", type=Path, help="write the figures here, too")
    options = arguments.parse_args()
    if options.direct:
        hung = frozenset(json.loads((options.direct / "hung").read_text()))
        asyncio.run(direct(options.direct / "bench.cf", hung))
    rows = measured(options.seconds)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    found = complaints(rows)
    print("; ".join(found) or "on time, and nothing grew")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
