"""The manual pages, from the tables and commands they describe.

``python -m lvsha.cli.manual DIRECTORY`` writes them.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import click

from lvsha import VERSION
from lvsha.cli import agent_pages
from lvsha.cli.agent_pages import AGENTS
from lvsha.cli.directive_words import WORDS
from lvsha.cli.exits import LDIRECTORD_MEANINGS, MEANINGS
from lvsha.cli.ldirectord import HELP
from lvsha.cli.main import COMMANDS, cli
from lvsha.config.defaults import DEFAULTS
from lvsha.config.directives import GLOBAL, VIRTUAL, VIRTUAL6, Quotes
from lvsha.engine.instance import DEFAULT_FILE, PID_DIRECTORY, RUN_DIRECTORY, SEARCH

# The commands this page describes in full; the others have much to say themselves.
_DESCRIBED: Final = (
    "run",
    "probe",
    "plan",
    "status",
    "metrics",
    "reload",
    "stop",
    "completion",
)

_FILES: Final[Mapping[str, str]] = {
    str(DEFAULT_FILE): "the configuration when none is named",
    f"{RUN_DIRECTORY}/INSTANCE/": "lock, control socket and record of a director;"
    " LVSHA_RUNDIR moves it",
    f"{PID_DIRECTORY}/ldirectord.INSTANCE.pid": "the pid of a daemon; LVSHA_PIDDIR"
    " moves it",
}


def pages() -> dict[str, str]:
    """Return every page by its file name."""
    return {
        "lvsha.8": "\n".join(_lvsha()) + "\n",
        "lvsha-ldirectord.8": "\n".join(_ldirectord()) + "\n",
        "ldirectord.cf.5": "\n".join(_configuration()) + "\n",
    } | {f"{name}.7": "\n".join(_agent(name)) + "\n" for name in AGENTS}


def main() -> None:
    """Write the pages into the directory that is the first argument."""
    directory = Path(sys.argv[1])
    for name, page in pages().items():
        (directory / name).write_text(page)


def _lvsha() -> Iterator[str]:
    yield from _head("lvsha", 8, "direct Linux virtual servers")
    yield from _section("SYNOPSIS", "lvsha COMMAND [OPTIONS] [ARGUMENTS]")
    yield from _section("DESCRIPTION", *_paragraphs(cli.help or ""))
    yield ".SH COMMANDS"
    names = ["-h", "--help"]
    context = click.Context(cli, info_name="lvsha", help_option_names=names)
    for name, command in COMMANDS.items():
        yield ".SS " + _roff(f"lvsha {name}")
        if name in _DESCRIBED:
            found = cli.get_command(context, name)
            yield from _command(context, name, found)
        else:
            yield _roff(f"{command.summary} See lvsha {name} --help.")
    yield from _statuses(MEANINGS)
    yield from _files()
    yield from _see("lvsha-ldirectord(8)", "ldirectord.cf(5)", "ipvsadm(8)")


def _command(
    parent: click.Context, name: str, command: click.Command | None
) -> Iterator[str]:
    if command is None:
        return
    context = click.Context(command, info_name=name, parent=parent)
    yield ".nf"
    yield _roff(" ".join([f"lvsha {name}", *command.collect_usage_pieces(context)]))
    yield ".fi"
    for block in (command.help or "").split("\n\n"):
        yield ".PP"
        # What click is not to fold is not to be folded here.
        if block.startswith("\b\n"):
            yield from _literal(block.removeprefix("\b\n"))
        else:
            yield from map(_roff, _paragraphs(block))
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1]:
            yield from _item(*record)


def _ldirectord() -> Iterator[str]:
    yield from _head("lvsha-ldirectord", 8, "ldirectord's command line for lvsha")
    yield ".SH SYNOPSIS"
    usage, _, rest = HELP.partition("\n\n")
    yield from _literal(usage)
    yield ".SH DESCRIPTION"
    yield from _literal(rest.partition("\nExit status:")[0])
    yield from _statuses(LDIRECTORD_MEANINGS)
    yield from _section(
        "SIGNALS",
        "SIGHUP reads the configuration again. SIGTERM, SIGINT, SIGQUIT, SIGXCPU and"
        " SIGXFSZ stop the director in an orderly way.",
    )
    yield from _files()
    yield from _see("lvsha(8)", "ldirectord.cf(5)")


def _configuration() -> Iterator[str]:
    yield from _head("ldirectord.cf", 5, "configuration of virtual servers")
    yield from _section(
        "DESCRIPTION",
        "Directives are NAME = VALUE, one a line. Those for all virtual services"
        " start in the first column. A line virtual = ADDRESS:PORT, virtual ="
        " MARK, or virtual6 = the same for IPv6 opens a virtual service; its own"
        " directives follow, indented by four blanks or a tab. A line that starts"
        " with # is a comment.",
        "The file is looked for in "
        + " and ".join(map(str, SEARCH))
        + ", then where its name says. lvsha check FILE tells everything that is"
        " wrong with it.",
    )
    yield ".SH DIRECTIVES"
    for name in sorted(GLOBAL.keys() | VIRTUAL.keys() | VIRTUAL6.keys()):
        yield from _item(_title(name), f"{WORDS[name]}{_default(name)}")
    yield from _see("lvsha(8)", "lvsha-ldirectord(8)")


def _agent(name: str) -> Iterator[str]:
    agent = AGENTS[name]
    yield from _head(name, 7, agent.brief)
    yield from _section("DESCRIPTION", *agent_pages.description(agent))
    for title, items in (
        ("PARAMETERS", agent_pages.parameters(agent)),
        ("ACTIONS", agent_pages.actions(agent)),
    ):
        yield f".SH {title}"
        for item in items:
            yield from _item(*item)
    yield ".SH EXAMPLE"
    yield from _literal("\n".join(agent_pages.example(agent)))
    others = [f"{other}(7)" for other in AGENTS if other != name]
    yield from _see("lvsha(8)", *others, "crm_resource(8)")


def _title(name: str) -> str:
    everywhere = name in GLOBAL
    inside = name in VIRTUAL or name in VIRTUAL6
    directive = GLOBAL.get(name) or VIRTUAL.get(name) or VIRTUAL6[name]
    value = '"..."' if directive.quotes is Quotes.NEEDED else "..."
    place = {
        (True, True): "global or virtual service",
        (True, False): "global",
        (False, True): "virtual service",
    }[everywhere, inside]
    return f"{name} = {value}    ({place})"


def _default(name: str) -> str:
    value = DEFAULTS.get(name)
    if not isinstance(value, str | int) or value == "":
        return ""
    return f" The default is {value}."


def _head(name: str, section: int, what: str) -> Iterator[str]:
    yield f'.TH "{_roff(name.upper())}" {section} "" "lvsha {VERSION}"'
    yield ".SH NAME"
    yield rf"{_roff(name)} \- {_roff(what)}"


def _section(title: str, *paragraphs: str) -> Iterator[str]:
    yield f".SH {title}"
    for number, paragraph in enumerate(paragraphs):
        if number:
            yield ".PP"
        yield _roff(paragraph)


def _literal(text: str) -> Iterator[str]:
    yield ".nf"
    yield from (_roff(line) for line in text.splitlines())
    yield ".fi"


def _item(title: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield rf"\fB{_roff(title)}\fR"
    yield _roff(text)


def _statuses(meanings: tuple[tuple[int, str], ...]) -> Iterator[str]:
    yield ".SH EXIT STATUS"
    for status, meaning in meanings:
        yield from _item(str(status), meaning)


def _files() -> Iterator[str]:
    yield ".SH FILES"
    for path, what in _FILES.items():
        yield from _item(path, what)


def _see(*others: str) -> Iterator[str]:
    yield from _section("SEE ALSO", ", ".join(others))


def _paragraphs(text: str) -> list[str]:
    blocks = [block.strip("\b\n ") for block in text.split("\n\n")]
    return [" ".join(block.split()) for block in blocks if block]


def _roff(text: str) -> str:
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    # A line that starts with a dot or an apostrophe is a request.
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    main()
