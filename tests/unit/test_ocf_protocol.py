"""What every agent shares: the environment, how an action ends, the metadata."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from lvsha.ocf import director_agent
from lvsha.ocf.director_agent import ACTIONS, metadata
from lvsha.ocf.environment import Environment, Malformed
from lvsha.ocf.guardian import SPAN, TIMES, again
from lvsha.ocf.install import installed
from lvsha.ocf.metadata import document
from lvsha.ocf.prepared import METADATA, modules
from lvsha.ocf.protocol import Ended, Exit, perform

AGENTS = sorted((Path(__file__).parents[2] / "agents" / "ocf").iterdir())
RECURRING = {
    "OCF_RESOURCE_INSTANCE": "web",
    "OCF_CHECK_LEVEL": "10",
    "OCF_RESKEY_ip": " 192.0.2.1 ",
    "OCF_RESKEY_empty": "",
    "OCF_RESKEY_CRM_meta_timeout": "30000",
    "OCF_RESKEY_CRM_meta_interval": "10000",
    "OCF_RESKEY_CRM_meta_promoted_max": "1",
    "PATH": "/bin",
}


@pytest.fixture(autouse=True)
def process() -> Iterator[None]:
    """Give the process its umask and search path back."""
    path, mask = os.environ["PATH"], os.umask(0o022)
    os.umask(mask)
    yield
    os.umask(mask)
    os.environ["PATH"] = path


def end(name: str, error: BaseException | None = None) -> Exit:
    def action(environment: Environment) -> Exit:
        if error:
            raise error
        return Exit.DEGRADED if environment.parameters else Exit.SUCCESS

    return perform([name, "ignored"], RECURRING, {name: action}, lambda: "<xml/>")


def test_the_environment_of_a_recurring_monitor_is_read() -> None:
    asked = Environment.of(RECURRING)

    assert asked.parameters == {"ip": "192.0.2.1"}
    assert (asked.resource, asked.check_level) == ("web", 10)
    assert (asked.timeout, asked.interval) == (30, 10)
    assert asked.is_promotable
    assert not asked.is_probe


@pytest.mark.parametrize(
    "variables", [{}, {"OCF_CHECK_LEVEL": "x", "OCF_RESKEY_CRM_meta_timeout": "-"}]
)
def test_nothing_in_the_environment_is_a_probe_with_time(
    variables: dict[str, str],
) -> None:
    asked = Environment.of(variables)

    assert asked.is_probe
    assert (asked.timeout, asked.check_level) == (20, 0)


@pytest.mark.parametrize("word", ["0x5", "5.0", "-1", "11", "five", "\u0665"])
def test_a_number_is_a_number_within_its_bounds(word: str) -> None:
    with pytest.raises(Malformed, match="parameter 'n': expected"):
        Environment({"n": word}, {}).number("n", default=1, most=10)


def test_a_parameter_that_is_not_set_has_its_default() -> None:
    asked = Environment({"b": "YES", "second": "x"}, {})

    assert asked.number("n", default=3) == 3
    assert asked.flag("b", default=False)
    assert asked.flag("c", default=True)
    assert asked.text("first", "second") == "x"
    with pytest.raises(Malformed, match="true or false"):
        Environment({"b": "perhaps"}, {}).flag("b", default=False)


ENDS: list[tuple[str, BaseException, int, str]] = [
    ("stop", Ended(Exit.ERR_GENERIC, "two\nlines"), 1, "two lines"),
    ("start", Malformed("bad"), 6, "bad"),
    ("validate-all", Malformed("bad"), 6, "bad"),
    ("monitor", Malformed("bad"), 1, "bad"),
    ("stop", Malformed("bad"), 1, "bad"),
    ("start", PermissionError("no"), 4, "cannot start: no"),
    ("start", KeyError("x"), 1, "start failed: KeyError: 'x'"),
]


@pytest.mark.parametrize(("name", "error", "code", "reason"), ENDS)
def test_every_end_has_a_code_and_a_reason(
    name: str,
    error: BaseException,
    code: int,
    reason: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert end(name, error) == code

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith(f"ocf-exit-reason:{reason}\n")


def test_an_action_that_ends_well_says_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert end("monitor") is Exit.DEGRADED
    assert capsys.readouterr() == ("", "")


def test_an_unknown_action_is_not_implemented(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for arguments in ([], ["promote"]):
        assert perform(arguments, {}, {}, str) is Exit.ERR_UNIMPLEMENTED
    assert capsys.readouterr().out == ""


def test_every_action_of_the_director_is_advertised_and_no_other() -> None:
    root = ET.fromstring(metadata().partition("]>")[2])  # noqa: S314 - our own
    names = {action.get("name") for action in root.iter("action")}
    shown = [parameter.get("name") for parameter in root.iter("parameter")]

    assert names == {*ACTIONS, "meta-data"}
    assert {"configfile", "ldirectord"} <= set(shown)
    assert [child.tag for child in root] == [
        "version",
        "longdesc",
        "shortdesc",
        "parameters",
        "actions",
    ]


def test_what_meta_data_prints_is_written_from_the_words() -> None:
    # python -m lvsha.ocf.prepared lvsha/ocf
    folder = Path(director_agent.__file__).parent
    written = {path.name: path.read_text() for path in folder.glob("*_meta_data.py")}

    assert written == modules()


@pytest.mark.parametrize("agent", AGENTS, ids=lambda path: path.name)
def test_meta_data_takes_no_more_than_printing_it(agent: Path, tmp_path: Path) -> None:
    text = installed(
        agent.read_text(), interpreter=sys.executable, site=str(AGENTS[0].parents[2])
    )
    place = tmp_path / agent.name
    place.write_text(text)
    said = subprocess.run(
        [sys.executable, "-IS", "-X", "importtime", place, "meta-data"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    imported = {line.rpartition("|")[2].strip() for line in said.stderr.splitlines()}

    assert said.stdout == document(METADATA[agent.name])
    assert f"lvsha.ocf.{agent.name}_meta_data" in imported
    assert not imported & {"typing", "re", "enum", "xml", "json", "socket"}


def test_validation_imports_nothing_to_ask_with(tmp_path: Path) -> None:
    place = tmp_path / "director"
    place.write_text(
        installed(
            AGENTS[0].read_text(),
            interpreter=sys.executable,
            site=str(AGENTS[0].parents[2]),
        )
    )
    said = subprocess.run(
        [sys.executable, "-IS", "-X", "importtime", place, "validate-all"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    imported = {line.rpartition("|")[2].strip() for line in said.stderr.splitlines()}

    assert "lvsha.ocf.director" in imported
    assert not imported & {"json", "socket", "xml"}


@pytest.mark.parametrize("agent", AGENTS, ids=lambda path: path.name)
def test_an_agent_is_installed_anywhere(agent: Path) -> None:
    text = installed(
        agent.read_text(), interpreter="/opt/x/bin/python3", site="/opt/x/lib"
    )

    assert agent.stat().st_mode & 0o111 == 0o111
    assert text.startswith("#!/opt/x/bin/python3 -IS\n")
    assert "SITE = '/opt/x/lib'\n" in text
    with pytest.raises(ValueError, match="not an agent"):
        installed("#!/bin/sh\n", interpreter="/a", site="/b")


@pytest.mark.parametrize(
    ("status", "lived", "ends", "is_started"),
    [
        (-9, 1.0, 0, True),
        (1, 3600.0, 0, True),
        (1, 1.0, 0, False),
        (2, 1.0, 0, False),
        (0, 3600.0, 0, False),
        (-9, 1.0, TIMES - 1, True),
        (-9, 1.0, TIMES, False),
    ],
)
def test_a_director_that_died_at_work_is_started_again_a_few_times(
    status: int,
    lived: float,
    ends: int,
    is_started: bool,  # noqa: FBT001
) -> None:
    now = 1000.0

    assert again(status, lived, [now - 1] * ends, now) is is_started
    assert again(-9, lived, [now - SPAN] * ends, now)
