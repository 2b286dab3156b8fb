"""``lvsha plan``: what following a configuration would change in the kernel."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from lvsha.cli.changes import Outlook, as_json, outlook
from lvsha.cli.exits import Exit
from lvsha.cli.instances import (
    answer,
    chosen,
    fail,
    located,
    reject,
    rundir_option,
)
from lvsha.cli.wanted import entries, number, text
from lvsha.config.load import load
from lvsha.desired import adopted, reals
from lvsha.engine.instance import Instance, name_of, run_directory
from lvsha.errors import ConfigError, KernelError
from lvsha.health import Health, Seat, Standing
from lvsha.identity import ServiceKey
from lvsha.ipvs.kernel import Kernel
from lvsha.ipvs.listing import parsed
from lvsha.ipvs.owned import OwnedRows
from lvsha.ipvs.table import Table
from lvsha.model import Configuration

_COLOURS: Mapping[str, str] = {"+": "green", "-": "red", "~": "yellow", "?": "cyan"}


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is to compare with."""

    table: Table
    owned: frozenset[ServiceKey]
    health: dict[Seat, Health]


@click.command()
@click.argument("file", required=False)
@click.option("--instance", metavar="NAME", help="Plan for the director of this name.")
@rundir_option
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    metavar="RULES",
    help="Compare with the output of ipvsadm -Sn instead of the kernel.",
)
@click.option("--json", "as_objects", is_flag=True, help="Print JSON.")
def plan(
    file: str | None,
    instance: str | None,
    rundir: Path | None,
    against: Path | None,
    as_objects: bool,
) -> None:
    """Show what following FILE would change in the kernel; change nothing.

    A running director knows which real servers are up. Without one, a server
    counts as up if the kernel gives it work, and one that the kernel does not
    know is marked with a question mark: its check would decide.
    """
    path = located(file)
    try:
        configuration = load(path).configuration
    except ConfigError as error:
        reject(error)
    if against is not None:
        known = _from_rules(configuration, against)
    else:
        known = _from_kernel(configuration, _instance(file, instance, rundir))
    found = outlook(configuration, known.health, known.table, known.owned)
    if as_objects:
        click.echo(json.dumps(as_json(found), indent=2))
    else:
        _show(found)
    sys.exit(Exit.OTHERWISE if found else Exit.DONE)


def _instance(file: str | None, name: str | None, rundir: Path | None) -> Instance:
    if name is None and (driving := chosen(file or name_of(file), rundir)):
        return driving[0]
    return Instance(name or name_of(file), run_directory(rundir))


def _from_rules(configuration: Configuration, rules: Path) -> _Known:
    try:
        words = sys.stdin.read() if str(rules) == "-" else rules.read_text()
        table = parsed(words)
    except (OSError, ValueError) as error:
        fail(f"{rules}: {error}", Exit.FAILED)
    return _Known(table, frozenset(), adopted(configuration, table))


def _from_kernel(configuration: Configuration, instance: Instance) -> _Known:
    try:
        with Kernel.open() as kernel:
            table = kernel.read()
        owned = OwnedRows(instance.owned).read()
    except (KernelError, OSError) as error:
        fail(str(error), Exit.FAILED)
    health = adopted(configuration, table)
    if instance.running():
        health |= told_health(configuration, answer(instance, {"do": "status"}))
    return _Known(table, owned, health)


def told_health(
    configuration: Configuration, status: Mapping[str, object]
) -> dict[Seat, Health]:
    """Return what a director's *status* says of the seats of *configuration*."""
    told = {
        (text(virtual, "id"), text(real, "server")): real
        for virtual in entries(status, "virtuals")
        for real in entries(virtual, "reals")
    }
    return {
        (virtual.key, at): _health(told[seat])
        for virtual in configuration.virtuals
        for at, real in reals(virtual).items()
        if (seat := (str(virtual.key), str(real.endpoint))) in told
    }


def _health(real: Mapping[str, object]) -> Health:
    words = {standing.value: standing for standing in Standing}
    return Health(
        words.get(text(real, "standing"), Standing.UNKNOWN),
        int(number(real, "failures") or 0),
        maintenance=real.get("maintenance") is True,
    )


def _show(found: Outlook) -> None:
    for line in (*map(str, found.differences), *map(str, found.pending)):
        click.secho(line, fg=_COLOURS[line[0]])
    count = len(found.differences)
    if not found:
        click.echo("nothing to change")
    else:
        pending = sum(not p.present for p in found.pending)
        later = f", {pending} depend on checks" if pending else ""
        click.echo(f"{count} change{'' if count == 1 else 's'}{later}")
