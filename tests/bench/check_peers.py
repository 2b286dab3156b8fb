"""Who is measured by the checks' benchmark, and what is checked: set up and torn down.

On a kernel without IPVS, ldirectord is given an ipvsadm that only keeps a
journal and keepalived a library that says every request went well; their checks
are untouched. With IPVS both run as they are.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

PORT: Final = 18080
COUNTER: Final = 18081
PAGE: Final = "I am still alive\n"

TICK: Final = 1 / os.sysconf("SC_CLK_TCK")
READY: Final = 60.0

NGINX: Final = """
worker_processes 1; daemon off; pid {room}/nginx.pid; error_log {room}/nginx.log crit;
events {{ worker_connections 8192; }}
http {{
  access_log off; root {room}/www;
  server {{ listen 0.0.0.0:{port} backlog=4096; }}
  server {{ listen 127.0.0.1:{counter}; location / {{ stub_status; }} }}
}}
"""

# Keeps a journal of what it was told, and tells it as a table.
IPVSADM: Final = r"""
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
static char rows[4096][64];
static int list(void) {
    char line[4096], *at;
    int count = 0, served = 0, i;
    FILE *journal = fopen(LOG, "r");
    while (journal && fgets(line, sizeof line, journal)) {
        served |= strstr(line, " -A ") != 0;
        if (!(at = strstr(line, " -r "))) continue;
        strtok(at + 4, " \n");
        for (i = 0; i < count && strcmp(rows[i], at + 4); i++);
        if (strstr(line, " -d ")) { if (i < count) strcpy(rows[i], rows[--count]); }
        else if (i == count && count < 4096) strncpy(rows[count++], at + 4, 63);
    }
    puts("IP Virtual Server version 1.2.1 (size=4096)\n"
         "Prot LocalAddress:Port Scheduler Flags\n"
         "  -> RemoteAddress:Port   Forward Weight ActiveConn InActConn");
    if (served) puts("TCP  127.0.0.1:18090 rr");
    for (i = 0; i < count; i++)
        printf("  -> %-28s Masq    1      0          0\n", rows[i]);
    return 0;
}
int main(int argc, char **argv) {
    char line[4096];
    struct timespec now;
    int n, i, fd;
    for (i = 1; i < argc; i++) if (!strncmp(argv[i], "-L", 2)) return list();
    clock_gettime(CLOCK_MONOTONIC, &now);
    n = snprintf(line, sizeof line, "%ld.%09ld", (long) now.tv_sec, now.tv_nsec);
    for (i = 1; i < argc && n < 4000; i++)
        n += snprintf(line + n, sizeof line - n, " %s", argv[i]);
    line[n++] = '\n';
    fd = open(LOG, O_WRONLY | O_CREAT | O_APPEND, 0644);
    return write(fd, line, n) != n;
}
"""

# Says that every request went well: the callbacks for the end of an answer and
# for an acknowledgement (libnl's NL_CB_FINISH and NL_CB_ACK) are called at once.
LIBNL: Final = """
static int (*told[16])(void *, void *);
static void *with[16];
int genl_ctrl_resolve(void *sock, const char *name) { return 99; }
int nl_send_auto(void *sock, void *message) { return 1; }
int nl_socket_modify_cb(void *sock, int type, int kind, void *call, void *word) {
    if (type >= 0 && type < 16) { told[type] = call; with[type] = word; }
    return 0;
}
int nl_recvmsgs_default(void *sock) {
    if (told[1]) told[1](0, with[1]);
    if (told[4]) told[4](0, with[4]);
    return 0;
}
"""

KEEPALIVED: Final = """
real_server {address} {port} {{ weight 1
  HTTP_GET {{ url {{ path /test.html
    status_code 200
    regex "still alive" }}
    connect_timeout 3
    delay_loop {interval:.5f}
    delay_before_retry {interval:.5f}
    retry 0 }} }}
