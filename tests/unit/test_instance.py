import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lvsha.engine.instance import (
    Busy,
    Instance,
    PidFile,
    found,
    name_of,
    run_directory,
)

ROOT = Path(__file__).parents[2]

# Holds an instance until its standard input is closed.
HOLDER = """
import sys
from pathlib import Path
from lvsha.engine.instance import Instance
with Instance(sys.argv[1], Path(sys.argv[2])).held(Path(sys.argv[3])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(name: str, rundir: Path, configuration: Path) -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, name, str(rundir), str(configuration)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        yield child.pid


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "etc" / "site.cf"
    path.parent.mkdir()
    path.touch()
    return path


def test_running_is_holding_the_lock(tmp_path: Path, configuration: Path) -> None:
    instance = Instance("site.cf", tmp_path / "run")

    assert not instance.running()
    with instance.held(configuration):
        assert instance.running()
        assert instance.holder() == os.getpid()
    assert not instance.running()
    assert instance.holder() is None


def test_a_pid_left_behind_is_not_running_b27(
    tmp_path: Path, configuration: Path
) -> None:
    instance = Instance("site.cf", tmp_path)
    with instance.held(configuration):
        pass
    instance.lock.write_text(f"{os.getpid()}\n")

    assert not instance.running()


def test_another_process_is_busy_and_named(tmp_path: Path, configuration: Path) -> None:
    instance = Instance("site.cf", tmp_path)
    with holder("site.cf", tmp_path, configuration) as pid:
        named = f"'site.cf' is already run by pid {pid}$"
        with pytest.raises(Busy, match=named), instance.held(configuration):
            pass
        assert instance.holder() == pid

    with instance.held(configuration):
        assert instance.holder() == os.getpid()


def test_a_killed_director_holds_nothing(tmp_path: Path, configuration: Path) -> None:
    instance = Instance("site.cf", tmp_path)
    with holder("site.cf", tmp_path, configuration) as pid:
        os.kill(pid, signal.SIGKILL)

    with instance.held(configuration):
        assert instance.running()


def test_two_names_cannot_drive_one_file_b28(
    tmp_path: Path, configuration: Path
) -> None:
    link = tmp_path / "etc" / "ldirectord.cf"
    link.symlink_to(configuration)
    other = Instance("ldirectord", tmp_path / "run")

    with holder("site.cf", tmp_path / "run", configuration):
        with pytest.raises(Busy, match="configuration"), other.held(link):
            pass
        assert not other.running()


def test_one_name_cannot_drive_two_files(tmp_path: Path, configuration: Path) -> None:
    instance, elsewhere = Instance("site.cf", tmp_path), tmp_path / "site.cf"

    with (
        holder("site.cf", tmp_path, configuration),
        pytest.raises(Busy, match="instance"),
        instance.held(elsewhere),
    ):
        pass


def test_two_directors_of_two_files_do_not_meet(tmp_path: Path) -> None:
    with (
        Instance("a.cf", tmp_path).held(tmp_path / "a.cf"),
        Instance("b.cf", tmp_path).held(tmp_path / "b.cf"),
    ):
        assert Instance("a.cf", tmp_path).running()
        assert Instance("b.cf", tmp_path).running()


def test_probing_does_not_disturb(tmp_path: Path, configuration: Path) -> None:
    instance = Instance("site.cf", tmp_path)
    with instance.held(configuration):
        for _ in range(100):
            assert instance.running()
    for _ in range(100):
        with instance.held(configuration):
            pass


# Hands an instance over to a child, which says its pid and lives on.
FORKER = """
import os, sys
from pathlib import Path
from lvsha.engine.instance import Instance
instance = Instance(sys.argv[1], Path(sys.argv[2]))
with instance.held(Path(sys.argv[3])):
    if not os.fork():
        instance.stamp(Path(sys.argv[3]))
        print(os.getpid(), flush=True)
        sys.stdin.read()
        os._exit(0)
"""


def test_the_lock_survives_a_fork_and_carries_the_new_pid(
    tmp_path: Path, configuration: Path
) -> None:
    instance = Instance("site.cf", tmp_path)
    places = map(str, (tmp_path, configuration))
    words = [sys.executable, "-c", FORKER, "site.cf", *places]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.wait(20)

        assert instance.holder() == child


def test_the_directory_is_not_for_others(tmp_path: Path, configuration: Path) -> None:
    instance = Instance("site.cf", tmp_path / "run")
    with instance.held(configuration):
        assert instance.directory.stat().st_mode & 0o777 == 0o750


def test_the_run_directory_is_chosen_or_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LVSHA_RUNDIR", raising=False)
    assert run_directory() == Path("/run/lvsha")
    monkeypatch.setenv("LVSHA_RUNDIR", "/run/other")
    assert run_directory() == Path("/run/other")
    assert run_directory(Path("/run/third")) == Path("/run/third")


def test_an_instance_is_named_as_its_file_was() -> None:
    assert name_of(None) == "ldirectord"
    assert name_of("ldirectord.cf") == "ldirectord.cf"
    assert name_of("/etc/ha.d/web.cf") == "web.cf"


def test_a_relative_path_becomes_absolute_b29(
    configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(configuration.parent)

    assert found("site.cf") == configuration


def test_a_missing_configuration_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        found(str(tmp_path / "nowhere.cf"))


def test_a_pid_file_is_removed_by_its_owner_only(tmp_path: Path) -> None:
    ours = PidFile(tmp_path / "ours.pid")
    ours.write()
    assert (tmp_path / "ours.pid").read_text() == f"{os.getpid()}\n"
    ours.remove()
    assert not ours.path.exists()

    theirs = PidFile(tmp_path / "theirs.pid")
    theirs.path.write_text("1\n")
    theirs.remove()
    assert theirs.read() == 1
    theirs.path.write_text("")
    assert theirs.read() is None
