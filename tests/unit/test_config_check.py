"""The command ``lvsha check``, and reading real files."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lvsha.cli.check import check
from lvsha.config.load import load
from lvsha.errors import ConfigError

GOOD = "virtual=127.0.1.1:80\n\treal=127.0.0.2:80 gate\n"
DUBIOUS = "virtual=127.0.1.1:80\n\treal=127.0.0.2:81 gate\n"
BAD = "quiescnt=yes\nvirtual=127.0.1.1:80\n\tscheduler = 123\n"


def run(tmp_path: Path, text: str, *options: str) -> Result:
    file = tmp_path / "ldirectord.cf"
    file.write_text(text)
    return CliRunner().invoke(check, [str(file), *options])


@pytest.mark.parametrize(
    ("text", "options", "status"),
    [
        (GOOD, (), 0),
        (GOOD, ("--strict",), 0),
        (DUBIOUS, (), 0),
        (DUBIOUS, ("--strict",), 1),
        (BAD, (), 2),
        (BAD, ("--strict", "--json"), 2),
    ],
)
def test_the_exit_status_says_how_good_a_file_is(
    tmp_path: Path, text: str, options: tuple[str, ...], status: int
) -> None:
    assert run(tmp_path, text, *options).exit_code == status


def test_errors_are_shown_with_their_line_and_a_caret(tmp_path: Path) -> None:
    lines = run(tmp_path, BAD).output.splitlines()

    assert lines[0].endswith(
        "ldirectord.cf:1:1: error: unknown directive 'quiescnt'"
        " (did you mean 'quiescent'?) [unknown-directive]"
    )
    assert lines[1:3] == ["    quiescnt=yes", "    ^"]
    assert lines[7:9] == ["    \tscheduler = 123", "    \t            ^"]
    assert lines[-1].endswith("2 errors, 1 warning")


def test_json_has_the_places_of_errors(tmp_path: Path) -> None:
    shown = json.loads(run(tmp_path, BAD, "--json").output)

    assert shown["ok"] is False
    assert [(each["line"], each["column"]) for each in shown["errors"]] == [
        (1, 1),
        (3, 14),
    ]
    assert set(shown["errors"][0]) == {
        *("file", "line", "column", "category", "message", "hint")
    }


def test_json_has_every_directive_in_effect(tmp_path: Path) -> None:
    shown = json.loads(run(tmp_path, GOOD, "--json").output)
    (virtual,) = shown["virtuals"]

    assert shown["ok"] is True
    assert shown["globals"]["checkinterval"] == 10
    assert shown["globals"]["logfile"] == "/var/log/ldirectord.log"
    assert virtual["directives"]["scheduler"] == "wrr"
    assert virtual["directives"]["quiescent"] == "no"
    assert virtual["reals"][0]["lower_threshold"] == 0


def test_no_password_is_printed(tmp_path: Path) -> None:
    output = run(tmp_path, GOOD + "\tpasswd=geheim\n\tpaswd=geheim\n").output

    assert "geheim" not in output


def test_a_value_that_is_no_secret_is_shown(tmp_path: Path) -> None:
    assert "service = htp" in run(tmp_path, GOOD + "\tservice = htp\n").output


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path) -> None:
    assert "\x1b" not in run(tmp_path, "foo\x1b[2J=bar\n").output


def test_a_missing_file_is_an_error_without_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(check, [str(tmp_path / "none.cf"), "--json"])

    assert result.exit_code == 2
    assert json.loads(result.output)["errors"][0]["category"] == "cannot-open"
    assert json.loads(result.output)["errors"][0]["line"] is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('logfile="/nonexistent-dir/x"\n', 1),
        (GOOD + "\tmonitorfile=/nonexistent-dir/x\n", 3),
        (GOOD + "\tmonitorfile=/proc\n", 3),
    ],
)
def test_a_place_that_cannot_be_written_is_an_error(
    tmp_path: Path, text: str, line: int
) -> None:
    file = tmp_path / "l.cf"
    file.write_text(text)

    with pytest.raises(ConfigError) as caught:
        load(file)

    assert [(each.line, each.category) for each in caught.value.problems] == [
        (line, "cannot-open")
    ]


def test_a_log_file_is_not_examined_behind_supervised(tmp_path: Path) -> None:
    file = tmp_path / "l.cf"
    file.write_text('supervised=yes\nlogfile="/nonexistent-dir/x"\n')

    assert load(file).configuration.settings.supervised


def test_checking_creates_no_file(tmp_path: Path) -> None:
    log, monitor = tmp_path / "log", tmp_path / "monitor"

    result = run(tmp_path, f'logfile="{log}"\n{GOOD}\tmonitorfile="{monitor}"\n')

    assert result.exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["ldirectord.cf"]


def test_a_missing_maintenance_directory_is_told(tmp_path: Path) -> None:
    file = tmp_path / "l.cf"
    file.write_text(f"maintenancedir={tmp_path}/none\n")

    (warning,) = load(file).warnings

    assert (warning.line, warning.category) == (1, "maintenancedir-missing")
