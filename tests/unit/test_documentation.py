"""What the documentation names exists."""

import ast
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from lvsha.cli.main import cli
from lvsha.lab.topology import check, load

ROOT = Path(__file__).parents[2]
TESTS = "\n".join(
    path.read_text() for path in sorted((ROOT / "tests").rglob("test_*.py"))
)
COMPATIBILITY = (ROOT / "docs" / "compatibility.md").read_text()
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "csync2").glob("*.md"),
]
BLOCK = re.compile(r"^```.*\n([\s\S]*?)^```$|((?:^ {4,}\S.*\n)+)", re.MULTILINE)
# What stands where a command does and is none.
NOT_COMMANDS = {
    "lvsha COMMAND --help": "any command",
    "lvsha lab COMMAND --help": "any command",
    "lvsha status [INSTANCE|FILE] VIRTUAL [REAL]": "usage, with what may be left out",
    "lvsha probe FILE [VIRTUAL [REAL]]": "usage, with what may be left out",
}


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"`(test_\w+\*?)`", COMPATIBILITY)))
)
def test_a_test_that_proves_compatibility_exists(name: str) -> None:
    pattern = name.replace("*", r"\w*")

    assert re.search(rf"def {pattern}\(", TESTS)


@pytest.mark.parametrize("number", range(1, 66))
def test_every_numbered_bug_of_the_original_has_its_word(number: int) -> None:
    assert re.search(rf"\bB{number}\b", COMPATIBILITY)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def lines(page: Path) -> Iterator[tuple[str, bool]]:
    """Yield what begins with ``lvsha`` on *page*, and whether it is in a block."""
    text = re.sub(r"\\\n +", "", page.read_text())
    for block in BLOCK.finditer(text):
        for line in (block[1] or block[2]).splitlines():
            # behind three blanks, or a number sign, it is explained
            command = re.split(r" {3,}(?!/)|\s#", line.strip())[0]
            for part in re.split(r"&&|;|\|(?=\s)|>", command):
                if re.match(r"(sudo )?lvsha ", part.strip()):
                    yield part.strip().removeprefix("sudo "), True
    for words in re.findall(r"`(lvsha\s[^`]*)`", BLOCK.sub("", text)):
        yield " ".join(words.split()), False


SAID = sorted(
    {
        (str(page.relative_to(ROOT)), line, whole)
        for page in PAGES
        for line, whole in lines(page)
        if line not in NOT_COMMANDS
    }
)


@pytest.mark.parametrize(("page", "line", "whole"), SAID)
def test_a_command_of_lvsha_can_be_given_so(page: str, line: str, whole: bool) -> None:  # noqa: FBT001 - one of a table
    # any address will do
    command, words = called(shlex.split(re.sub(r"\bVIP\b", "192.0.2.10", line))[1:])

    assert refusal(command, words, whole=whole) == "", page


def called(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that *words* name, and the rest of them."""
    command: click.Command = cli
    while isinstance(command, click.Group) and words:
        if words[0].startswith("-"):
            break
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, words[0]
        command, words = found, words[1:]
    return command, words


def refusal(command: click.Command, words: list[str], *, whole: bool) -> str:
    """Return why *command* does not take *words*, empty if it does.

    What is not *whole* only names it: there arguments may be left out.
    """
    try:
        command.make_context("lvsha", list(words), **cli.context_settings)
    except click.exceptions.Exit:
        return ""
    except (click.MissingParameter, click.BadOptionUsage) as error:
        return error.format_message() if whole else ""
    except click.BadParameter as error:
        said = error.format_message()
        return "" if "does not exist" in said else said
    except click.UsageError as error:
        bare = isinstance(command, click.Group) and not words
        return error.format_message() if whole or not bare else ""
    return ""


def test_there_is_a_reason_for_every_exception() -> None:
    found = {line for page in PAGES for line, _ in lines(page)}

    assert set(NOT_COMMANDS) <= found
    assert all(NOT_COMMANDS.values())


def test_a_slip_in_a_command_is_found() -> None:
    for line, whole in (
        ("crm render worm", True),
        ("crm render warm --sett a=b", False),
        ("crm render", True),
        ("check a b c d", True),
        ("csync2 push --timeout", True),
    ):
        command, words = called(line.split())

        assert refusal(command, words, whole=whole), line
    with pytest.raises(AssertionError):
        called(["crm", "rendr"])


def block(page: str, kind: str) -> str:
    """Return the one block of *kind* on *page*."""
    text = (ROOT / "docs" / page).read_text()
    (found,) = re.findall(rf"^```{kind}\n([\s\S]*?)^```$", text, re.MULTILINE)
    return str(found)


def test_the_topology_of_the_labs_page_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_text(block("lab.md", "toml"))

    nodes = load(tmp_path / "lab.toml")

    check(nodes)
    assert [node.name for node in nodes] == ["director", "real1"]


def test_what_the_labs_page_imports_is_there() -> None:
    tree = ast.parse(block("lab.md", "python"))
    names = [
        (one.module or "", name.name)
        for one in tree.body
        if isinstance(one, ast.ImportFrom)
        for name in one.names
    ]

    assert names
    for module, name in names:
        assert hasattr(import_module(module), name)
