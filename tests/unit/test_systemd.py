import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from lvsha.engine import systemd


@pytest.fixture(params=["path", "abstract"])
def supervisor(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[socket.socket]:
    name = str(tmp_path / "notify")
    if request.param == "abstract":
        name = "@" + name
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0"))
        listening.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        yield listening


def test_the_supervisor_hears_of_a_life(supervisor: socket.socket) -> None:
    systemd.ready("1 virtual service")
    systemd.status("all\nup")
    systemd.alive()
    systemd.stopping()

    assert supervisor.recv(999) == b"READY=1\nSTATUS=1 virtual service"
    assert supervisor.recv(999) == b"STATUS=all up"
    assert supervisor.recv(999) == b"WATCHDOG=1"
    assert supervisor.recv(999) == b"STOPPING=1"


def test_a_reload_has_its_time(supervisor: socket.socket) -> None:
    systemd.reloading()

    word, time = supervisor.recv(999).decode().split("\n")
    assert word == "RELOADING=1"
    assert int(time.removeprefix("MONOTONIC_USEC=")) > 0


def test_nobody_there_is_nobody_hurt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not systemd.notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    assert not systemd.notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", "vsock:2:1234")
    assert not systemd.notify("READY=1")


def test_a_supervisor_that_does_not_listen_is_not_waited_for(
    supervisor: socket.socket,
) -> None:
    while systemd.notify("WATCHDOG=1"):
        pass

    assert supervisor.recv(999) == b"WATCHDOG=1"


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": str(os.getpid())}, 1.0),
    ],
)
def test_the_watchdog_says_how_often(
    environment: dict[str, str], seconds: float | None
) -> None:
    assert systemd.watchdog_seconds(environment) == seconds


@pytest.mark.parametrize(
    ("microseconds", "pause"), [("0", 1.0), ("30000000", 1.0), ("600000", 0.2)]
)
def test_the_watchdog_is_petted_three_times_as_often_as_it_wants(
    microseconds: str, pause: float
) -> None:
    environment = {"WATCHDOG_USEC": microseconds}

    assert systemd.pace(1.0, environment) == pytest.approx(pause)
