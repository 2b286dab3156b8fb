"""``lvsha check``: tell whether a configuration can be used, and what may bite."""

import json
import sys
from difflib import get_close_matches
from pathlib import Path

import click

from lvsha.config import directives
from lvsha.config.describe import describe, describe_error
from lvsha.config.document import Document
from lvsha.config.load import load
from lvsha.engine.unready import refuse_unready
from lvsha.errors import ConfigError, Problem

FAULTY = 2
DUBIOUS = 1

_SECRETS = ("passwd", "password", "secret")


@click.command(short_help="Examine a configuration file.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--strict", is_flag=True, help="Exit with 1 if there are warnings.")
def check(file: Path, *, as_json: bool, strict: bool) -> None:
    """Examine the configuration FILE without touching anything.

    All errors are shown at once, each with its line, what is wrong and what to
    write instead; then warnings about what is allowed but may not do what it
    seems to. Names in the file are looked up. A check that needs a library that
    is not installed is an error, and what to install is said.

    Exit status: 0 if the file can be used, 1 if it can but has warnings and
    --strict was given, 2 if it has errors.
    """
    errors: tuple[Problem, ...] = ()
    try:
        loaded = refuse_unready(load(file), file)
        warnings = loaded.warnings
        shown = describe(loaded) if as_json else {}
    except ConfigError as error:
        errors, warnings = error.problems, error.warnings
        shown = describe_error(error) if as_json else {}
    if as_json:
        click.echo(json.dumps(shown, indent=2))
    else:
        _show(file, errors, warnings)
    if errors:
        sys.exit(FAULTY)
    sys.exit(DUBIOUS if strict and warnings else 0)


def _show(
    file: Path, errors: tuple[Problem, ...], warnings: tuple[Problem, ...]
) -> None:
    document = _document(file) if errors or warnings else None
    told = [(problem, "error", "red") for problem in errors]
    told += [(problem, "warning", "yellow") for problem in warnings]
    told.sort(key=lambda each: (each[0].line, each[0].column))
    for problem, severity, colour in told:
        click.echo(_headline(problem, click.style(severity, fg=colour, bold=True)))
        if document is not None and problem.line:
            _quote(document.source(problem.line), problem.column)
    click.echo(_summary(file, len(errors), len(warnings)))


def _headline(problem: Problem, severity: str) -> str:
    place = ":".join(
        str(part) for part in (problem.file, problem.line, problem.column) if part
    )
    hint = f" ({problem.hint})" if problem.hint else ""
    text = f"{problem.message}{hint} [{problem.category}]"
    return f"{_printable(place)}: {severity}: {_printable(text)}"


def _quote(source: str, column: int) -> None:
    name, equals, _ = source.partition("=")
    if equals and _may_be_secret(name.strip().lower()):
        source = f"{name}= ..."
    before = source[: max(column - 1, 0)]
    blank = "".join("\t" if character == "\t" else " " for character in before)
    click.echo(f"    {_printable(source)}")
    click.echo(f"    {blank}" + click.style("^", fg="green", bold=True))


def _may_be_secret(name: str) -> bool:
    """Whether *name* is a secret's, or may be one misspelt."""
    if name in _SECRETS:
        return True
    known = name in directives.GLOBAL or name in directives.VIRTUAL
    return not known and bool(get_close_matches(name, _SECRETS))


def _printable(text: str) -> str:
    """Return *text* without what would move a terminal's cursor or be no text."""
    return "".join(
        character
        if character.isprintable() or character == "\t"
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def _document(file: Path) -> Document | None:
    try:
        return Document.parse(file.read_bytes())
    except (OSError, ValueError):
        return None


def _summary(file: Path, errors: int, warnings: int) -> str:
    def count(number: int, what: str) -> str:
        return f"{number} {what}" + ("" if number == 1 else "s")

    if errors:
        return f"{file}: {count(errors, 'error')}, {count(warnings, 'warning')}"
    return f"{file}: good" + (f", {count(warnings, 'warning')}" if warnings else "")