"""


class Room:
    """A directory of files, and the processes that go when it does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ipvs = Path("/proc/net/ip_vs").exists()
        self.programs = contextlib.ExitStack()

    def start(
        self, words: Sequence[str], *, cpu: int, env: dict[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        """Run *words* on one CPU of its own until the room is left."""
        pinned = ["taskset", "-c", str(cpu % (os.cpu_count() or 1)), *words]
        child = subprocess.Popen(
            pinned,
            stdin=subprocess.DEVNULL,
            stdout=(self.path / "output").open("ab"),
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
        self.programs.callback(stop, child)
        return child

    def built(self, name: str, source: str, *flags: str) -> Path:
        """Return *source* compiled."""
        made = self.path / name
        code = made.with_suffix(".c")
        code.write_text(source)
        subprocess.run(
            ["cc", "-O2", "-w", *flags, "-o", str(made), str(code)],
            check=True,
            timeout=60,
        )
        return made


def stop(child: "subprocess.Popen[bytes]") -> None:
    """End *child* and whatever it started."""
    for number, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(patience)
            break
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def addresses(count: int) -> list[str]:
    """Return the addresses of *count* real servers, all of them this host's."""
    return [f"127.0.{1 + i // 250}.{1 + i % 250}" for i in range(count)]


def serve(room: Room) -> None:
    """Start nginx, on the last CPU."""
    (room.path / "www").mkdir(exist_ok=True)
    (room.path / "www" / "test.html").write_text(PAGE)
    (room.path / "www").chmod(0o755)
    conf = room.path / "nginx.conf"
    conf.write_text(NGINX.format(room=room.path, port=PORT, counter=COUNTER))
    room.start(["nginx", "-c", str(conf)], cpu=-1)
    wait_until(lambda: answers(COUNTER))
    wait_until(lambda: answers(PORT))


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether somebody accepts connections."""
    with socket.socket() as sock:
        return sock.connect_ex((host, port)) == 0


def wait_until(true: Callable[[], bool], *, seconds: float = READY) -> None:
    """Return once *true* is, which must be within *seconds*."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise TimeoutError(f"not ready within {seconds:g} s")
        time.sleep(0.02)


def requests() -> int:
    """Return how many requests nginx has answered, a question here being one."""
    with socket.create_connection(("127.0.0.1", COUNTER), 10) as sock:
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        text = b"".join(iter(lambda: sock.recv(4096), b""))
    return int(text.partition(b"requests\n")[2].split()[2])


def wait_for_checks(count: int, *, seconds: float = 600) -> None:
    """Return once nginx has answered *count* more requests than are ours here."""
    asked, before = 0, requests()

    def enough() -> bool:
        nonlocal asked
        asked += 1
        return requests() - before - asked >= count

    wait_until(enough, seconds=seconds)


def cpu_seconds(leader: int) -> float:
    """Return the CPU time used by the session of *leader*, children waited for too."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == leader:
                ticks += sum(map(int, fields[11:15]))
    return ticks * TICK


def lvsha(room: Room, reals: Sequence[tuple[str, int]], interval: float) -> int:
    """Start our prober; return its session."""
    words = [sys.executable, "-m", "tests.bench.bench_checks", "--load", str(interval)]
    targets = [f"{address}:{port}" for address, port in reals]
    return room.start([*words, *targets], cpu=0).pid


def bare(room: Room, reals: Sequence[tuple[str, int]], interval: float) -> int:
    """Start the least a Python loop over epoll can do; return its session."""
    del interval
    words = [sys.executable, "-m", "tests.bench.bench_checks", "--bare"]
    targets = [f"{address}:{port}" for address, port in reals]
    return room.start([*words, *targets], cpu=0).pid


def ldirectord(room: Room, reals: Sequence[tuple[str, int]], interval: float) -> int:
    """Start ldirectord at its shortest interval, a second; return its session."""
    del interval
    lines = [
        "checktimeout = 3", "negotiatetimeout = 3", "checkinterval = 1",
        "quiescent = no", "supervised = yes", f'logfile = "{room.path}/ldirectord.log"',
        "virtual = 127.0.0.1:18090",
        *(f"\treal = {address}:{port} masq" for address, port in reals),
        "\tservice = http", '\trequest = "test.html"', '\treceive = "still alive"',
        "\tscheduler = rr", "\tprotocol = tcp", "\tchecktype = negotiate",
    ]  # fmt: skip
    conf = room.path / "ldirectord.cf"
    conf.write_text("\n".join(lines) + "\n")
    program = "/usr/sbin/ldirectord"
    env = {}
    if not room.ipvs:
        log = f'-DLOG="{room.path}/ipvsadm.log"'
        stub = room.built("ipvsadm", IPVSADM, log)
        text = Path(program).read_text()
        program = str(room.path / "ldirectord")
        Path(program).write_text(text.replace("/sbin/ipvsadm", str(stub)))
        Path(program).chmod(0o755)
        env = {"PATH": f"{room.path}:{os.environ['PATH']}"}
    return room.start(["perl", program, str(conf), "start"], cpu=0, env=env).pid


def keepalived(room: Room, reals: Sequence[tuple[str, int]], interval: float) -> int:
    """Start keepalived's checkers; return its session."""
    blocks = "".join(
        KEEPALIVED.format(address=address, port=port, interval=interval)
        for address, port in reals
    )
    conf = room.path / "keepalived.conf"
    conf.write_text(
        "global_defs { checker_log_all_failures no }\n"
        f"virtual_server 127.0.0.1 18090 {{ delay_loop {interval:.5f}\nlvs_sched rr\n"
        f"lvs_method NAT\nprotocol TCP\n{blocks} }}\n"
    )
    env = {}
    if not room.ipvs:
        env["LD_PRELOAD"] = str(room.built("libnl.so", LIBNL, "-shared", "-fPIC"))
    words = ["keepalived", "-n", "-C", "-l", "-G", "-f", str(conf)]
    words += ["-p", str(room.path / "k.pid"), "-c", str(room.path / "c.pid")]
    return room.start(words, cpu=0, env=env).pid


def tripwire(room: Room, reals: Sequence[tuple[str, int]], interval: float) -> int:
    """Start a director with a wire to each real server; return its session."""
    words = [sys.executable, "-m", "tests.bench.wired", str(interval)]
    targets = [f"{address}:{port}" for address, port in reals]
    return room.start([*words, *targets], cpu=0).pid


PEERS: Final = {
    "lvsha": lvsha,
    "tripwire": tripwire,
    "bare": bare,
    "keepalived": keepalived,
    "ldirectord": ldirectord,
}


def installed(peer: str) -> bool:
    """Tell whether *peer* is on this machine."""
    return peer in ("lvsha", "tripwire", "bare") or shutil.which(peer) is not None


@contextlib.contextmanager
def room_in(path: Path) -> Iterator[Room]:
    """Give a room, and end everything in it."""
    room = Room(path)
    with room.programs:
        yield room
