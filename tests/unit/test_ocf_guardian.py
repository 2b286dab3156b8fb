"""The guardian of a director, with real children that speak, hang and die."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from lvsha.ocf.guardian import guard

_SAY = """
import os, socket, time
ear = os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1)
def say(word):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mouth:
        mouth.sendto(word, ear)
"""
HANGS = f"{_SAY}\nsay(b'WATCHDOG=1'); time.sleep(600)"
FREEZES_AT_ONCE = f"{_SAY}\nsay(b'READY=1'); time.sleep(600)"
STARTS_SLOWLY = f"{_SAY}\ntime.sleep(1)"
STOPS_SLOWLY = f"{_SAY}\nsay(b'WATCHDOG=1\\nSTOPPING=1'); time.sleep(1)"
SPEAKS = f"{_SAY}\nfor _ in range(8): say(b'WATCHDOG=1'); time.sleep(0.5)"
DIES = "import os; os.abort()"
PATIENCE = 0.4
LONG = 3.0  # a busy machine may be slow to let anybody speak


@pytest.fixture(autouse=True)
def terminate() -> Iterator[None]:
    """Give the process its answer to SIGTERM back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def lives(*programs: str, patience: float = PATIENCE) -> tuple[int, int]:
    """Return the last status, and how many of *programs* were started."""
    rest = iter(programs)
    begun: list[str] = []

    def spawn(notify: str) -> "subprocess.Popen[bytes]":
        begun.append(next(rest))
        argv = [sys.executable, "-IS", "-c", begun[-1]]
        return subprocess.Popen(
            argv, env={"NOTIFY_SOCKET": notify}, stderr=subprocess.DEVNULL
        )

    return guard(spawn, patience), len(begun)


@pytest.mark.parametrize("program", [HANGS, FREEZES_AT_ONCE])
def test_one_that_hangs_is_killed_and_started_again(program: str) -> None:
    assert lives(program, "") == (0, 2)


@pytest.mark.parametrize("program", [STARTS_SLOWLY, STOPS_SLOWLY])
def test_who_has_not_begun_to_speak_or_is_stopping_does_not_hang(program: str) -> None:
    assert lives(program) == (0, 1)


def test_one_that_speaks_is_left_alone() -> None:
    assert lives(SPEAKS, patience=LONG) == (0, 1)


def test_one_that_hangs_or_dies_too_often_is_left_to_others() -> None:
    assert lives(DIES, HANGS, DIES, DIES, "") == (-signal.SIGABRT, 4)
