"""Start and reload of the whole director on a real kernel, against keepalived.

Run as root inside a lab node: ``python3 -m tests.bench.bench_engine [--json FILE]``.
Nobody checks anything here, so what is timed is reading the file and making the
table. Every phase has a fresh network namespace; the peers take turns.
"""

import argparse
import compileall
import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import lvsha
from lvsha.identity import Endpoint, Protocol, Vip
from lvsha.ipvs.kernel import Kernel
from tests.kernel.namespace import fresh

DESTINATIONS: Final = 10
# Seconds a phase may take on a slow kernel.
PATIENCE: Final = 120.0
START_TARGET: Final = 3.0
RELOAD_TARGET: Final = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """A comparison: medians in seconds, and how many times as fast we are."""

    what: str
    ours: float
    theirs: float
    target: float | None

    @property
    def ratio(self) -> float:
        return self.theirs / self.ours


def vip(service: int) -> Vip:
    return Vip(Protocol.TCP, Endpoint(ip_address(0x0A000000 + service), 80))


def real(service: int, n: int) -> str:
    return str(ip_address(0x0B000000 + service * 16 + n + 1))


def weight(service: int, n: int, changed: int | None) -> int:
    return 7 if service == changed and n == 0 else 1


def our_file(services: int, changed: int | None) -> str:
    lines = ["checkinterval = 60", "checktimeout = 3"]
    for service in range(services):
        lines.append(f"virtual = {vip(service).endpoint}")
        lines += [
            f"\treal = {real(service, n)}:80 masq {weight(service, n, changed)}"
            for n in range(DESTINATIONS)
        ]
        lines += ["\tscheduler = wlc", "\tchecktype = on"]
    return "\n".join(lines) + "\n"


def their_file(services: int, changed: int | None) -> str:
    lines: list[str] = []
    for service in range(services):
        lines.append(f"virtual_server {vip(service).endpoint.address} 80 {{")
        lines.append(" lb_algo wlc\n lb_kind NAT\n protocol TCP")
        lines += [
            f" real_server {real(service, n)} 80 {{"
            f" weight {weight(service, n, changed)} }}"
            for n in range(DESTINATIONS)
        ]
        lines.append("}")
    return "\n".join(lines) + "\n"


def installed(room: Path) -> Path:
    """Return a copy of the package as an installation has it: local, compiled."""
    copy = shutil.copytree(
        Path(lvsha.__file__).parent,
        room / "installed" / "lvsha",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    compileall.compile_dir(copy, quiet=1)
    return copy.parent


def our_command(room: Path) -> list[str]:
    path = str(room / "bench.cf")
    # -P: what is in the working directory is not the installation.
    python = [sys.executable, "-P", "-m", "lvsha"]
    return [*python, "run", path, "--rundir", str(room / "run")]


def their_command(room: Path) -> list[str]:
    pids = ["-p", str(room / "k.pid"), "-c", str(room / "c.pid")]
    return ["keepalived", "-n", "-l", "-C", "-f", str(room / "bench.cf"), *pids]


WAYS: Final = {
    "lvsha": (our_file, our_command),
    "keepalived": (their_file, their_command),
}


@contextlib.contextmanager
def running(command: Sequence[str], place: Path) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(place)},
    )
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait(PATIENCE)


def waited(child: subprocess.Popen[bytes], done: object) -> float:
    """Return when *done*, called again and again, first was true."""
    assert callable(done)
    deadline = time.perf_counter() + PATIENCE
    while not done():
        if child.poll() is not None:
            sys.exit(f"{child.args!r} ended with status {child.returncode}")
        if time.perf_counter() > deadline:
            sys.exit(f"{child.args!r} was not done in {PATIENCE:g} s")
        time.sleep(0.003)
    return time.perf_counter()


def measured(way: str, services: int, place: Path) -> tuple[float, float]:
    """Return the seconds from exec to the whole table, and from HUP to the change."""
    written, command = WAYS[way]
    changed = services // 2
    key, endpoint = vip(changed), Endpoint(ip_address(real(changed, 0)), 80)
    last = [vip(service) for service in (0, changed, services - 1)]
    with (
        fresh(),
        Kernel.open() as kernel,
        tempfile.TemporaryDirectory() as folder,
    ):
        room = Path(folder)
        file = room / "bench.cf"
        file.write_text(written(services, None))

        def whole() -> bool:
            some = kernel.read(last)
            if len(some) < len(set(last)) or any(
                len(service.destinations) < DESTINATIONS for service in some.values()
            ):
                return False
            table = kernel.read()
            rows = sum(len(service.destinations) for service in table.values())
            return rows == services * DESTINATIONS

        def heavier() -> bool:
            return kernel.read([key])[key].destinations[endpoint].weight > 1

        began = time.perf_counter()
        with running(command(room), place) as child:
            started = waited(child, whole) - began
            time.sleep(3)
            file.write_text(written(services, changed))
            began = time.perf_counter()
            child.send_signal(signal.SIGHUP)
            reloaded = waited(child, heavier) - began
    return started, reloaded


def compare(services: int, rounds: int, place: Path) -> list[Row]:
    took: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds):
        for way in WAYS:
            started, reloaded = measured(way, services, place)
            took.setdefault((way, "start"), []).append(started)
            took.setdefault((way, "reload"), []).append(reloaded)
    targets = {"start": START_TARGET, "reload": RELOAD_TARGET}
    return [
        Row(
            f"{what} {services}x{DESTINATIONS}",
            statistics.median(took["lvsha", what]),
            statistics.median(took["keepalived", what]),
            target if services >= 1000 else None,
        )
        for what, target in targets.items()
    ]


def main() -> int:
    """Print the table; return 1 if a target was missed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", type=Path, help="write the figures here, too")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--services", type=int, nargs="*", default=[100, 1000])
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = installed(Path(folder))
        rows = [
            row
            for size in options.services
            for row in compare(size, options.rounds, place)
        ]
    print(f"{'what':20}{'lvsha s':>9}{'keepalived s':>14}{'ratio':>8}  target")
    for row in rows:
        met = row.target is None or row.ratio >= row.target
        verdict = "met" if met else "missed"
        target = "" if row.target is None else f"{row.target:g}: {verdict}"
        print(
            f"{row.what:20}{row.ours:9.3f}{row.theirs:14.3f}{row.ratio:8.1f}  {target}"
        )
    if options.json:
        figures = [
            {
                "what": row.what,
                "ours_seconds": row.ours,
                "peer": "keepalived",
                "peer_seconds": row.theirs,
                "ratio": row.ratio,
                "target": row.target,
            }
            for row in rows
        ]
        options.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 0 if all(r.target is None or r.ratio >= r.target for r in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
