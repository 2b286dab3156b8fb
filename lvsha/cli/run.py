"""``lvsha run``: a director in the foreground."""

import sys
from pathlib import Path

import click

from lvsha.cli.exits import Exit
from lvsha.cli.instances import fail, located, plain_name, reject, rundir_option
from lvsha.engine.instance import Busy, name_of
from lvsha.errors import ConfigError


@click.command()
@click.argument("file", required=False)
@click.option(
    "--instance",
    metavar="NAME",
    callback=plain_name,
    help="Name it something else than FILE.",
)
@rundir_option
@click.option(
    "--detached", is_flag=True, help="Log where FILE says: nobody reads the output."
)
@click.option("--debug", is_flag=True, help="Log every check, on standard error.")
@click.option(
    "--profile",
    type=click.Choice(["none", "sync", "stateless"]),
    default="none",
    show_default=True,
    help="Sysctls to set while it works, and to set back: see 'lvsha sync profile'.",
)
def run(  # noqa: PLR0913, PLR0917 - the command line's own words
    file: str | None,
    instance: str | None,
    rundir: Path | None,
    detached: bool,
    debug: bool,
    profile: str,
) -> None:
    """Direct in the foreground, as FILE says, until stopped.

    The log goes to standard output, unless detached. What the kernel already
    has is adopted; SIGHUP reads FILE again, SIGTERM stops. systemd is told when
    all is ready, and kept informed, if it asked to be.
    """
    # What a director is made of takes its time to import.
    from lvsha.engine.run import Options  # noqa: PLC0415
    from lvsha.engine.run import run as direct  # noqa: PLC0415

    options = Options(
        path=located(file),
        instance=instance or name_of(file),
        rundir=rundir,
        foreground=not detached,
        debug=debug,
        profile=profile,
    )
    try:
        status = direct(options)
    except ConfigError as error:
        reject(error)
    except (Busy, OSError) as error:
        fail(str(error), Exit.FAILED)
    sys.exit(status)
