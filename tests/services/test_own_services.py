"""Services ldirectord does not know, against the real daemon."""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import pytest

from lvsha.checks.prober import Prober
from lvsha.identity import Protocol
from lvsha.model import Check, CheckType, Credentials, Verdict

HERE: Final = "127.0.0.1"
PRIMARY, REPLICA, NOBODY = 16379, 16380, 16381
SECONDS: Final = 60.0

REDIS: Final = Check(
    CheckType.NEGOTIATE,
    "redis",
    Protocol.TCP,
    ip_address(HERE),
    PRIMARY,
    10,
    10,
    request="/",
    credentials=Credentials("", "geheim"),
)


def verdict(check: Check) -> Verdict:
    """Return what a prober of its own says."""

    async def run() -> Verdict:
        prober = Prober()
        future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        try:
            prober.start(check, future.set_result)
            return await asyncio.wait_for(future, SECONDS)
        finally:
            prober.close()

    return asyncio.run(run())


@pytest.fixture(scope="module")
def _redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run a primary with a password, and a replica of it without one."""
    home = tmp_path_factory.mktemp("redis")
    common = ["redis-server", "--bind", HERE, "--save", "", "--dir", str(home)]
    primary = [*common, "--port", str(PRIMARY), "--requirepass", "geheim"]
    replica = [*common, "--port", str(REPLICA), "--masterauth", "geheim"]
    replica += ["--replicaof", HERE, str(PRIMARY)]
    running = [_started(argv, home) for argv in (primary, replica)]
    try:
        _wait_for(REDIS)
        _wait_for(replace(REDIS, port=REPLICA, credentials=Credentials()))
        yield
    finally:
        for daemon in running:
            daemon.kill()
            daemon.wait()


def _started(argv: list[str], home: Path) -> "subprocess.Popen[bytes]":
    with (home / "log").open("ab") as log:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _wait_for(check: Check) -> None:
    until = time.monotonic() + SECONDS
    while not (said := verdict(check)).passed:
        assert time.monotonic() < until, said.detail
        time.sleep(0.1)


@pytest.mark.usefixtures("_redis")
@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({}, ""),
        ({"credentials": Credentials("default", "geheim")}, ""),
        ({"credentials": Credentials()}, "PING: got '-NOAUTH"),
        ({"credentials": Credentials("", "no")}, "AUTH: got '-WRONGPASS"),
        ({"request": "/ROLE", "receive": "^master"}, ""),
        ({"request": "/ROLE", "receive": "^slave"}, "ROLE: nothing matches"),
        ({"request": "/INFO replication", "receive": "role:master"}, ""),
        ({"request": "/NONSENSE"}, 'NONSENSE: got "-ERR unknown command'),
        (
            {
                "port": REPLICA,
                "credentials": Credentials(),
                "request": "/ROLE",
                "receive": "^slave",
            },
            "",
        ),
        ({"port": NOBODY}, "connect: refused"),
        ({"service": "rediss"}, "TLS: "),
    ],
)
def test_redis_is_up_when_it_answers_as_the_operator_asked(
    changes: dict[str, object], detail: str
) -> None:
    said = verdict(replace(REDIS, **changes))  # type: ignore[arg-type]

    assert said.passed == (not detail), said.detail
    assert said.detail.startswith(detail)
    assert "geheim" not in said.detail
