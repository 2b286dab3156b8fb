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
    fail,
    not_running,
    rundir_option,
    running,
    which_argument,
)
from lvsha.cli.wanted import entries, text
from lvsha.engine.control import Answer
from lvsha.engine.instance import Instance

Question = dict[str, object]


@click.command()
@which_argument
@click.argument("virtual", required=False)
@click.argument("real", required=False)
@rundir_option
@click.option("--json", "as_json", is_flag=True, help="Print the director's answer.")
@click.option("--watch", is_flag=True, help="Show it every second until interrupted.")
@click.option(
    "--evidence", is_flag=True, help="Show what the last checks said and heard."
)
def status(  # noqa: PLR0913, PLR0917 - what the command line has
    which: str | None,
    virtual: str | None,
    real: str | None,
    rundir: Path | None,
    as_json: bool,
    watch: bool,
    evidence: bool,
) -> None:
    """Show virtual services and real servers, of all directors or of one.

    A real server's line has the weight it is configured with and the one the
    kernel has, its connections, and what its last check said.

    Where directors share the configuration by csync2, the one each of them has is
    shown as well; the exit status is 1 when they differ.

    With VIRTUAL, and REAL, only that virtual service is shown, or one of its
    real servers, with what its last checks said and heard, without passwords and
    secrets. VIRTUAL may stand alone if no director has that name.
    """
    question: Question = {"do": "status"}
    if evidence or virtual:
        question |= {"evidence": True, "virtual": virtual, "real": real}
    if which and not chosen(which, rundir):
        question = _about(which, virtual, rundir) or question
        which = None if question.get("virtual") == which else which
    while True:
        instances = chosen(which, rundir)
        if not instances:
            not_running(which)
        if as_json:
            _as_json(instances, question)
        well = _show(instances, question, again=watch)
        if not watch:
            sys.exit(Exit.DONE if well else Exit.FAILED)
        # The director looks at its servers no more often than this itself.
        time.sleep(1)


def _about(virtual: str, real: str | None, rundir: Path | None) -> Question | None:
    """Return the question about *virtual* if a director that runs has it."""
    question: Question = {
        "do": "status",
        "evidence": True,
        "virtual": virtual,
        "real": real,
    }
    said = [answer(instance, question) for instance in running(rundir)]
    shown = [virtual for one in said for virtual in entries(one, "virtuals")]
    known = any("past" in real for each in shown for real in entries(each, "reals"))
    return question if known else None


def _as_json(instances: list[Instance], question: Question) -> None:
    """Print the answer of the one director there may be, and end."""
    if len(instances) > 1:
        names = ", ".join(instance.name for instance in instances)
        raise click.UsageError(f"say which one: {names}")
    said = _told(instances[0], question)
    click.echo(json.dumps(said, indent=2))
    sys.exit(Exit.DONE if _well(said) else Exit.FAILED)


def _show(instances: list[Instance], question: Question, *, again: bool) -> bool:
    # rich is slow to import, and only this needs it.
    from lvsha.cli.board import show  # noqa: PLC0415

    said: list[Answer] = [_told(i, question) for i in instances]
    # A director that does not know what is asked for has nothing to show.
    known = [one for one in said if entries(one, "virtuals") or not text(one, "error")]
    if not known:
        fail(text(said[0], "error"), Exit.INVALID)
    if again:
        click.clear()
    for one in known:
        show(one)
    return all(map(_well, known))


def _told(instance: Instance, question: Question) -> Answer:
    return shared(answer(instance, question))


def shared(said: Answer) -> Answer:
    """Return *said*, and where directors share the file, what each of them has."""
    # What csync2 takes is slow to import, too.
    from lvsha.cli.directors import directors  # noqa: PLC0415

    if found := directors(said):
        return said | {"directors": [one.as_json() for one in found]}
    return said


def _well(said: Answer) -> bool:
    if "directors" not in said:
        return bool(said.get("ok"))
    from lvsha.cli.directors import differing  # noqa: PLC0415 - as above

    return bool(said.get("ok")) and not differing(said)
