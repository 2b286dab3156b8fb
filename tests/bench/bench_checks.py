"""Checks a CPU second, and the time to see a dead real server, against peers.

Run as root: ``python3 -m tests.bench.bench_checks --peer ldirectord --peer
keepalived`` (CPU) or ``... detect --peer ldirectord``. Real servers are addresses
of this host (127.x.y.z) with nginx behind, in a network namespace of its own
unless ``--here`` says that this one, a lab node's, will do. The peers take
turns, so that noise falls on all alike.
"""

import argparse
import asyncio
import json
import os
import random
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from lvsha.checks.prober import Prober
from lvsha.identity import Protocol
from lvsha.model import Check, CheckType, Verdict
from tests.bench import check_peers
from tests.bench.check_peers import PEERS, PORT, addresses, room_in, wait_until

VICTIM: Final = 18082
HANGING: Final = 18083

Real = tuple[str, int]


def page(address: str, port: int) -> Check:
    """Return the check everybody runs."""
    return Check(
        CheckType.NEGOTIATE,
        "http",
        Protocol.TCP,
        ip_address(address),
        port,
        checktimeout=3,
        negotiatetimeout=3,
        request="/test.html",
        receive="still alive",
        url=f"http://{address}:{port}/test.html",
    )


async def load(reals: Sequence[Real], interval: float) -> None:
    """Check *reals* for ever, each every *interval* seconds, or at once if 0.

    Says when one that was well is not any more.
    """
    loop = asyncio.get_running_loop()
    prober = Prober()

    def begin(check: Check, well: list[bool]) -> None:
        started = loop.time()

        def done(verdict: Verdict) -> None:
            if well[0] and not verdict.passed:
                print(time.monotonic(), "down", check.address, flush=True)
            well[0] = verdict.passed
            if interval:
                due = max(loop.time(), started + interval)
                loop.call_at(due, begin, check, well)
            else:
                prober.start(check, done)

        prober.start(check, done)

    for i, real in enumerate(reals):
        loop.call_later(interval * i / len(reals), begin, page(*real), [False])
    await asyncio.Event().wait()


def bare(reals: Sequence[Real]) -> None:
    """Check *reals* for ever as cheaply as Python can, judging nothing else."""
    epoll = select.epoll()
    flags = select.EPOLLIN | select.EPOLLOUT | select.EPOLLET
    words = b"GET /test.html HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    talks: dict[int, tuple[socket.socket, Real]] = {}
    said: set[int] = set()

    def begin(real: Real) -> None:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        sock.connect_ex(real)
        epoll.register(sock.fileno(), flags)
        talks[sock.fileno()] = sock, real

    for real in reals:
        begin(real)
    while True:
        for fd, events in epoll.poll(-1, 64):
            sock, real = talks[fd]
            if fd not in said:
                sock.send(words)
                said.add(fd)
            if events & select.EPOLLIN:
                if b"still alive" not in sock.recv(16384):
                    raise SystemExit("a real server is not well")
                sock.close()
                said.discard(fd)
                del talks[fd]
                begin(real)


def cpu(options: argparse.Namespace) -> list[dict[str, object]]:
    """Return CPU milliseconds a thousand checks for every peer and size."""
    rows: list[dict[str, object]] = []
    for reals in options.reals:
        seen: dict[str, list[float]] = {peer: [] for peer in options.peer}
        rate: dict[str, list[float]] = {peer: [] for peer in options.peer}
        for _ in range(options.rounds):
            for peer in options.peer:
                each, a_second = once(peer, reals, options)
                seen[peer].append(each)
                rate[peer].append(a_second)
        for peer in options.peer:
            rows.append(
                {
                    "reals": reals,
                    "peer": peer,
                    "ms_per_1000": statistics.median(seen[peer]),
                    "lowest": min(seen[peer]),
                    "highest": max(seen[peer]),
                    "checks_a_second": statistics.median(rate[peer]),
                    "ratio": statistics.median(seen["lvsha"])
                    / statistics.median(seen[peer]),
                }
            )
            say(
                f"{reals:5} reals  {peer:10} {statistics.median(seen[peer]):8.1f} "
                f"[{min(seen[peer]):.1f}-{max(seen[peer]):.1f}] ms CPU per 1,000 "
                f"checks  {statistics.median(rate[peer]):7.0f}/s  "
                f"lvsha is {rows[-1]['ratio']:.3f} of it"
            )
    return rows


def once(peer: str, reals: int, options: argparse.Namespace) -> tuple[float, float]:
    """Return CPU milliseconds a thousand checks of *peer*, and checks a second."""
    seconds = options.seconds * (4 if peer == "ldirectord" else 1)
    with tempfile.TemporaryDirectory(prefix="checks-") as path:
        Path(path).chmod(0o755)
        with room_in(Path(path)) as room:
            check_peers.serve(room)
            targets = [(address, PORT) for address in addresses(reals)]
            interval = 0 if peer in ("lvsha", "bare") else 0.00001
            leader = PEERS[peer](room, targets, interval)
            before = check_peers.requests()
            # Start-up is not measured: ldirectord runs ipvsadm for the first rounds.
            wait_until(lambda: check_peers.requests() - before > 2 * reals, seconds=300)
            first, used, began = (
                check_peers.requests(),
                check_peers.cpu_seconds(leader),
                time.monotonic(),
            )
            time.sleep(seconds)
            checks = check_peers.requests() - first - 1
            used = check_peers.cpu_seconds(leader) - used
            return 1e6 * used / checks, checks / (time.monotonic() - began)


