"""``lvsha install`` and ``lvsha uninstall``: agents, manual pages, units, templates."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

import lvsha
from lvsha.cli.exits import Exit, table
from lvsha.cli.instances import fail
from lvsha.install import reach
from lvsha.install.installer import Installer, Refusal
from lvsha.install.layout import PACKAGED, PREFIX, File, Place, linked, wanted
from lvsha.install.manifest import Unreadable
from lvsha.install.plan import Plan
from lvsha.install.shipped import DIRECTORY, shipped

_STATUSES: Final = (
    (0, "everything is as it was asked for, nothing to do included"),
    (1, "refused: a file is somebody else's or was changed; hacluster cannot run it"),
    (2, "the command line is wrong"),
)
_EPILOG: Final = f"\b\nExit status:\n{table(_STATUSES)}"
# Where the cluster looks for agents, whatever the prefix.
_AGENTS: Final = "/usr/lib/ocf/resource.d/lvsha"

_destdir = click.option(
    "--destdir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Work below this directory, as for a package.",
)
_dry = click.option("--dry-run", "dry", is_flag=True, help="Only tell what to do.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command(epilog=_EPILOG)
@_destdir
@click.option(
    "--prefix", default=PREFIX, show_default=True, help="Below which everything goes."
)
@click.option(
    "--symlink", is_flag=True, help="Link to our files, where they are not rewritten."
)
@click.option("--as-ldirectord", is_flag=True, help="Be /usr/sbin/ldirectord, too.")
@click.option(
    "--interpreter", metavar="PYTHON", help="What runs the programs and agents."
)
@click.option("--site", metavar="DIRECTORY", help="Where PYTHON finds lvsha.")
@click.option("--no-record", is_flag=True, help="For packages, which know their files.")
@_dry
@_json
def install(  # noqa: PLR0913, PLR0917 - one argument an option
    destdir: Path | None,
    prefix: str,
    symlink: bool,
    as_ldirectord: bool,
    interpreter: str | None,
    site: str | None,
    no_record: bool,
    dry: bool,
    as_json: bool,
) -> None:
    """Put agents, manual pages, completions, units and templates in their places.

    Done again, it does what is missing and removes what is no longer part of
    lvsha. Nothing goes below /etc. A file that somebody else wrote, or changed
    since, stays, and then nothing is done at all. What was written is on
    record in /var/lib/lvsha, for uninstall. Where a package has brought lvsha,
    its files are the package's affair, and only --as-ldirectord is left to do.

    --as-ldirectord diverts the file of a package (dpkg-divert), joins the
    alternatives where ldirectord is one, or takes a name that nobody has.
    """
    if not prefix.startswith("/"):
        raise click.UsageError("--prefix is a full path")
    place = Place(
        interpreter or sys.executable,
        site or str(Path(lvsha.__file__).resolve().parents[1]),
        prefix.rstrip("/"),
    )
    _examine(place, here=destdir is None)
    files = wanted(shipped(), _completions(), place)
    if symlink:
        files = linked(files, str(DIRECTORY))
    packaged = f"{place.prefix}/{PACKAGED}"
    if no_record:
        files[packaged] = File(b"The files of lvsha are those of a package.\n")
    elif Path(f"{_root(destdir)}{packaged}").exists():
        files = {}
    installer = Installer(_root(destdir), records=not no_record)
    try:
        plan = installer.install(
            files,
            program=_program(prefix),
            as_ldirectord=as_ldirectord,
            dry=dry,
        )
    except (Refusal, Unreadable, OSError) as error:
        _refuse(error)
    notes = [] if dry or not (plan.write or plan.remove) else installer.settle()
    if files and not any(path.startswith(f"{_AGENTS}/") for path in files):
        notes.append(f"the cluster looks for agents in {_AGENTS}, and nowhere else")
    _tell(plan, notes, "installed", dry=dry, as_json=as_json)


@click.command(epilog=_EPILOG)
@_destdir
@_dry
@_json
def uninstall(destdir: Path | None, dry: bool, as_json: bool) -> None:
    """Remove what install wrote, and give ldirectord back.

    A file that somebody changed since stays; the status is 1 then.
    """
    installer = Installer(_root(destdir))
    try:
        plan = installer.uninstall(dry=dry)
    except (Refusal, Unreadable, OSError) as error:
        _refuse(error)
    notes = [] if dry or not plan.remove else installer.settle()
    _tell(plan, notes, "removed", dry=dry, as_json=as_json)
    if plan.left:
        sys.exit(Exit.FAILED)


def _root(destdir: Path | None) -> str:
    return str(destdir.absolute()) if destdir else ""


def _program(prefix: str) -> str:
    return f"{prefix.rstrip('/')}/sbin/lvsha-ldirectord"


def _examine(place: Place, *, here: bool) -> None:
    """End the program when *place*'s interpreter will not do."""
    if reason := reach.unusable(place.interpreter):
        fail(reason, Exit.FAILED)
    if not here:
        return
    try:
        reason = reach.hindrance(place.interpreter, place.site)
    except OSError as error:
        reason = str(error)
    if reason:
        fail(reason, Exit.FAILED)


def _completions() -> dict[str, str]:
    # The group imports this module.
    from click.shell_completion import get_completion_class  # noqa: PLC0415

    from lvsha.cli.main import cli  # noqa: PLC0415

    scripts = {}
    for shell in ("bash", "zsh", "fish"):
        if found := get_completion_class(shell):
            scripts[shell] = found(cli, {}, "lvsha", "_LVSHA_COMPLETE").source()
    return scripts


def _refuse(error: Exception) -> None:
    reasons = error.reasons if isinstance(error, Refusal) else (str(error),)
    for reason in reasons:
        click.echo(f"lvsha: {reason}", err=True)
    sys.exit(Exit.FAILED)


def _tell(
    plan: Plan, notes: Sequence[str], done: str, *, dry: bool, as_json: bool
) -> None:
    if as_json:
        told = {
            "done": not dry,
            "written": plan.write,
            "removed": plan.remove,
            "unchanged": plan.same,
            "others": plan.others,
            "left": plan.left,
            "notes": list(notes),
        }
        click.echo(json.dumps(told, indent=2))
        return
    verb = "would be" if dry else "was"
    for path in plan.write:
        click.echo(f"{path}: {verb} written")
    for path in plan.remove:
        click.echo(f"{path}: {verb} removed")
    for path in plan.left:
        click.echo(f"{path}: changed by somebody since, left as it is", err=True)
    for note in notes:
        click.echo(f"lvsha: {note}", err=True)
    if not (plan.write or plan.remove):
        click.echo(f"nothing to do: {len(plan.same) + len(plan.others)} files {done}")
