"""A director, its view and its sysctls: a real engine on a real kernel."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from lvsha.asking import Answer, Unanswered, ask
from lvsha.ipvs import sysctl
from lvsha.lab.lab import CHECKOUT
from lvsha.ocf.install import installed
from tests.kernel.namespace import fresh

VIP: Final = "192.0.2.10"
_PATIENCE: Final = 60.0
_FILE: Final = """\
checkinterval = 1
checktimeout = 1
negotiatetimeout = 1
virtual = {vip}:80
        real = 127.0.0.1:{port} gate 3
        real = 127.0.0.2:1 gate 1
        checktype = connect
        scheduler = wlc
        protocol = tcp
"""
SYNC: Final = {"sync_threshold": "0 0", "conn_reuse_mode": "3", "backup_only": "0"}


@pytest.fixture
def before() -> Iterator[Mapping[str, str]]:
    """Be in a namespace of its own; say what its sysctls are."""
    with fresh():
        yield sysctls()


def sysctls() -> Mapping[str, str]:
    # Those of the thread that looks, which is not always the first one.
    return sysctl.read(SYNC, Path("/proc/thread-self/root/proc/sys/net/ipv4/vs"))


@pytest.fixture
def server(before: Mapping[str, str]) -> Iterator[int]:  # noqa: ARG001 - in there
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@contextmanager
def engine(
    folder: Path, port: int, name: str = "web"
) -> Iterator["subprocess.Popen[bytes]"]:
    """Have a director run that has its profile and has checked once."""
    file = folder / name
    file.write_text(_FILE.format(vip=VIP, port=port))
    argv = [sys.executable, "-m", "lvsha", "run", str(file), "--profile", "sync"]
    argv += ["--rundir", str(folder / "run")]
    running = subprocess.Popen(argv, cwd=CHECKOUT, stdout=subprocess.DEVNULL)
    try:
        answer(folder, {"do": "ping"}, name)
        yield running
    finally:
        running.kill()
        running.wait(_PATIENCE)


def answer(folder: Path, question: dict[str, object], name: str = "web") -> Answer:
    """Return the answer of a director that is ready."""
    until = time.monotonic() + _PATIENCE
    control = folder / "run" / name / "control"
    while True:
        try:
            if ask(control, {"do": "ping"}, seconds=_PATIENCE).get("ready"):
                return ask(control, question, seconds=_PATIENCE)
        except (Unanswered, OSError):
            if time.monotonic() > until:
                raise
        time.sleep(0.05)


def end(running: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    running.send_signal(number)
    running.wait(_PATIENCE)


def test_a_director_sees_the_share_of_weight_that_answers(
    server: int, tmp_path: Path
) -> None:
    with engine(tmp_path, server):
        view = answer(tmp_path, {"do": "view", "addresses": [VIP]})

    assert (view["lost"], view["active"], view["refused"]) == (0.25, 0, False)


def test_sysctls_are_set_while_it_works_and_set_back_when_it_stops(
    server: int, before: Mapping[str, str], tmp_path: Path
) -> None:
    with engine(tmp_path, server) as running:
        meanwhile = sysctls()
        end(running, signal.SIGTERM)

    assert meanwhile == SYNC != before
    assert sysctls() == before
    assert not (tmp_path / "run" / "sync" / "profile.json").exists()


def test_the_next_life_of_one_that_was_killed_sets_them_back(
    server: int, before: Mapping[str, str], tmp_path: Path
) -> None:
    with engine(tmp_path, server) as running:
        end(running, signal.SIGKILL)
        meanwhile = sysctls()
    with engine(tmp_path, server) as running:
        end(running, signal.SIGTERM)

    assert meanwhile == SYNC
    assert sysctls() == before


def test_a_stop_of_the_resource_sets_back_what_one_that_was_killed_left(
    server: int, before: Mapping[str, str], tmp_path: Path
) -> None:
    agent = tmp_path / "director"
    text = (CHECKOUT / "agents" / "ocf" / "director").read_text()
    agent.write_text(
        installed(text, interpreter="/usr/bin/python3", site=str(CHECKOUT))
    )
    agent.chmod(0o755)
    with engine(tmp_path, server) as running:
        end(running, signal.SIGKILL)
    given = {
        "OCF_RESKEY_configfile": str(tmp_path / "web"),
        "OCF_RESKEY_rundir": str(tmp_path / "run"),
        "PATH": os.environ["PATH"],
    }
    subprocess.run([agent, "stop"], check=True, env=given, timeout=_PATIENCE)

    assert sysctls() == before


def test_the_last_of_two_directors_sets_them_back(
    server: int, before: Mapping[str, str], tmp_path: Path
) -> None:
    with engine(tmp_path, server) as one, engine(tmp_path, server, "other") as two:
        end(one, signal.SIGTERM)
        meanwhile = sysctls()
        end(two, signal.SIGTERM)

    assert meanwhile == SYNC
    assert sysctls() == before
