"""What ``lvsha status`` tells of the other directors' configuration."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lvsha.cli import directors
from lvsha.cli.main import cli
from lvsha.csync2.fragment import Group
from lvsha.csync2.holdings import Holdings
from lvsha.csync2.places import Places
from lvsha.csync2.receipt import Held, Receipt, Stage
from lvsha.csync2.setup import system
from tests.unit.standin import SHA256, standin

OTHER = "6" * 64


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Group:
    live = tmp_path / "site.cf"
    live.write_text("# an edit that nobody follows yet\n")
    found = Group(("here", "d2"), Places(live, tmp_path / "state"))
    monkeypatch.setattr(directors, "_group", lambda: found)
    name = os.uname_result(("Linux", "HERE.example.net", "6", "1", "x86_64"))
    monkeypatch.setattr(os, "uname", lambda: name)
    return found


def heard(group: Group, held: Held) -> None:
    """Have the receipt of d2 here."""
    receipt = Receipt("d2", live=held, at=1.0)
    Holdings(group.places, "here").put(group.places.receipt("d2"), receipt.dumped())


def status(tmp_path: Path, live: Path, *words: str) -> Result:
    with standin("site.cf", tmp_path / "run", live):
        argv = ["status", *words, "--rundir", str(tmp_path / "run")]
        return CliRunner().invoke(cli, argv)


def test_directors_that_follow_the_same_have_one_line(
    tmp_path: Path, group: Group
) -> None:
    heard(group, Held(SHA256, Stage.ACTIVE))

    result = status(tmp_path, group.places.live)

    assert result.exit_code == 0
    assert "configuration 555555555555 on here, d2\n" in result.output


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (Held(OTHER, Stage.ACTIVE), "666666666666 on d2: another configuration"),
        (Held(SHA256, Stage.VALID, "push it"), "555555555555 on d2: push it"),
        (Held(SHA256, Stage.REFUSED), "555555555555 on d2: not followed"),
    ],
)
def test_a_director_that_follows_something_else_is_an_alarm(
    tmp_path: Path, group: Group, held: Held, said: str
) -> None:
    heard(group, held)

    result = status(tmp_path, group.places.live)

    assert result.exit_code == 1
    assert "configuration 555555555555 on here\n" in result.output
    assert f"configuration {said}\n" in result.output


def test_a_director_never_heard_of_is_told_and_no_alarm(
    tmp_path: Path, group: Group
) -> None:
    result = status(tmp_path, group.places.live)

    assert result.exit_code == 0
    assert "configuration unknown on d2: no receipt\n" in result.output


def test_programs_are_told_as_well(tmp_path: Path, group: Group) -> None:
    heard(group, Held(OTHER, Stage.ACTIVE))

    result = status(tmp_path, group.places.live, "--json")

    assert result.exit_code == 1
    said = json.loads(result.output)
    assert said["ok"] is True
    here, there = said["directors"]
    assert (here["director"], here["sha256"], here["wrong"]) == ("here", SHA256, [])
    assert (there["director"], there["sha256"]) == ("d2", OTHER)
    assert there["wrong"] == ["another configuration"]


def test_a_file_that_is_not_shared_has_no_such_lines(
    tmp_path: Path, group: Group
) -> None:
    other = tmp_path / "other.cf"
    other.write_text("")

    result = status(tmp_path, other, "--json")

    assert result.exit_code == 0
    assert group.hosts
    assert "directors" not in json.loads(result.output)


def test_without_csync2_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = tmp_path / "site.cf"
    live.write_text("")
    monkeypatch.setattr(directors, "system", lambda: system(tmp_path / "root"))

    result = status(tmp_path, live, "--json")

    assert result.exit_code == 0
    assert "directors" not in json.loads(result.output)
