"""A file system that hangs: a look never ends, and nobody else waits for it."""

import os
import threading
from pathlib import Path

import pytest

from lvsha.engine.lookout import Lookout
from lvsha.engine.maintenance import Maintenance
from lvsha.engine.watch import Watch
from tests.directing import VIP, A, at, real, virtual

AGES = 20.0


class Mount:
    """A look that hangs until it is let go."""

    def __init__(self) -> None:
        self.looks = 0
        self.alive = threading.Event()

    def look(self) -> str:
        self.looks += 1
        assert self.alive.wait(AGES)
        return f"look {self.looks}"


def end_of(name: str) -> None:
    """Wait for the thread called *name*."""
    for thread in threading.enumerate():
        if thread.name == name:
            thread.join(AGES)


def test_a_look_that_ends_in_time_is_returned() -> None:
    assert Lookout[str]("test").look(lambda: "seen", AGES) == "seen"


def test_a_look_that_hangs_is_the_only_one_and_is_returned_when_it_ends() -> None:
    mount = Mount()
    lookout = Lookout[str]("hanging")

    assert [lookout.look(mount.look, 0.01) for _ in range(3)] == [None] * 3
    assert mount.looks == 1
    assert [lookout.hangs() for _ in range(2)] == [True, False]
    mount.alive.set()
    end_of("hanging")
    assert lookout.look(mount.look, AGES) == "look 1"
    assert not lookout.hangs()
    assert lookout.look(mount.look, AGES) == "look 2"


def test_what_goes_wrong_in_a_look_goes_wrong_here() -> None:
    def look() -> str:
        raise OSError("no such mount")

    lookout = Lookout[str]("test")
    with pytest.raises(OSError, match="no such mount"):
        lookout.look(look, AGES)
    assert lookout.look(lambda: "seen", AGES) == "seen"


def test_a_file_that_does_not_answer_has_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "cf"
    # Opening a fifo hangs until somebody writes, like a mount that has died.
    os.mkfifo(path)
    watch = Watch(path, b"", seconds=0.2)

    assert not any(watch.changed() for _ in range(3))
    assert watch.hangs()
    assert not watch.lost()

    path.open("wb").close()


def test_a_folder_that_does_not_answer_keeps_who_is_in_maintenance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = virtual(real(A))
    (tmp_path / A).touch()
    maintenance = Maintenance(lambda _: "", (AGES, 0.05))
    before = maintenance.seats(str(tmp_path), {VIP: service})
    alive = threading.Event()

    def iterdir(_: Path) -> list[Path]:
        assert alive.wait(AGES)
        return []

    with monkeypatch.context() as dead:
        dead.setattr(Path, "iterdir", iterdir)
        during = maintenance.seats(str(tmp_path), {VIP: service})
        assert maintenance.hangs()
        alive.set()
    maintenance.close()

    assert before == during == frozenset({(VIP, at(A))})
