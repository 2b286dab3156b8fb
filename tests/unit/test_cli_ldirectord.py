import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from lvsha.cli import ending
from lvsha.cli.ldirectord import HELP, USAGE, Invocation, parsed
from lvsha.cli.ldirectord import run as ldirectord
from lvsha.engine import run
from tests.unit.standin import standin

ROOT = Path(__file__).parents[2]
GOOD = "virtual=127.0.1.1:80\n\treal=127.0.0.2:80 masq\n\tchecktype=connect\n"


class Machine:
    """Where lvsha-ldirectord is run: directories of its own."""

    def __init__(self, tmp_path: Path) -> None:
        self.run = tmp_path / "run"
        self.configuration = tmp_path / "site.cf"
        self.pidfile = tmp_path / "ldirectord.site.cf.pid"
        self.configuration.write_text(GOOD)
        self.configuration.chmod(0o600)
        self._environment = {
            **os.environ,
            "LVSHA_RUNDIR": str(self.run),
            "LVSHA_PIDDIR": str(tmp_path),
        }

    def ldirectord(self, *words: str) -> "subprocess.CompletedProcess[str]":
        program = "from lvsha.cli.ldirectord import main; main()"
        return subprocess.run(
            [sys.executable, "-c", program, *words],
            env=self._environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def does(self, command: str) -> "subprocess.CompletedProcess[str]":
        return self.ldirectord(str(self.configuration), command)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["start"], Invocation("start")),
        (["a.cf", "stop"], Invocation("stop", "a.cf")),
        (["a.cf", "stop", "whatever"], Invocation("stop", "a.cf")),
        (["start", "stop"], Invocation("stop", "start")),
        (["-d", "a.cf", "start"], Invocation("start", "a.cf", debug=True)),
        (["--debug", "--", "start"], Invocation("start", debug=True)),
        (["--", "-d", "start"], Invocation("start", "-d")),
        (["-dh"], HELP),
        (["-?"], HELP),
        (["--help"], HELP),
        ([], USAGE),
        (["a.cf"], USAGE),
        (["a.cf", "begin"], USAGE),
        (["start", "begin"], USAGE),
        (["-x", "start"], USAGE),
        (["--deb", "start"], USAGE),
        (["-dx", "start"], USAGE),
        # An option behind the first argument is an argument.
        (["a.cf", "-d", "start"], USAGE),
    ],
)
def test_the_command_line_is_ldirectords(
    words: Sequence[str], asked: Invocation | str
) -> None:
    assert parsed(words) == asked


def test_the_version_begins_with_ldirectords() -> None:
    for words in (["-v"], ["-dv"], ["--version"]):
        said = parsed(words)

        assert isinstance(said, str)
        assert said.startswith("Linux Director v1.186-ha ")


def test_a_wrong_command_line_is_255_with_usage_on_standard_output(
    machine: Machine,
) -> None:
    ended = machine.ldirectord("nonsense")

    assert (ended.returncode, ended.stdout, ended.stderr) == (255, USAGE, "")
    assert machine.ldirectord("-h").returncode == 0


def test_status_says_running_on_standard_error(machine: Machine) -> None:
    with standin("site.cf", machine.run, machine.configuration) as child:
        ended = machine.does("status")

    assert ended.returncode == 0
    assert ended.stdout == ""
    assert ended.stderr == (
        f"ldirectord for {machine.configuration} is running with pid: {child.pid}\n"
    )


def test_status_tells_of_siblings_too(machine: Machine) -> None:
    text = machine.configuration.read_text()
    machine.configuration.write_text(
        f"execute=o'brien.cf\nexecute=sibling.cf\nexecute=site.cf\n{text}"
    )
    with standin("site.cf", machine.run, machine.configuration):
        ended = machine.does("status")

    assert ended.returncode == 0
    assert "ldirectord is stopped for sibling.cf" in ended.stdout


def test_status_says_stopped_on_standard_output(machine: Machine) -> None:
    ended = machine.does("status")

    assert ended.returncode == 3
    assert ended.stdout == f"ldirectord is stopped for {machine.configuration}\n"


def test_a_stale_pid_file_is_status_1_and_stays(machine: Machine) -> None:
    machine.pidfile.write_text(f"{os.getpid()}\n")

    ended = machine.does("status")

    assert ended.returncode == 1
    assert "ldirectord stale pid file " in ended.stderr
    assert machine.pidfile.exists()