def detect(options: argparse.Namespace) -> list[dict[str, object]]:
    """Return how long every peer takes to see one dead real server of a hundred."""
    rows: list[dict[str, object]] = []
    for hanging in options.hanging:
        for peer in options.peer:
            if peer in ("bare", "keepalived"):
                continue
            took = [seen(peer, hanging) for _ in range(options.rounds)]
            row = {
                "hanging": hanging,
                "peer": peer,
                "seconds": statistics.median(took),
                "lowest": min(took),
                "highest": max(took),
            }
            rows.append(row)
            say(
                f"{hanging:3} hanging  {peer:10} {statistics.median(took):8.4f} s "
                f"[{min(took):.4f}-{max(took):.4f}] to see it dead"
            )
    return rows


def seen(peer: str, hanging: int) -> float:
    """Return the seconds from a real server's death to the word of it."""
    with tempfile.TemporaryDirectory(prefix="checks-") as path, ExitStack() as stack:
        Path(path).chmod(0o755)
        room = stack.enter_context(room_in(Path(path)))
        check_peers.serve(room)
        reals = [(address, PORT) for address in addresses(99 - hanging)]
        for i in range(hanging):
            address = f"127.0.9.{i + 1}"
            stack.enter_context(socket.create_server((address, HANGING), backlog=4096))
            reals.insert(len(reals) // 2, (address, HANGING))
        victim = room.start(
            [sys.executable, "-m", "tests.bench.bench_checks", "--victim"], cpu=-1
        )
        wait_until(lambda: check_peers.answers(VICTIM, "127.0.8.1"))
        reals.append(("127.0.8.1", VICTIM))
        PEERS[peer](room, reals, 1.0)
        ours = peer in ("lvsha", "tripwire")
        log = room.path / ("output" if ours else "ipvsadm.log")
        check_peers.wait_for_checks(3 * len(reals))
        # A moment that falls anywhere in a round; the sleep is the measurement's.
        time.sleep(random.random() * (1 + 3 * hanging))
        # Before the signal: a wire may be quicker than our own next line.
        died = time.monotonic()
        victim.send_signal(signal.SIGKILL)
        word: list[float] = []

        def told() -> bool:
            for line in log.read_text().splitlines():
                moment, _, rest = line.partition(" ")
                gone = rest.startswith(("down", "-d ")) and "127.0.8.1" in rest
                if gone and float(moment) >= died:
                    word.append(float(moment))
            return bool(word)

        wait_until(told, seconds=300)
        return word[0] - died


def victim() -> None:
    """Serve the page from 127.0.8.1 until killed."""
    answer = (
        f"HTTP/1.1 200 OK\r\nContent-Length: {len(check_peers.PAGE)}\r\n"
        f"Connection: close\r\n\r\n{check_peers.PAGE}"
    ).encode()

    def serve(caller: socket.socket) -> None:
        with caller:
            if caller.recv(4096):
                caller.sendall(answer)

    with socket.create_server(("127.0.8.1", VICTIM), backlog=1024) as listener:
        while True:
            caller, _ = listener.accept()
            # Some callers say nothing: they only want to know when this ends.
            threading.Thread(target=serve, args=(caller,), daemon=True).start()


def apart(module: str = "tests.bench.bench_checks") -> None:
    """Run *module* again in a network namespace of our own, with only a loopback."""
    if os.environ.get("LVSHA_BENCH_APART"):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True, timeout=10)
        return
    own = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "-r", "--net"]
    again = [sys.executable, "-m", module, *sys.argv[1:]]
    environment = {**os.environ, "LVSHA_BENCH_APART": "1"}
    raise SystemExit(subprocess.call([*own, *again], env=environment))


def say(line: str) -> None:
    """Print a result as soon as there is one."""
    print(line, flush=True)


def parsed(words: Sequence[str]) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mode", nargs="?", choices=("cpu", "detect"), default="cpu")
    parser.add_argument("--peer", action="append", choices=sorted(PEERS), default=[])
    parser.add_argument("--reals", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--hanging", type=int, nargs="+", default=[0, 1, 5, 20])
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--here", action="store_true", help="use this namespace")
    parser.add_argument("--json", type=Path, help="write the rows there, too")
    options = parser.parse_args(words)
    options.peer = list(dict.fromkeys(["lvsha", *options.peer]))
    return options


def main(words: Sequence[str]) -> None:
    """Measure, or be what is measured."""
    targets = [
        (address, int(port))
        for address, _, port in (word.partition(":") for word in words[1:])
        if port
    ]
    inner: dict[str, Callable[[], None]] = {
        "--load": lambda: asyncio.run(load(targets, float(words[1]))),
        "--bare": lambda: bare(targets),
        "--victim": victim,
    }
    if words and words[0] in inner:
        inner[words[0]]()
        return
    options = parsed(words)
    missing = [peer for peer in options.peer if not check_peers.installed(peer)]
    if missing:
        raise SystemExit(f"not installed: {', '.join(missing)}")
    if not options.here:
        apart()
    rows = cpu(options) if options.mode == "cpu" else detect(options)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
