"""``lvsha reload``: the configuration again, and what the director thinks of it."""

import sys
from pathlib import Path

import click

from lvsha.cli.exits import Exit
from lvsha.cli.instances import (
    answer,
    fail,
    not_running,
    one,
    rundir_option,
    which_argument,
)
from lvsha.cli.wanted import entries, text
from lvsha.engine.control import Answer
from lvsha.errors import Problem

# Names are resolved while a configuration is read, and name servers are slow.
_SECONDS = 60.0


@click.command()
@which_argument
@rundir_option
def reload(which: str | None, rundir: Path | None) -> None:
    """Have a director read its configuration again; wait for the verdict.

    A configuration with an error changes nothing: every error is shown, and
    the exit status is 2.
    """
    instance = one(which, rundir)
    if instance is None:
        not_running(which)
    said = answer(instance, {"do": "reload"}, _SECONDS)
    found = problems(said)
    for problem in found:
        click.echo(f"error: {problem}", err=True)
    if found:
        sys.exit(Exit.INVALID)
    if not said.get("ok"):
        fail(text(said, "error") or "the director refused", Exit.FAILED)
    click.echo(f"{instance.name}: reloaded")


def problems(said: Answer) -> list[Problem]:
    """Return the problems a reload's answer lists."""
    return [
        Problem(
            file=text(entry, "file"),
            line=int(text(entry, "line") or 0),
            column=int(text(entry, "column") or 0),
            category=text(entry, "category"),
            message=text(entry, "message"),
            hint=text(entry, "hint"),
        )
        for entry in entries(said, "problems")
    ]
