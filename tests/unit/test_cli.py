import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from lvsha import VERSION
from lvsha.cli.exits import LDIRECTORD_MEANINGS, MEANINGS
from lvsha.cli.main import COMMANDS, cli
from lvsha.cli.wanted import text
from tests.unit.standin import standin

ROOT = Path(__file__).parents[2]


def lvsha(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)))


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "etc" / "site.cf"
    path.parent.mkdir()
    path.write_text("virtual=127.0.1.1:80\n\treal=127.0.0.2:80 gate\n")
    return path


def test_help_lists_every_command_and_exit_status() -> None:
    said = lvsha("-h").output

    for name, command in COMMANDS.items():
        assert f"  {name} " in said
        assert command.summary in said
    for status, _ in MEANINGS:
        assert f"\n    {status} " in said


def test_the_version_is_the_packages() -> None:
    assert lvsha("--version").output == f"lvsha, version {VERSION}\n"


@pytest.mark.parametrize(
    "name", ["run", "probe", "plan", "status", "reload", "stop", "completion"]
)
def test_a_command_says_what_it_does_as_its_list_does(name: str) -> None:
    result = lvsha(name, "--help")

    assert result.exit_code == 0
    assert "Usage: cli" in result.output


def test_an_unknown_command_is_a_usage_error() -> None:
    assert lvsha("staus").exit_code == 2


def test_help_imports_no_command() -> None:
    program = (
        "import sys; from lvsha.cli.main import cli\n"
        "cli(['--help'], standalone_mode=False)\n"
        "print(sorted({'asyncio', 'rich', 'ssl', 'socket'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=ROOT,
    ).stdout

    assert said.splitlines()[-1] == "[]"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_calls_us_back(shell: str) -> None:
    result = lvsha("completion", shell)

    assert result.exit_code == 0
    assert "_LVSHA_COMPLETE" in result.output


def pages(command: click.Command, *words: str) -> Iterator[tuple[str, ...]]:
    yield words
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            found = command.get_command(click.Context(command), name)
            assert found is not None
            yield from pages(found, *words, name)


@pytest.mark.parametrize("words", [*pages(cli)], ids=" ".join)
def test_no_help_shows_how_it_is_laid_out(words: tuple[str, ...]) -> None:
    assert "\\b" not in lvsha(*words, "--help").output


def test_the_manual_has_the_same_exit_statuses() -> None:
    written = (ROOT / "docs" / "exit-codes.md").read_text()

    for status, meaning in (*MEANINGS, *LDIRECTORD_MEANINGS):
        assert f"| {status} | {meaning} |" in written


# -- status ---------------------------------------------------------------


def test_nobody_running_is_status_3(tmp_path: Path) -> None:
    result = lvsha("status", "--rundir", tmp_path)

    assert result.exit_code == 3
    assert "no director runs" in result.output


@pytest.mark.parametrize(
    "words", [("site.cf", "shop"), ("shop",), ("shop", "127.0.0.2"), ("--evidence",)]
)
def test_status_of_one_shows_what_its_last_checks_said_and_heard(
    tmp_path: Path, configuration: Path, words: tuple[str, ...]
) -> None:
    with standin("site.cf", tmp_path / "run", configuration):
        result = lvsha("status", *words, "--rundir", tmp_path / "run")

    assert result.exit_code == 0
    said = result.output[result.output.index("tcp:127.0.1.1:80 127.0.0.2:80 pop") :]
    assert "; certificate ends in 5 days" in result.output
    head, *lines = said.splitlines()
    assert head.endswith(" pop: failed 3 s ago, took 250 ms: PASS: expected '+OK'")
    assert lines == [
        "  connect 1.0 ms, whole 250 ms",
        "      1.0 ms  * connected",
        "      2.0 ms  > PASS ***",
        "      250 ms  < -ERR \\x1b[1m",
        "              < no",
        "              < ...",
        "              * 2,000 bytes more",
        "              * certificate ends 2027-01-01T00:00:00Z",
    ]


def test_status_of_one_that_is_not_there_is_an_error(
    tmp_path: Path, configuration: Path
) -> None:
    with standin("site.cf", tmp_path / "run", configuration):
        unknown = lvsha("status", "site.cf", "nothing", "--rundir", tmp_path / "run")
        nobody = lvsha("status", "nothing", "--rundir", tmp_path / "run")

    assert (unknown.exit_code, nobody.exit_code) == (2, 3)
    assert "there is no 'nothing'" in unknown.output
    assert "nothing: not running" in nobody.output


def test_status_shows_who_is_up_and_why_not(
    tmp_path: Path, configuration: Path
) -> None:
    with standin("site.cf", tmp_path / "run", configuration):
        result = lvsha("status", "--rundir", tmp_path / "run")

    assert result.exit_code == 0
    said = result.output.splitlines()
    assert said[0] == (
        "site.cf: running (pid 1), 1 virtual service, 1 of 2 real servers up"
    )
    assert "tcp:127.0.1.1:80  wlc negotiate http  shop" in said[2]
    up, down, fallback = (" ".join(line.split()) for line in said[3:6])
    assert up == (
        "127.0.0.2:80 gate 1 1 7 12 up (1/3 failed) passed 3 s ago, took 12 ms"
    )
    assert down == (
        "127.0.0.3:80 masq 5 0 0 0 down"
        " failed 3 min ago, took 1500 ms: HTTP status 500 [bold]"
    )
    assert fallback == "127.0.0.9:80 fallback waiting"
    assert "\x1b" not in result.output


def test_a_name_that_is_not_utf_8_can_be_shown() -> None:
    shown = text({"servicename": "B\udcfcro"}, "servicename")

    assert shown.encode() == rb"B\udcfcro"


