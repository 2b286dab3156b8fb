"""A thousand real servers checked every second: CPU and memory, against keepalived.

Run as root: ``python3 -m tests.bench.bench_paced [--json FILE]``. The whole director
runs (schedule, health, table, log), on a table in memory where the kernel has
no IPVS; keepalived gets a library that says every request went well. Both have
a CPU of their own, in a network namespace with nothing but a loopback.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from lvsha.checks.prober import Prober
from lvsha.config.load import load
from lvsha.engine.director import Director
from lvsha.engine.maintenance import Maintenance
from lvsha.ipvs.memory import MemoryKernel
from lvsha.notify.herald import Herald
from tests.bench import bench_checks, check_peers
from tests.bench.check_peers import PORT, Room, addresses, room_in
from tests.scripted import Record

REALS: Final = 1000
CPU_TARGET: Final = 15.0
MEMORY_TARGET: Final = 40.0


async def direct(path: Path) -> None:
    """Direct *path* on a table in memory, for ever."""
    configuration = load(path).configuration
    herald = Herald(instance="bench", pid=os.getpid())
    herald.configure(configuration)
    director = Director(
        MemoryKernel(), Record(), Prober(), herald.tell, Maintenance(lambda _: "")
    )
    director.follow(configuration)
    while True:
        await asyncio.sleep(1)
        director.tick()
        herald.tick(time.monotonic())


def lvsha(room: Room, reals: list[tuple[str, int]], interval: float) -> int:
    """Start the whole director; return its session."""
    path = room.path / "bench.cf"
    lines = [
        f"checkinterval = {interval:g}",
        "checktimeout = 3",
        f'logfile = "{room.path}/lvsha.log"',
        "virtual = 127.0.0.1:18090",
        *(f"\treal = {address}:{port} masq" for address, port in reals),
        "\tservice = http",
        '\trequest = "test.html"',
        '\treceive = "still alive"',
    ]
    path.write_text("\n".join(lines) + "\n")
    words = [sys.executable, "-m", "tests.bench.bench_paced", "--direct", str(path)]
    return room.start(words, cpu=0).pid


def megabytes(session: int) -> float:
    """Return the proportional set size of every process of *session*."""
    kilobytes = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rpartition(")")[2].split()[3]) != session:
                continue
            rollup = (stat.parent / "smaps_rollup").read_text()
        except OSError:
            continue
        kilobytes += next(
            int(line.split()[1])
            for line in rollup.splitlines()
            if line.startswith("Pss:")
        )
    return kilobytes / 1024


def measured(peer: str, seconds: float) -> dict[str, float]:
    """Return percent of a core, megabytes and checks a second of *peer*."""
    with tempfile.TemporaryDirectory(prefix="paced-") as path:
        Path(path).chmod(0o755)
        with room_in(Path(path)) as room:
            check_peers.serve(room)
            targets = [(address, PORT) for address in addresses(REALS)]
            start = lvsha if peer == "lvsha" else check_peers.keepalived
            session = start(room, targets, 1.0)
            check_peers.wait_for_checks(4 * REALS, seconds=120)
            asked, began = check_peers.requests(), time.monotonic()
            used = check_peers.cpu_seconds(session)
            # The measurement is of this time.
            time.sleep(seconds)
            used = check_peers.cpu_seconds(session) - used
            took = time.monotonic() - began
            return {
                "percent_of_a_core": 100 * used / took,
                "megabytes": megabytes(session),
                "checks_a_second": (check_peers.requests() - asked - 1) / took,
            }


def main() -> int:
    """Print both; return 1 if a target was missed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--direct", type=Path, help=argparse.SUPPRESS)
    arguments.add_argument("--seconds", type=float, default=20)
    arguments.add_argument("--json", type=Path, help="write the figures here, too")
    options = arguments.parse_args()
    if options.direct:
        asyncio.run(direct(options.direct))
    bench_checks.apart("tests.bench.bench_paced")
    found = {peer: measured(peer, options.seconds) for peer in ("lvsha", "keepalived")}
    for peer, figures in found.items():
        print(
            f"{peer:12}{figures['percent_of_a_core']:7.1f} % of a core"
            f"{figures['megabytes']:8.1f} MB{figures['checks_a_second']:8.0f} checks/s"
        )
    ours = found["lvsha"]
    ratio = ours["percent_of_a_core"] / found["keepalived"]["percent_of_a_core"]
    met = ours["percent_of_a_core"] <= CPU_TARGET and ours["megabytes"] <= MEMORY_TARGET
    print(
        f"lvsha uses {ratio:.2f} of keepalived's CPU; target {CPU_TARGET:g} % and"
        f" {MEMORY_TARGET:g} MB: {'met' if met else 'missed'}"
    )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
