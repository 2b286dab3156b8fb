"""What the guides say of commands, events, words and checks is what the code has."""

import ast
import re
import shlex
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import get_args

import click
import pytest
from click.testing import CliRunner
from rich.text import Text

from lvsha.cli import board
from lvsha.cli.main import cli
from lvsha.csync2.trouble import Kind
from lvsha.doctor.checks import CHECKS
from lvsha.errors import Problem
from lvsha.events import (
    Advised,
    CertificateEnding,
    Change,
    CommandFailed,
    Drifted,
    Dubious,
    Event,
    FailuresForgotten,
    FileChanged,
    LastResort,
    Panicked,
    Refused,
    ReloadRefused,
    Role,
    ServerChanged,
    ServiceChanged,
    SoftFailure,
    StandingChanged,
    StateChanged,
    Stopped,
)
from lvsha.identity import Endpoint, Protocol, Vip
from lvsha.model import DaemonState, VirtualService
from lvsha.notify.text import Speaker, lines

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GUIDES = {
    name: (DOCS / f"{name}.md").read_text()
    for name in (
        "migrating-from-ldirectord",
        "migrating-from-keepalived",
        "operations",
        "troubleshooting",
    )
}
ROW = re.compile(r"^\|(.*)\|$", re.MULTILINE)
REAL = Endpoint(ip_address("192.0.2.11"), 80)
WEB = Vip(Protocol.TCP, Endpoint(ip_address("192.0.2.10"), 80))
VIRTUAL = VirtualService(key=WEB, reals=(), panicthreshold=50)
SLIP = Problem("x.cf", 3, 1, "bad", "no", "")
HEARD: tuple[Event, ...] = (
    *(ServiceChanged(change, WEB) for change in Change),
    *(
        ServerChanged(change, role, REAL, WEB, weight, VIRTUAL)
        for change in Change
        for role in Role
        for weight in (0, 1)
    ),
    SoftFailure(REAL, WEB, 1, 3),
    FailuresForgotten(REAL, WEB),
    StandingChanged(REAL, VIRTUAL, up=False, detail="refused"),
    LastResort(VIRTUAL, active=True),
    Panicked(VIRTUAL, active=True, down=2, asked=3),
    Advised(REAL, WEB, "drain"),
    CertificateEnding(REAL, WEB, "2027-01-01T00:00:00Z", 5),
    Refused(WEB, "it said why"),
    Drifted(("a row",)),
    StateChanged(DaemonState.STARTING),
    StateChanged(DaemonState.RELOADING, "HUP"),
    Stopped("TERM"),
    FileChanged("x.cf", reread=True),
    ReloadRefused("x.cf", (SLIP,)),
    Dubious(SLIP),
    CommandFailed("page", "status 1"),
)


def rows(guide: str, heading: str) -> list[list[str]]:
    """Return the cells of the table below *heading*, without its first two lines."""
    _, found, rest = GUIDES[guide].partition(f"\n## {heading}\n")
    assert found, heading
    section = rest.partition("\n## ")[0]
    return [[*map(str.strip, row.split("|"))] for row in ROW.findall(section)][2:]


def plain(cell: str) -> str:
    return cell.strip("`")


def matches(words: str, said: str) -> bool:
    """Tell whether *words*, in which ``…`` is anything, are in *said*."""
    return re.search(".*".join(map(re.escape, words.split("…"))), said) is not None


def test_every_event_has_its_row_and_no_other() -> None:
    told = {plain(row[0]) for row in rows("operations", "What the log says")}

    assert told == {one.__name__ for one in get_args(Event)}


@pytest.mark.parametrize(
    "row", rows("operations", "What the log says"), ids=lambda row: plain(row[1])
)
def test_a_line_of_the_log_is_said_so(row: list[str]) -> None:
    words = plain(row[1])
    if not words:
        return
    speaker = Speaker(42)
    said = [
        line
        for one in HEARD
        if type(one).__name__ == plain(row[0])
        for line in lines(one, DaemonState.RUNNING, speaker)
    ]

    assert any(matches(words, line) for line in said), said


def real(**known: object) -> dict[str, object]:
    return {"standing": "up", "failurecount": 3, "share": 100, **known}


def test_every_word_of_status_is_explained() -> None:
    shown = {
        re.sub(r"\d+", "N", str(board._standing(one)))  # noqa: SLF001
        for one in (
            *(real(standing=word) for word in ("up", "down", "unknown")),
            real(maintenance=True),
            real(vetoed=True),
            real(failures=1),
            real(share=50),
            real(share=0),
        )
    }
    told = {plain(row[0]) for row in rows("operations", "What `lvsha status` says")}
    source = Path(board.__file__).read_text()

    assert shown <= told
    for rest in told - shown:
        first = re.split("…|N", rest)[0]
        assert first.removeprefix("certificate ") in source, rest