def test_an_empty_pid_file_is_as_none(machine: Machine) -> None:
    machine.pidfile.touch()

    assert machine.does("status").returncode == 3


def test_stop_and_status_need_no_configuration_and_keep_pid_files_b1(
    machine: Machine,
) -> None:
    for content in ("nonsense\n", None):
        with standin("site.cf", machine.run, machine.configuration):
            machine.pidfile.write_text("1\n")
            machine.configuration.write_text(content or "")
            if content is None:
                machine.configuration.unlink()

            status = machine.does("status")
            assert status.returncode == 0
            assert machine.pidfile.exists()
            stop = machine.does("stop")
            assert (stop.returncode, stop.stdout, stop.stderr) == (0, "", "")
        machine.configuration.write_text(GOOD)


def test_stop_returns_when_it_is_gone_b25(machine: Machine) -> None:
    with standin("site.cf", machine.run, machine.configuration) as child:
        assert machine.does("stop").returncode == 0
        assert child.wait(20) == 0
    assert machine.does("stop").returncode == 0


def test_stop_kills_nobody_whose_pid_is_left_in_a_file_b27(machine: Machine) -> None:
    with subprocess.Popen(["sleep", "100"]) as bystander:
        machine.pidfile.write_text(f"{bystander.pid}\n")

        assert machine.does("stop").returncode == 0

        assert bystander.poll() is None
        bystander.kill()


def test_start_of_a_running_director_does_nothing(machine: Machine) -> None:
    with standin("site.cf", machine.run, machine.configuration) as child:
        ended = machine.does("start")

        assert ended.returncode == 0
        assert child.poll() is None


def test_start_shows_every_error_of_the_file_and_is_2(machine: Machine) -> None:
    machine.configuration.write_text("checktimeout=never\nquiescnet=yes\n")

    for command in ("start", "restart"):
        ended = machine.does(command)

        assert ended.returncode == 2
        first, second = ended.stderr.splitlines()
        where = f"reading file {machine.configuration} at line"
        assert first.startswith("Error [")
        assert f"{where} 1: " in first
        assert f"{where} 2: " in second


def test_a_missing_file_is_1(machine: Machine) -> None:
    machine.configuration.unlink()

    assert machine.does("start").returncode == 1


def test_a_broken_file_does_not_stop_what_is_to_be_restarted(machine: Machine) -> None:
    with standin("site.cf", machine.run, machine.configuration) as child:
        machine.configuration.write_text("nonsense\n")

        assert machine.does("restart").returncode == 2
        assert machine.does("try-restart").returncode == 2

        assert child.poll() is None


def test_restart_starts_again_although_it_had_to_kill(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []

    def director(options: object) -> int:
        started.append(options)
        return 0

    monkeypatch.setenv("LVSHA_RUNDIR", str(machine.run))
    monkeypatch.setattr(ending, "SECONDS", 0.1)
    monkeypatch.setattr(run, "run", director)

    with standin("site.cf", machine.run, machine.configuration, "stubborn"):
        status = ldirectord(["-d", str(machine.configuration), "restart"])

    assert len(started) == 1
    assert status == 1


def test_a_start_that_fails_in_the_background_says_why(machine: Machine) -> None:
    with standin("ldirectord", machine.run, machine.configuration) as child:
        ended = machine.does("start")

    assert ended.returncode == 1
    assert f"is already run by pid {child.pid}" in ended.stderr
    assert not machine.pidfile.exists()


def test_in_the_foreground_there_is_a_lock_too_b54(machine: Machine) -> None:
    with standin("ldirectord", machine.run, machine.configuration):
        ended = machine.ldirectord("-d", str(machine.configuration), "start")

    assert ended.returncode == 1
    assert "is already run by pid" in ended.stderr


def test_try_restart_of_nobody_does_nothing(machine: Machine) -> None:
    assert machine.does("try-restart").returncode == 0


def test_reload_waits_for_the_verdict(machine: Machine) -> None:
    absent = machine.does("reload")
    with standin("site.cf", machine.run, machine.configuration):
        good = machine.does("reload")
    with standin("site.cf", machine.run, machine.configuration, "faulty"):
        bad = machine.does("force-reload")

    assert absent.returncode == 1
    assert good.returncode == 0
    assert bad.returncode == 2
    assert "reading file site.cf at line 3: not a number (5)" in bad.stderr