def test_status_shows_a_refused_reload(tmp_path: Path, configuration: Path) -> None:
    with standin("site.cf", tmp_path / "run", configuration, "faulty"):
        result = lvsha("status", "--rundir", tmp_path / "run")

    assert result.exit_code == 1
    assert "not reloaded: site.cf:3: not a number" in result.output


def test_status_for_programs_is_the_directors_answer(
    tmp_path: Path, configuration: Path
) -> None:
    with standin("site.cf", tmp_path / "run", configuration):
        result = lvsha("status", "site.cf", "--json", "--rundir", tmp_path / "run")

    said = json.loads(result.output)
    assert said["version"] == 1
    assert said["virtuals"][0]["reals"][1]["standing"] == "down"


def test_a_file_means_the_director_that_drives_it(
    tmp_path: Path, configuration: Path
) -> None:
    run = tmp_path / "run"
    with standin("ldirectord", run, configuration):
        by_file = lvsha("status", configuration, "--rundir", run)
        by_other = lvsha("status", tmp_path / "other.cf", "--rundir", run)

    assert by_file.exit_code == 0
    assert by_other.exit_code == 3


def test_several_directors_are_all_shown_but_one_is_stopped_by_name(
    tmp_path: Path, configuration: Path
) -> None:
    run, other = tmp_path / "run", configuration.with_name("other.cf")
    with standin("a.cf", run, configuration), standin("b.cf", run, other):
        shown = lvsha("status", "--rundir", run)
        stopped = lvsha("stop", "--rundir", run)

    assert "a.cf: running" in shown.output
    assert "b.cf: running" in shown.output
    assert stopped.exit_code == 2
    assert "a.cf, b.cf" in stopped.output


def test_a_director_that_does_not_answer_is_status_1(
    tmp_path: Path, configuration: Path
) -> None:
    with standin("site.cf", tmp_path / "run", configuration, "mute"):
        result = lvsha("status", "--rundir", tmp_path / "run")

    assert result.exit_code == 1
    assert "cannot ask the director" in result.output


# -- stop and reload ------------------------------------------------------


def test_stop_returns_when_it_is_gone_b25(tmp_path: Path, configuration: Path) -> None:
    with standin("site.cf", tmp_path / "run", configuration) as child:
        result = lvsha("stop", "--rundir", tmp_path / "run")

        assert child.wait(20) == 0
    assert result.exit_code == 0
    assert result.output == "site.cf: stopped\n"


def test_stop_twice_is_stop_once(tmp_path: Path) -> None:
    assert lvsha("stop", "--rundir", tmp_path).exit_code == 0


def test_a_mute_director_is_told_by_signal(tmp_path: Path, configuration: Path) -> None:
    with standin("site.cf", tmp_path / "run", configuration, "mute"):
        result = lvsha("stop", "--rundir", tmp_path / "run")

    assert result.exit_code == 0


def test_a_stubborn_director_stays_unless_it_may_be_killed(
    tmp_path: Path, configuration: Path
) -> None:
    run = tmp_path / "run"
    with standin("site.cf", run, configuration, "stubborn"):
        patient = lvsha("stop", "--timeout", "0.1", "--rundir", run)
        killed = lvsha("stop", "--timeout", "0.1", "--kill", "--rundir", run)
        after = lvsha("status", "--rundir", run)

    assert patient.exit_code == 1
    assert "did not stop in time" in patient.output
    assert killed.exit_code == 1
    assert "its rows are still in the kernel" in killed.output
    assert after.exit_code == 3


def test_reload_waits_for_the_verdict(tmp_path: Path, configuration: Path) -> None:
    run = tmp_path / "run"
    with standin("site.cf", run, configuration):
        good = lvsha("reload", "--rundir", run)
    with standin("site.cf", run, configuration, "faulty"):
        bad = lvsha("reload", "--rundir", run)
    absent = lvsha("reload", "--rundir", run)

    assert (good.exit_code, good.output) == (0, "site.cf: reloaded\n")
    assert bad.exit_code == 2
    assert "error: site.cf:3:1: not a number (5)" in bad.output
    assert absent.exit_code == 3


# -- run ------------------------------------------------------------------


def test_run_names_every_error_of_the_file(tmp_path: Path, configuration: Path) -> None:
    configuration.write_text("checktimeout=never\nquiescnet=yes\n")

    result = lvsha("run", configuration, "--rundir", tmp_path / "run")

    assert result.exit_code == 2
    assert f"{configuration}:1:" in result.output
    assert f"{configuration}:2:" in result.output


@pytest.mark.parametrize("name", ["a/b", "/a", "..", ".a", ""])
def test_run_refuses_a_name_that_is_no_directorys(
    name: str, configuration: Path
) -> None:
    result = lvsha("run", configuration, "--instance", name)

    assert result.exit_code == 2
    assert "a name is not empty" in " ".join(result.output.split())


def test_run_without_file_says_which(tmp_path: Path) -> None:
    result = lvsha("run", tmp_path / "none.cf", "--rundir", tmp_path / "run")

    assert result.exit_code == 2
    assert "none.cf" in result.output


def test_run_refuses_a_file_that_is_driven(tmp_path: Path, configuration: Path) -> None:
    with standin("ldirectord", tmp_path / "run", configuration):
        result = lvsha("run", configuration, "--rundir", tmp_path / "run")

    assert result.exit_code == 1
    assert "already run by pid" in result.output


def test_every_command_can_be_imported() -> None:
    context = click.Context(cli)
    for name in ("run", "plan", "status", "reload", "stop", "completion"):
        assert cli.get_command(context, name) is not None
