"""``lvsha stop``: a director's end, waited for."""

from pathlib import Path

import click

from lvsha.cli.ending import SECONDS, End, ended
from lvsha.cli.exits import Exit
from lvsha.cli.instances import fail, one, rundir_option, which_argument


@click.command()
@which_argument
@rundir_option
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=SECONDS,
    show_default=True,
    help="Seconds to wait for its end.",
)
@click.option("--kill", is_flag=True, help="Kill it when the time is over.")
def stop(which: str | None, rundir: Path | None, timeout: float, kill: bool) -> None:
    """Stop a director, and return when it is gone.

    It takes its virtual services out of the kernel first, unless cleanstop = no.
    One that was killed leaves them, and the kernel goes on forwarding.
    """
    instance = one(which, rundir)
    if instance is None:
        click.echo(f"{which}: not running" if which else "no director runs")
        return
    end = ended(instance, seconds=timeout, kill=kill)
    if end in (End.GONE, End.ABSENT):
        click.echo(f"{instance.name}: {end.value}")
    else:
        fail(f"{instance.name} {end.value}", Exit.FAILED)
