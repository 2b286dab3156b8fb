"""``lvsha lab``: virtual machines with real kernels, on one switch, without root."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from lvsha.cli.lab_exec import executed, terminal_words
from lvsha.cli.stages import Stages
from lvsha.lab import image, named, tier, topology
from lvsha.lab.cluster.machines import machines as cluster_machines
from lvsha.lab.cluster.stacks import STACKS
from lvsha.lab.errors import LabError
from lvsha.lab.recipe import BASE, DAEMONS

_EPILOG = """\b
A first walk:
  lvsha lab build                      once, as root: a minute
  lvsha lab up                         director, real1, real2, client
  lvsha lab exec client -- ping -c1 real1
  lvsha lab cut real1                  pull its cable
  lvsha lab kill director              cut its power
  lvsha lab down
\b
Exit status:
  0    done; exec: the command's own
  1    failed; the message says why
  2    the command line is wrong
  3    status: no such lab is running
"""

_EXAMPLES = """\b
Examples:
  lvsha lab exec director -- ipvsadm -Ln
  lvsha lab exec -t director bash
"""


class Failing(click.Group):
    """A group whose commands end with status 1 and a message on a `LabError`."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except LabError as error:
            raise click.ClickException(str(error)) from error


_name = click.option(
    "--name",
    default=lambda: os.environ.get("LVSHA_LAB", "lab"),
    show_default="$LVSHA_LAB or lab",
    help="Which lab; several run side by side.",
)


@click.group(cls=Failing, epilog=_EPILOG)
def lab() -> None:
    """Run clusters of virtual machines.

    Each node is a real Linux kernel in a process of its own, with IPVS; all of them
    see each other, and nothing else, through a switch that can fail on purpose. The
    folder lvsha comes from is /srv/lvsha in every node, so what you edit is what runs.
    """


@lab.command()
@click.option("--daemons", is_flag=True, help="The one checks are tested on.")
def build(*, daemons: bool) -> None:
    """Build the nodes' disk image, unless it is there (needs root).

    It is kept in $LVSHA_LAB_CACHE, or ~/.cache/lvsha/lab. $LVSHA_LAB_MIRROR names
    another Debian mirror. With --daemons it is a second image, which also holds the
    servers that health checks are tested against.
    """
    with Stages("building the lab image") as stages:
        made = image.make(DAEMONS if daemons else BASE, progress=stages.begin)
    click.echo(made.disk)


@lab.command()
@_name
@click.option("--nodes", type=click.IntRange(1, 64), help="So many: node1, node2, …")
@click.option(
    "--topology",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="classic, warm or active-active: a cluster of two directors; or a TOML file"
    " with a [[node]] table each: name, addresses, memory, boot.",
)
@click.option(
    "--boot",
    type=click.Choice(["light", "systemd"]),
    help="What all nodes start with: only the lab's agent, or a whole system.",
)
@click.option("--seconds", default=120.0, show_default=True, help="For the boot.")
def up(
    name: str, nodes: int | None, file: Path | None, boot: str | None, seconds: float
) -> None:
    """Boot a lab; by default a director, two real servers and a client."""
    if nodes and file:
        raise click.UsageError("--nodes and --topology exclude each other")
    specs: Sequence[topology.NodeSpec] = topology.SMALL
    stack = str(file) if str(file) in STACKS else ""
    if stack:
        specs = cluster_machines()
    elif nodes:
        specs = topology.numbered(nodes)
    elif file:
        specs = topology.load(file)
    if boot and not stack:
        specs = [topology.booting(spec, boot) for spec in specs]
    with Stages(f"booting {len(specs)} nodes") as stages:
        named.up(name, specs, seconds=seconds, progress=stages.begin, stack=stack)


