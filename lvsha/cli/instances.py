"""Which director an operator means, and asking it."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import click

from lvsha.cli.exits import Exit
from lvsha.engine.control import Answer, Unanswered, ask
from lvsha.engine.instance import Instance, found, run_directory
from lvsha.errors import ConfigError

# A status is a dump of the kernel's table: long for very large ones.
SECONDS = 10.0

rundir_option = click.option(
    "--rundir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory of all instances (default: $LVSHA_RUNDIR or /run/lvsha).",
)
which_argument = click.argument("which", required=False, metavar="[INSTANCE|FILE]")


def plain_name(
    context: click.Context,  # noqa: ARG001 - click hands it over
    parameter: click.Parameter,  # noqa: ARG001
    value: str | None,
) -> str | None:
    """Return the name of an instance, which is that of a directory."""
    if value is not None and (value.startswith(".") or not value or "/" in value):
        raise click.BadParameter("a name is not empty, has no '/' and no '.' in front")
    return value


def running(rundir: Path | None) -> list[Instance]:
    """Return the directors that run, by name."""
    directory = run_directory(rundir)
    if not directory.is_dir():
        return []
    instances = [
        Instance(place.name, directory)
        for place in sorted(directory.iterdir())
        if place.is_dir()
    ]
    return [instance for instance in instances if instance.running()]


def chosen(which: str | None, rundir: Path | None) -> list[Instance]:
    """Return the running directors that *which* means; all of them without it.

    A file means the director that drives it, whatever its name.
    """
    instances = running(rundir)
    if which is None:
        return instances
    named = [i for i in instances if i.name in (which, Path(which).name)]
    return named or [i for i in instances if _drives(i, which)]


def one(which: str | None, rundir: Path | None) -> Instance | None:
    """Return the one running director *which* means; None when there is none.

    Raises click.UsageError when it could be several.
    """
    instances = chosen(which, rundir)
    if len(instances) > 1:
        names = ", ".join(instance.name for instance in instances)
        raise click.UsageError(f"say which one: {names}")
    return instances[0] if instances else None


def answer(
    instance: Instance, question: Mapping[str, object], seconds: float = SECONDS
) -> Answer:
    """Return what *instance* answers; ends the program when it does not."""
    try:
        return ask(instance.control, question, seconds=seconds)
    except Unanswered as error:
        fail(str(error), Exit.FAILED)


def not_running(which: str | None) -> NoReturn:
    """End the program: there is nobody to talk to."""
    fail(f"{which}: not running" if which else "no director runs", Exit.OTHERWISE)


def fail(message: str, status: Exit) -> NoReturn:
    """End the program with *message* and *status*."""
    click.echo(f"lvsha: {message}", err=True)
    sys.exit(status)


def reject(error: ConfigError) -> NoReturn:
    """End the program with everything that is wrong with the configuration."""
    for problem in error.problems:
        click.echo(f"error: {problem}", err=True)
    sys.exit(Exit.INVALID)


def located(file: str | None) -> Path:
    """Return where *file* is; ends the program when it is nowhere."""
    try:
        return found(file)
    except FileNotFoundError as error:
        fail(str(error), Exit.INVALID)


def _drives(instance: Instance, file: str) -> bool:
    try:
        wanted = found(file).resolve()
        state = ask(instance.control, {"do": "status"}, seconds=SECONDS)
    except OSError:
        return False
    configuration = state.get("configuration")
    if not isinstance(configuration, dict):
        return False
    return Path(str(configuration.get("path"))).resolve() == wanted
