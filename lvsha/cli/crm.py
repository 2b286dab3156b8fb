"""``lvsha crm``: topologies of directors for Pacemaker, filled in and tried out."""

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click

from lvsha.cli.exits import Exit
from lvsha.cli.instances import fail, located, reject
from lvsha.config.load import load
from lvsha.crm import crmsh, pcs
from lvsha.crm.addresses import addresses
from lvsha.crm.rehearsal import Result, rehearse
from lvsha.crm.scratch import Scratch, ToolFailed
from lvsha.crm.slots import Unfilled, filled
from lvsha.crm.statements import Topology
from lvsha.crm.topologies import TOPOLOGIES
from lvsha.errors import ConfigError

_SHORT = {name.removeprefix("lvs-"): topology for name, topology in TOPOLOGIES.items()}
_topology = click.argument("topology", type=click.Choice(list(_SHORT)))
_config = click.option(
    "--config",
    metavar="FILE",
    help="Take the VIPs from this ldirectord.cf, and have the director follow it.",
)
_set = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Fill in a value ('lvsha crm list' tells which there are); repeat it.",
)


@click.group()
def crm() -> None:
    """Write and try out what Pacemaker is told of directors.

    Three topologies: classic, warm and active-active. Nothing here changes a
    cluster or needs one.
    """


@crm.command(name="list")
@click.option("--json", "as_objects", is_flag=True, help="Print JSON.")
def list_(*, as_objects: bool) -> None:
    """List the topologies and the values each needs."""
    if as_objects:
        click.echo(json.dumps([_object(one) for one in _SHORT.values()], indent=2))
        return
    for short, topology in _SHORT.items():
        click.echo(f"{short}: {topology.summary}")
        for slot in topology.slots:
            has = f" [{slot.default}]" if slot.default else ""
            need = "" if slot.default or slot.required else " (optional)"
            click.echo(f"    {slot.name:<16}{slot.summary}{has}{need}")


@crm.command()
@_topology
@_config
@_set
@click.option(
    "--format",
    "form",
    type=click.Choice(["crm", "pcs"]),
    default="crm",
    show_default=True,
    help="For 'crm configure', or a script of pcs commands.",
)
def render(
    topology: str, config: str | None, settings: tuple[str, ...], form: str
) -> None:
    """Print TOPOLOGY filled in.

    \b
    lvsha crm render warm --config web.cf --set sync_interface=eth1 > web.crm
    crm configure load update web.crm
    """  # noqa: D301 - click looks for a backspace
    chosen = _SHORT[topology]
    values = _values(chosen, config, settings)
    if form == "pcs":
        click.echo(pcs.script(chosen, values), nl=False)
    else:
        click.echo(crmsh.text(chosen, values))


@crm.command()
@_topology
@_config
@_set
@click.option(
    "--nodes",
    default="node1,node2",
    show_default=True,
    metavar="NAME,NAME",
    help="What the two nodes are called in the rehearsal.",
)
@click.option("--json", "as_objects", is_flag=True, help="Print JSON.")
def verify(
    *,
    topology: str,
    config: str | None,
    settings: tuple[str, ...],
    nodes: str,
    as_objects: bool,
) -> None:
    """Try TOPOLOGY out on paper: load it, verify it, let nodes fail.

    Uses crmsh, crm_verify and crm_simulate on a file of its own; no cluster is
    asked or changed. Ends with 1 when a VIP would be on no node, or on two, or
    stay where it must not.
    """
    chosen = _SHORT[topology]
    first, comma, second = nodes.partition(",")
    if not comma or not first or not second or "," in second:
        raise click.BadParameter("two names with a comma", param_hint="--nodes")
    given = dict(_pair(setting) for setting in settings)
    named = {"node_one": first, "node_two": second}
    known = {slot.name for slot in chosen.slots}
    named = {name: node for name, node in named.items() if name in known - given.keys()}
    values = _values(chosen, config, settings, named)
    pair = values.get("node_one", first), values.get("node_two", second)
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="lvsha-crm-") as folder:
        try:
            scratch = Scratch(Path(folder), pair)
            scratch.load(crmsh.text(chosen, values))
            for result in rehearse(scratch, pair):
                results.append(result)
                if not as_objects:
                    _show(result)
        except ToolFailed as error:
            fail(str(error), Exit.FAILED)
    if as_objects:
        click.echo(json.dumps([_result(one) for one in results], indent=2))
    sys.exit(Exit.FAILED if any(one.problems for one in results) else Exit.DONE)


def _values(
    topology: Topology,
    config: str | None,
    settings: tuple[str, ...],
    named: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the values of *topology*; ends the program when some are wrong."""
    given = {**(named or {}), **dict(_pair(setting) for setting in settings)}
    try:
        if config is not None:
            file = located(config)
            found = addresses(topology, load(file).configuration)
            names = {"configfile": str(file.resolve()), "director": file.name}
            known = {slot.name for slot in topology.slots}
            names = {name: value for name, value in names.items() if name in known}
            given = {**names, **found, **given}
        return filled(topology.slots, given)
    except ConfigError as error:
        reject(error)
    except Unfilled as error:
        fail(str(error), Exit.INVALID)


def _pair(setting: str) -> tuple[str, str]:
    name, equals, value = setting.partition("=")
    if not equals:
        raise click.BadParameter(f"{setting!r} is not NAME=VALUE", param_hint="--set")
    return name.strip(), value


def _show(result: Result) -> None:
    where = ", ".join(f"{vip} on {node}" for vip, node in result.where)
    click.echo(f"{click.style(result.words, bold=True)}: {where}")
    for move in result.moves:
        click.echo(f"    {move}")
    for problem in result.problems:
        click.echo(click.style(f"    wrong: {problem}", fg="red"))


def _object(topology: Topology) -> dict[str, object]:
    return {
        "name": topology.name,
        "summary": topology.summary,
        "values": [
            {
                "name": slot.name,
                "type": slot.kind.value,
                "summary": slot.summary,
                "default": slot.default or None,
                "required": slot.required,
            }
            for slot in topology.slots
        ],
    }


def _result(result: Result) -> dict[str, object]:
    return {
        "event": result.words,
        "moves": [str(move) for move in result.moves],
        "where": dict(result.where),
        "problems": list(result.problems),
    }
