"""Options ldirectord does not have, by the director as a process on the real kernel."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from lvsha.ipvs.listing import parsed
from tests.kernel.differential import (
    OURS,
    Be,
    Case,
    Side,
    Start,
    Step,
    held,
    rows,
    side,
)
from tests.kernel.differential_servers import Mood, Town
from tests.kernel.differential_site import (
    A_DOWN,
    A_UP,
    B_DOWN,
    B_UP,
    BOTH,
    NONE,
    ONLY_A,
    SITE,
    WEB,
    A,
    B,
)
from tests.kernel.namespace import entered

AGENT: Final = "127.0.0.2:8999"
MORTAL: Final = "127.0.0.4"
# Listens there, keeps every connection and says nothing.
LISTENING: Final = f"""\
import socket
server = socket.create_server(("{MORTAL}", 80))
kept = []
while True:
    kept.append(server.accept())
"""
# Its sockets in the kernel's list: the one that listens, and an established one.
LISTENS: Final = re.compile(r"0400007F:0050 [0-9A-F:]+ 0A")
CONNECTED: Final = re.compile(r"0400007F:0050 [0-9A-F:]+ 01")


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Provide the thread that real servers live in."""
    there = Town()
    yield there
    there.close()


@contextmanager
def directed(town: Town, place: Path, text: str, *servers: str) -> Iterator[Side]:
    """Direct the site with *text* added, real servers and *servers* being up."""
    case = Case("", SITE + text, (), (A, B, *servers))
    with side(OURS, place, case, town) as here:
        here.do([Start()])
        ends_with(here, BOTH)
        yield here


def ends_with(here: Side, table: str, *steps: Step) -> None:
    """Do *steps*; the table becomes *table* and stays so for half a second."""
    here.do(steps)
    wanted = parsed(table)
    assert held(lambda: here.table() == wanted, 0.5), here.seen().text + here.log()


def weights(here: Side) -> dict[str, int]:
    """Return the weights in the only virtual service there is."""
    (service,) = here.table().values()
    return {str(at): row.weight for at, row in service.destinations.items()}


def sockets(here: Side) -> str:
    """Return the TCP sockets there are, as the kernel lists them."""
    return here.run("cat", "/proc/net/tcp").stdout


def test_a_recovered_server_gets_its_weight_in_steps(
    town: Town, tmp_path: Path
) -> None:
    with directed(town, tmp_path, "\tslowstart = 4\n\tcheckinterval = 1\n") as here:
        ends_with(here, ONLY_A, B_DOWN)
        seen: list[tuple[int, int]] = []

        def grown() -> bool:
            now = weights(here)
            if B in now and (now[A], now[B]) not in seen[-1:]:
                seen.append((now[A], now[B]))
            return now == {A: 2, B: 5}

        here.do([B_UP])
        assert held(grown, 0.5), here.seen().text + here.log()
        # Multiplied by ten while it grows; a slow machine may miss some steps.
        assert len(seen) >= 4
        assert seen[-1] == (2, 5)
        assert all(pair[0] == 20 and pair[1] < 50 for pair in seen[:-1])
        assert seen == [*sorted(seen[:-1]), (2, 5)]
        ends_with(here, BOTH)


def test_in_a_panic_all_are_used_and_after_it_only_who_is_up(
    town: Town, tmp_path: Path
) -> None:
    text = "\tpanicthreshold = 50\n\tcheckinterval = 1\n"
    with directed(town, tmp_path, text) as here:
        ends_with(here, ONLY_A, B_DOWN)
        ends_with(here, BOTH, A_DOWN)
        assert any("PANIC: virtual server 10.0.0.1:80" in line for line in here.said())
        ends_with(here, ONLY_A, A_UP)
        assert any("PANIC over" in line for line in here.said())
        ends_with(here, BOTH, B_UP)


def test_without_a_threshold_nobody_is_left(town: Town, tmp_path: Path) -> None:
    with directed(town, tmp_path, "\tcheckinterval = 1\n") as here:
        ends_with(here, NONE, A_DOWN, B_DOWN)


def test_all_checks_of_a_server_must_pass_or_any_of_them(
    town: Town, tmp_path: Path
) -> None:
    text = "\talsocheck = connect:81\n\tcheckinterval = 1\n"
    others = ("127.0.0.2:81", "127.0.0.3:81")
    with directed(town, tmp_path / "all", text, *others) as here:
        ends_with(here, ONLY_A, Be(others[1], Mood.DOWN))
        ends_with(here, BOTH, Be(others[1], Mood.UP))
    with directed(
        town, tmp_path / "any", text + "\tcheckmode = any\n", *others
    ) as here:
        ends_with(here, ONLY_A, Be(others[1], Mood.DOWN), B_DOWN)
        ends_with(here, BOTH, B_UP)


def test_the_statuses_that_are_good_are_the_operators(
    town: Town, tmp_path: Path
) -> None:
    text = '\thttpstatus = 200,500-599\n\treceive = "is"\n\tcheckinterval = 1\n'
    with directed(town, tmp_path, text) as here:
        ends_with(here, BOTH, Be(A, Mood.ERROR))
        ends_with(here, ONLY_A, B_DOWN)


def test_an_agent_sets_the_weight_beside_the_check(town: Town, tmp_path: Path) -> None:
    text = '\tagentport = 8999\n\tagentinterval = 1\n\tagentsend = "?\\n"\n'
    with directed(town, tmp_path, text + "\tcheckinterval = 1\n", AGENT) as here:
        # Half of 2 to 5 is 10 to 50: a share may be one that 2 has no whole part for.
        halved = rows(f"{WEB} -s wlc", f"{A} -g -w 10", f"{B} -g -w 50")
        drained = rows(f"{WEB} -s wlc", f"{A} -g -w 0", f"{B} -g -w 5")

        ends_with(here, halved, Be(AGENT, Mood.HALF))
        ends_with(here, drained, Be(AGENT, Mood.DRAIN))
        # Nobody answers any more: what was said last counts.
        ends_with(here, drained, Be(AGENT, Mood.DOWN))
        ends_with(here, halved, Be(AGENT, Mood.READY))
        ends_with(here, rows(f"{WEB} -s wlc", f"{B} -g -w 5"), A_DOWN)
        ends_with(here, halved, A_UP)
        assert any("says: up drain 50%" in line for line in here.said())


def test_a_killed_process_is_missed_long_before_the_next_check(
    town: Town, tmp_path: Path
) -> None:
    text = f"""\
virtual = 10.0.0.1:80
	real = 127.0.0.2:80 gate 2
	real = {MORTAL}:80 gate 5
	checktype = connect
	checkinterval = 3600
	tripwire = yes
	scheduler = wlc
	protocol = tcp
"""
    with side(OURS, tmp_path, Case("", text, (), (A,)), town) as here:
        with entered(here.inside):
            mortal = subprocess.Popen([sys.executable, "-c", LISTENING])
        try:
            assert held(lambda: bool(LISTENS.search(sockets(here))), 0)
            here.do([Start()])
            both = rows(f"{WEB} -s wlc", f"{A} -g -w 2", f"{MORTAL}:80 -g -w 5")
            ends_with(here, both)
            assert held(lambda: bool(CONNECTED.search(sockets(here))), 0)
        finally:
            mortal.kill()
            mortal.wait()
        ends_with(here, ONLY_A)