@lab.command()
@click.option("--name", help="Only this lab.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(name: str | None, *, as_json: bool) -> None:
    """Show the labs that run, and their nodes."""
    if name and not named.running(name):
        raise click.exceptions.Exit(3)
    labs = {
        one: named.ask(one, {"do": "status"})
        for one in ([name] if name else named.names())
    }
    if as_json:
        click.echo(json.dumps(labs, indent=2))
        return
    table = Table("lab", "node", "state", "boot", "addresses", "pid", box=None)
    for one, answer in labs.items():
        nodes = answer["nodes"]
        assert isinstance(nodes, list)  # noqa: S101 - the daemon is ours
        for node in nodes:
            addresses = " ".join(node["addresses"])
            pid = str(node["pid"] or "")
            row = (one, node["name"], node["state"], node["boot"], addresses, pid)
            table.add_row(*row)
    Console().print(table if labs else "no lab is running")


@lab.command(
    "exec", epilog=_EXAMPLES, context_settings={"allow_interspersed_args": False}
)
@_name
@click.option("-t", "--terminal", is_flag=True, help="With a terminal, as for a shell.")
@click.option("-e", "--env", multiple=True, metavar="NAME=VALUE", help="Environment.")
@click.option("--seconds", default=3600.0, show_default=True, help="Then it is killed.")
@click.argument("node")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def execute(  # noqa: PLR0913 - click hands over every option
    name: str,
    node: str,
    command: tuple[str, ...],
    env: tuple[str, ...],
    seconds: float,
    *,
    terminal: bool,
) -> None:
    """Run COMMAND as root in NODE: input, output and exit status are its own."""
    if command[0] == "--":
        command = command[1:]
    if not command:
        raise click.UsageError("what shall the node run?")
    environment = terminal_words() if terminal else {}
    environment |= dict(word.partition("=")[::2] for word in env)
    request: dict[str, object] = {
        "do": "exec",
        "node": node,
        "argv": list(command),
        "env": environment,
        "seconds": seconds,
        "terminal": terminal,
    }
    raise click.exceptions.Exit(executed(name, request))


@lab.command()
@_name
@click.argument("node")
def console(name: str, node: str) -> None:
    """Print what NODE's kernel and init have said, all boots of it."""
    file = named.folder(name) / "run" / f"{node}.console"
    try:
        sys.stdout.buffer.write(file.read_bytes())
    except FileNotFoundError:
        raise LabError(f"no lab {name!r} with a node {node!r} is running") from None


@lab.command()
@_name
@click.option("--one-way", is_flag=True, help="Only what NODE sends.")
@click.argument("node")
@click.argument("other", required=False)
def cut(name: str, node: str, other: str | None, *, one_way: bool) -> None:
    """Cut NODE off, from everybody or from OTHER."""
    named.ask(name, {"do": "cut", "one": node, "other": other, "one_way": one_way})


@lab.command()
@_name
@click.argument("node", required=False)
@click.argument("other", required=False)
def heal(name: str, node: str | None, other: str | None) -> None:
    """Take cuts back: between NODE and OTHER, of NODE, or all faults at once."""
    named.ask(name, {"do": "heal", "one": node, "other": other})


@lab.command()
@_name
@click.argument("node")
@click.argument("percent", type=click.FloatRange(0, 100))
def loss(name: str, node: str, percent: float) -> None:
    """Lose PERCENT of the frames to and from NODE; 0 ends it."""
    named.ask(name, {"do": "loss", "node": node, "value": percent})


@lab.command()
@_name
@click.argument("node")
@click.argument("seconds", type=click.FloatRange(0, 60))
def delay(name: str, node: str, seconds: float) -> None:
    """Delay the frames to and from NODE by SECONDS; 0 ends it."""
    named.ask(name, {"do": "delay", "node": node, "value": seconds})


@lab.command()
@_name
@click.argument("file", required=False, type=click.Path(path_type=Path))
def pcap(name: str, file: Path | None) -> None:
    """Record every frame into FILE; without FILE, end the recording."""
    path = str(file.absolute()) if file else None
    named.ask(name, {"do": "pcap", "path": path})


@lab.command()
@_name
@click.argument("node")
def freeze(name: str, node: str) -> None:
    """Freeze NODE: it does nothing, and does not know."""
    named.ask(name, {"do": "freeze", "node": node})


@lab.command()
@_name
@click.argument("node")
def thaw(name: str, node: str) -> None:
    """Let a frozen NODE go on."""
    named.ask(name, {"do": "thaw", "node": node})


@lab.command()
@_name
@click.argument("node")
def kill(name: str, node: str) -> None:
    """Cut NODE's power: no farewell, nothing written."""
    named.ask(name, {"do": "kill", "node": node})


@lab.command()
@_name
@click.argument("node")
def boot(name: str, node: str) -> None:
    """Boot a NODE that is down, with its disk as it was."""
    named.ask(name, {"do": "boot", "node": node})


@lab.command()
@_name
@click.option("--all", "everything", is_flag=True, help="All labs that run.")
def down(name: str, *, everything: bool) -> None:
    """End a lab; nothing of it is left."""
    for one in named.names() if everything else [name]:
        named.down(one)


@lab.command()
@click.option("--all", "everything", is_flag=True, help="The current ones, too.")
def clean(*, everything: bool) -> None:
    """Remove images of earlier recipes from the cache."""
    for folder in image.remove_others(*() if everything else (BASE, DAEMONS)):
        click.echo(f"removed {folder}")


@lab.command(context_settings={"ignore_unknown_options": True})
@click.argument("path")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(path: str, arguments: tuple[str, ...]) -> None:
    """Run pytest on PATH of the checkout inside a node of its own."""
    raise click.exceptions.Exit(tier.run(path, arguments))
