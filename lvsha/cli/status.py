"""``lvsha status``: what a director thinks, and what the kernel does."""

import json
import sys
import time
from pathlib import Path

import click

from lvsha.cli.exits import Exit
from lvsha.cli.instances import (
    answer,
    chosen,
    not_running,
    one,
    rundir_option,
    which_argument,
)
from lvsha.engine.control import Answer
from lvsha.engine.instance import Instance


@click.command()
@which_argument
@rundir_option
@click.option("--json", "as_json", is_flag=True, help="Print the director's answer.")
@click.option("--watch", is_flag=True, help="Show it every second until interrupted.")
def status(which: str | None, rundir: Path | None, as_json: bool, watch: bool) -> None:
    """Show virtual services and real servers, of all directors or of one.

    A real server's line has the weight it is configured with and the one the
    kernel has, its connections, and what its last check said.
    """
    if as_json:
        instance = one(which, rundir)
        if instance is None:
            not_running(which)
        said = answer(instance, {"do": "status"})
        click.echo(json.dumps(said, indent=2))
        sys.exit(Exit.DONE if said.get("ok") else Exit.FAILED)
    while True:
        instances = chosen(which, rundir)
        if not instances:
            not_running(which)
        well = _show(instances, again=watch)
        if not watch:
            sys.exit(Exit.DONE if well else Exit.FAILED)
        # The director looks at its servers no more often than this itself.
        time.sleep(1)


def _show(instances: list[Instance], *, again: bool) -> bool:
    # rich is slow to import, and only this needs it.
    from lvsha.cli.board import show  # noqa: PLC0415

    said: list[Answer] = [answer(i, {"do": "status"}) for i in instances]
    if again:
        click.clear()
    for one_of_them in said:
        show(one_of_them)
    return all(one_of_them.get("ok") for one_of_them in said)