def test_the_words_of_status_are_words() -> None:
    assert isinstance(board._standing(real()), Text)  # noqa: SLF001


AGENTS = {
    "director": ("director.py", "host.py"),
    "vip": ("vip.py",),
    "syncd": ("syncd.py",),
}


def reasons(agent: str) -> Iterator[str]:
    """Yield what *agent* gives as a reason, with ``…`` for what varies."""
    for name in AGENTS[agent]:
        tree = ast.parse((ROOT / "lvsha" / "ocf" / name).read_text())
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            if call.func.id in {"Ended", "explain"}:
                yield from map(pattern, call.args)
        yield from map(pattern, _gathered(tree))


def _gathered(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield what is gathered in ``trouble`` before it is told."""
    for one in ast.walk(tree):
        if isinstance(one, ast.Assign | ast.AugAssign):
            target = one.targets[0] if isinstance(one, ast.Assign) else one.target
            if isinstance(target, ast.Name) and target.id == "trouble":
                assert isinstance(one.value, ast.ListComp)
                yield one.value.elt


def pattern(value: ast.expr) -> str:
    match value:
        case ast.Constant(value=str(words)):
            return words
        case ast.JoinedStr(values=pieces):
            return "".join(
                str(piece.value) if isinstance(piece, ast.Constant) else "…"
                for piece in pieces
            )
        case _:
            return ""


def test_every_reason_of_an_agent_is_explained() -> None:
    table = rows("operations", "What Pacemaker says")
    told = {(row[0], plain(row[1])) for row in table}
    said = {
        (agent, re.sub("…+$", "…", words))
        for agent in AGENTS
        for words in reasons(agent)
        if words.strip("…")
    }

    assert {(agent, words.rstrip("…")) for agent, words in said} == {
        (agent, words.rstrip("…")) for agent, words in told
    }


def test_every_check_of_the_doctor_is_explained_in_its_order() -> None:
    told = [plain(row[0]) for row in rows("troubleshooting", "The doctor says")]

    assert told == [check.name for check in CHECKS]


def test_every_trouble_of_csync2_is_explained() -> None:
    table = rows("troubleshooting", "The configuration does not get through")

    assert {kind.value for kind in Kind} <= {plain(row[0]) for row in table}


def commands() -> Iterator[tuple[str, str]]:
    """Yield every command line of lvsha's in the guides."""
    for name, text in GUIDES.items():
        whole = text.replace("\\\n", " ")
        found = re.findall(r"`(lvsha [^`]*)`", whole)
        blocks = "".join(re.findall(r"(?ms)^```.*?^```", whole))
        blocks += "\n".join(re.findall(r"(?m)^ {4,}(.*)", whole))
        found += re.findall(r"(?m)^(lvsha [^#>\n]*)", blocks)
        for line in found:
            yield name, line.strip()


@pytest.mark.parametrize(("guide", "line"), sorted(set(commands())))
def test_a_command_of_a_guide_exists_with_its_options(guide: str, line: str) -> None:
    assert guide
    words = shlex.split(line)[1:]
    command: click.Command = cli
    while isinstance(command, click.Group) and words:
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, words[0]
        command = found
        words = words[1:]
    known = {option for one in command.params for option in one.opts}
    known |= {option for one in command.params for option in one.secondary_opts}

    for word in words:
        if word.startswith("-"):
            assert word.partition("=")[0] in known, line


def test_what_is_imported_is_what_the_guide_shows(tmp_path: Path) -> None:
    text = GUIDES["migrating-from-keepalived"]
    blocks = dict(re.findall(r"(?ms)^```(?:conf|text) (\S+)\n(.*?)^```", text))
    source = tmp_path / "keepalived.conf"
    source.write_text(blocks["keepalived.conf"])
    result = CliRunner().invoke(cli, ["import", "keepalived", str(source)])

    assert result.exit_code == 0
    assert result.stdout == blocks["ldirectord.cf"]
    assert result.stderr.replace(f"{tmp_path}/", "") == blocks["lost"]


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("guide", GUIDES)
def test_a_link_leads_to_a_heading(guide: str) -> None:
    for page, anchor in re.findall(r"\]\(([^)#]*)#([^)]+)\)", GUIDES[guide]):
        there = DOCS / (page or f"{guide}.md")
        assert anchor in anchors(there), f"{page}#{anchor}"


def test_scores_are_those_of_the_agent() -> None:
    from lvsha.ocf import vip_score  # noqa: PLC0415

    told = rows("troubleshooting", "The address goes to the wrong director, or to none")
    numbers = [int(n) for row in told for n in re.findall(r"\d{2,}", row[0])]

    assert numbers == [
        vip_score.PROMOTED,
        vip_score.READY,
        *(
            getattr(vip_score, name)
            for name in ("_BLIND", "_STRANGE", "_UNSYNCHRONISED", "_OUTDATED")
        ),
    ]
