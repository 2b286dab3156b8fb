from pathlib import Path

from lvsha.engine.watch import Watch

OLD, NEW = b"checkinterval=1\n", b"checkinterval=2\n"


def test_new_content_counts_once_two_looks_see_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "cf"
    path.write_bytes(OLD)
    watch = Watch(path, OLD, seconds=20)

    path.write_bytes(NEW)

    assert [watch.changed() for _ in range(4)] == [False, True, False, False]


def test_a_writer_that_is_not_done_is_left_to_finish(tmp_path: Path) -> None:
    path = tmp_path / "cf"
    path.write_bytes(OLD)
    watch = Watch(path, OLD, seconds=20)

    for size in range(1, 5):
        path.write_bytes(NEW * size)
        assert not watch.changed()

    assert watch.changed()


def test_a_touched_file_has_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "cf"
    path.write_bytes(OLD)
    watch = Watch(path, OLD, seconds=20)

    path.write_bytes(OLD)

    assert not any(watch.changed() for _ in range(3))


def test_a_change_before_the_first_look_is_noticed_b43(tmp_path: Path) -> None:
    path = tmp_path / "cf"
    path.write_bytes(NEW)

    watch = Watch(path, OLD, seconds=20)

    assert [watch.changed() for _ in range(2)] == [False, True]


def test_a_file_that_vanishes_and_returns_changed_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "cf"
    watch = Watch(path, OLD, seconds=20)
    assert not watch.changed()

    path.write_bytes(NEW)

    assert [watch.changed() for _ in range(2)] == [False, True]


def test_a_file_that_stays_away_is_lost_once_each_time(tmp_path: Path) -> None:
    path = tmp_path / "cf"
    watch = Watch(path, OLD, seconds=20)

    def looks(count: int) -> list[bool]:
        return [watch.changed() or watch.lost() for _ in range(count)]

    assert looks(4) == [False, True, False, False]
    path.write_bytes(OLD)
    assert not any(looks(3))
    path.unlink()
    assert looks(4) == [False, True, False, False]


def test_content_that_is_in_force_has_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "cf"
    path.write_bytes(NEW)
    watch = Watch(path, OLD, seconds=20)

    watch.accepted(NEW)

    assert not any(watch.changed() for _ in range(3))
