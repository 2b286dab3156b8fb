"""The director as a process on the real kernel: its lives, its end, others' hands."""

import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from lvsha.ipvs.kernel import Kernel
from lvsha.ipvs.listing import parsed
from lvsha.ipvs.table import Table
from tests.kernel.differential import (
    OURS,
    ByHand,
    Case,
    Rewrite,
    Run,
    Side,
    Start,
    Step,
    Stop,
    held,
    side,
)
from tests.kernel.differential_servers import Town
from tests.kernel.differential_site import (
    B_DOWN,
    BOTH,
    FOREIGN,
    ONLY_A,
    SITE,
    WEB,
    A,
    B,
)
from tests.kernel.namespace import entered

# Longer than it takes to look at the whole table for what others changed.
A_WHILE: Final = 6.0
FAILED: Final = 1
# Something in a virtual service that is nobody's.
BY_OTHERS: Final = (
    ByHand("-A -t 10.0.0.99:99 -s rr"),
    ByHand("-a -t 10.0.0.99:99 -r 127.0.0.99:99 -g -w 3"),
)
# What the log says of an operation on the table, by its first word.
OPERATIONS: Final = {
    "Added",
    "Changed",
    "Deleted",
    "Purged",
    "Quiescent",
    "Readd",
    "Restored",
}


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Provide the thread that real servers live in."""
    there = Town()
    yield there
    there.close()


@pytest.fixture
def here(town: Town, tmp_path: Path) -> Iterator[Side]:
    """Provide a namespace with two real servers and a configuration."""
    with side(OURS, tmp_path, Case("", SITE, ()), town) as made:
        yield made


@pytest.fixture
def without_ip_vs(here: Side) -> Iterator[None]:  # noqa: ARG001 - opens the kernel
    """Take ip_vs out of the kernel, and let it not come back by itself."""
    barred = Path("/etc/modprobe.d/lvsha-tests.conf")
    barred.write_text("install ip_vs /bin/false\n")
    try:
        # Namespaces of tests before go away, with what uses the modules, in time.
        assert held(_unloaded, 0)
        yield
    finally:
        barred.unlink()
        subprocess.run(["modprobe", "ip_vs"], check=True, timeout=30)


def _unloaded() -> bool:
    loaded = [
        line.split()[0] for line in Path("/proc/modules").read_text().splitlines()
    ]
    names = [name for name in loaded if name.startswith("ip_vs_")]
    names += [name for name in loaded if name == "ip_vs"]
    if not names:
        return True
    argv = ["rmmod", *names]
    return subprocess.run(argv, check=False, timeout=30).returncode == 0


def ends_with(here: Side, table: str, *steps: Step, seconds: float = 0.5) -> None:
    """Do *steps*; the table becomes *table* and stays so for *seconds*."""
    here.do(steps)
    wanted = parsed(table)
    assert held(lambda: here.table() == wanted, seconds), here.seen().text + here.log()


def operations(here: Side) -> list[str]:
    """Return what the director said of operations on the table."""
    said = [line.partition("] ")[2] for line in here.said()]
    return [line for line in said if line.split(" ", 1)[0] in OPERATIONS]


@contextmanager
def watched(here: Side) -> Iterator[list[Table]]:
    """Look at the table all the time; list every other one than that at first."""
    others: list[Table] = []
    done = threading.Event()

    def look(kernel: Kernel, first: Table) -> None:
        while not done.wait(0.002):
            if (table := kernel.read()) != first:
                others.append(table)

    with entered(here.inside):
        kernel = Kernel.open()
    with kernel:
        thread = threading.Thread(target=look, args=(kernel, kernel.read()))
        thread.start()
        try:
            yield others
        finally:
            done.set()
            thread.join()


def test_a_start_makes_the_table(here: Side) -> None:
    ends_with(here, BOTH, Start())

    assert sorted(operations(here)) == [
        "Added real server: 127.0.0.2:80 (10.0.0.1:80) (Weight set to 2)",
        "Added real server: 127.0.0.3:80 (10.0.0.1:80) (Weight set to 5)",
        "Added virtual server: 10.0.0.1:80",
    ]


def test_the_table_survives_kill_9_and_the_next_life_changes_nothing(
    here: Side,
) -> None:
    ends_with(here, BOTH, Start())
    here.do([Stop(signal.SIGKILL)])

    with watched(here) as others:
        assert here.status == -signal.SIGKILL
        ends_with(here, BOTH, seconds=A_WHILE)
        before = len(operations(here))
        ends_with(here, BOTH, Start(), seconds=A_WHILE)

    assert others == []
    assert any("Starting Linux Director" in line for line in here.said()[-3:])
    assert operations(here)[before:] == []


def test_a_connection_through_the_director_outlives_it(here: Side) -> None:
    masq = SITE.replace("gate", "masq").replace("10.0.0.1:80", "10.0.0.1:81")
    there = BOTH.replace("-g", "-m").replace("10.0.0.1:80", "10.0.0.1:81")
    here.do([Run("ip address add 10.0.0.1/32 dev lo"), Rewrite(masq, signal=0)])
    ends_with(here, there, Start())

    with entered(here.inside), socket.create_connection(("10.0.0.1", 81), 10) as client:
        here.do([Stop(signal.SIGKILL)])
        client.sendall(b"GET /test HTTP/1.0\r\n")
        ends_with(here, there, Start(), seconds=A_WHILE)
        client.sendall(b"\r\n")
        said = client.recv(4096)

    assert b"still alive" in said


def test_a_server_that_went_down_between_two_lives_is_taken_out(here: Side) -> None:
    ends_with(here, BOTH, Start())

    ends_with(here, ONLY_A, Stop(signal.SIGKILL), B_DOWN, Start())


def test_what_others_changed_is_put_right_and_what_is_theirs_stays(here: Side) -> None:
    ends_with(here, BOTH + FOREIGN, *BY_OTHERS, Start())
    theirs = FOREIGN.replace("-w 3", "-w 8")

    ends_with(
        here,
        BOTH + theirs,
        ByHand(f"-e {WEB} -r {A} -i -w 9 -x 7"),
        ByHand(f"-d {WEB} -r {B}"),
        ByHand(f"-a {WEB} -r 127.0.0.77:80 -g -w 1"),
        ByHand(f"-E {WEB} -s rr -p 30"),
        ByHand("-e -t 10.0.0.99:99 -r 127.0.0.99:99 -g -w 8"),
    )
    ends_with(here, BOTH + theirs, ByHand(f"-D {WEB}"))


def test_a_stop_takes_out_what_is_ours_and_nothing_else(here: Side) -> None:
    ends_with(here, BOTH + FOREIGN, *BY_OTHERS, Start())

    ends_with(here, FOREIGN, Stop())
    assert here.status == 0


def test_a_stop_with_cleanstop_no_leaves_the_table(here: Side) -> None:
    kept = "cleanstop = no\n" + SITE
    taken = SITE.replace("10.0.0.1:80", "10.0.0.2:80") + "\tcleanstop = yes\n"
    here.do([Rewrite(kept + taken, signal=0)])
    ends_with(here, BOTH + BOTH.replace("10.0.0.1", "10.0.0.2"), Start())

    ends_with(here, BOTH, Stop())
    assert here.status == 0


def test_rows_of_an_earlier_life_that_nobody_wants_any_more_are_removed(
    here: Side,
) -> None:
    second = SITE.replace("10.0.0.1:80", "10.0.0.2:80")
    here.do([Rewrite(SITE + second, signal=0)])
    both = BOTH + BOTH.replace("10.0.0.1", "10.0.0.2")
    ends_with(here, both + FOREIGN, *BY_OTHERS, Start())

    ends_with(
        here, BOTH + FOREIGN, Stop(signal.SIGKILL), Rewrite(SITE, signal=0), Start()
    )


def test_two_directors_never_drive_one_file(here: Side) -> None:
    ends_with(here, BOTH, Start())
    again = [*here.argv(), "--instance", "another"]

    with watched(here) as others:
        same, other = (here.run(*argv, check=False) for argv in (here.argv(), again))

    assert (same.returncode, same.stdout) == (FAILED, "")
    assert same.stderr == f"lvsha: instance 'ld.cf' is already run by pid {here.pid}\n"
    assert (other.returncode, other.stdout) == (FAILED, "")
    assert other.stderr == (
        f"lvsha: configuration '{here.place / 'ld.cf'}'"
        f" is already run by pid {here.pid}\n"
    )
    assert others == []
    assert here.status is None


def test_without_the_capability_it_says_so_and_ends(here: Side) -> None:
    less = ("setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin")

    ended = here.run(*less, *here.argv(), check=False)

    assert ended.returncode == FAILED
    assert "CAP_NET_ADMIN" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.usefixtures("without_ip_vs")
def test_without_ip_vs_it_says_so_and_ends(here: Side) -> None:
    ended = here.run(*here.argv(), check=False)

    assert ended.returncode == FAILED
    assert "ip_vs" in ended.stderr
    assert "Traceback" not in ended.stderr
