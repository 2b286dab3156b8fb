"""Who looks at a lock is not who holds it."""

import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lvsha import lock


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[list[int]]:
    """Yield the same lock file, opened as two processes would."""
    path = tmp_path / "lock"
    path.write_text("4711\n")
    descriptors = [os.open(path, os.O_RDWR) for _ in range(2)]
    yield descriptors
    for descriptor in descriptors:
        os.close(descriptor)


def test_who_looks_does_not_keep_others_from_taking_the_lock(
    opened: list[int],
) -> None:
    looker, taker = opened
    fcntl.flock(looker, fcntl.LOCK_SH)
    looked = threading.Timer(0.1, fcntl.flock, (looker, fcntl.LOCK_UN))
    looked.start()

    lock.take(taker)

    looked.join()
    with pytest.raises(BlockingIOError):
        fcntl.flock(looker, fcntl.LOCK_SH | fcntl.LOCK_NB)


def test_a_lock_that_somebody_holds_is_refused_at_once(
    opened: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slept(_: float) -> None:
        pytest.fail("waited for somebody who holds the lock")

    owner, other = opened
    lock.take(owner)
    monkeypatch.setattr("time.sleep", slept)

    with pytest.raises(BlockingIOError):
        lock.take(other)


def test_the_holder_is_who_the_file_names_while_it_is_held(
    opened: list[int], tmp_path: Path
) -> None:
    path = tmp_path / "lock"

    assert lock.holder(path) is None
    lock.take(opened[0])
    assert lock.holder(path) == 4711
    assert lock.holder(tmp_path / "none") is None


def test_a_crowd_that_looks_keeps_nobody_from_taking_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            lock.holder(path)

    crowd = [threading.Thread(target=look) for _ in range(3)]
    for one in crowd:
        one.start()
    try:
        for _ in range(200):
            descriptor = os.open(path, os.O_RDWR)
            lock.take(descriptor)
            os.close(descriptor)
    finally:
        over.set()
        for one in crowd:
            one.join()
