"""The ``lvsha`` command: finds the subcommand and imports only that one."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final

import click

from lvsha import VERSION
from lvsha.cli.exits import MEANINGS, Exit, table


@dataclass(frozen=True, slots=True)
class Subcommand:
    """Where a subcommand is, and the line the list of commands has for it."""

    place: str
    summary: str


COMMANDS: Final[Mapping[str, Subcommand]] = {
    "run": Subcommand("lvsha.cli.run:run", "Direct in the foreground until stopped."),
    "check": Subcommand("lvsha.cli.check:check", "Tell what is wrong with a file."),
    "probe": Subcommand("lvsha.cli.probe:probe", "Run the checks of a file now."),
    "plan": Subcommand("lvsha.cli.plan:plan", "Show what would change in the kernel."),
    "status": Subcommand("lvsha.cli.status:status", "Show services and real servers."),
    "metrics": Subcommand("lvsha.cli.metrics:metrics", "Tell monitoring how it is."),
    "reload": Subcommand("lvsha.cli.reload:reload", "Read the configuration again."),
    "stop": Subcommand("lvsha.cli.stop:stop", "Stop a director and wait for its end."),
    "vip": Subcommand("lvsha.cli.vip:vip", "Take and give up virtual addresses."),
    "realserver": Subcommand(
        "lvsha.cli.realserver:realserver", "Have VIPs on a real server, quietly."
    ),
    "sync": Subcommand("lvsha.cli.sync:sync", "Have connections survive a failover."),
    "doctor": Subcommand("lvsha.cli.doctor:doctor", "Tell what is wrong here."),
    "import": Subcommand(
        "lvsha.cli.importing:importing", "Carry over keepalived.conf, or rules."
    ),
    "install": Subcommand(
        "lvsha.cli.install:install", "Put agents, pages and units in their places."
    ),
    "uninstall": Subcommand(
        "lvsha.cli.install:uninstall", "Remove what install wrote."
    ),
    "crm": Subcommand("lvsha.cli.crm:crm", "Write and rehearse Pacemaker's part."),
    "csync2": Subcommand(
        "lvsha.cli.csync2:csync2", "Have one configuration on all directors."
    ),
    "lab": Subcommand("lvsha.cli.lab:lab", "Run clusters of virtual machines."),
    "drill": Subcommand("lvsha.cli.drill:drill", "Watch a director work, in the lab."),
    "completion": Subcommand(
        "lvsha.cli.completion:completion", "Print a shell completion script."
    ),
}


class Lazy(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names, in the order they are shown."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002
        cmd_name: str,
    ) -> click.Command | None:
        """Import the command *cmd_name*."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].place.partition(":")
        found = getattr(import_module(module), attribute)
        if not isinstance(found, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name].place} is not a command")
        return found

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, command.summary) for name, command in COMMANDS.items()]
            )


@click.group(
    cls=Lazy,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"\b\nExit status:\n{table(MEANINGS)}",
)
@click.version_option(VERSION, prog_name="lvsha")
def cli() -> None:
    """Direct Linux virtual servers, as an ldirectord.cf says.

    FILE is looked for in /etc/ha.d, in /etc/ha.d/conf, and then where it says;
    without it, it is /etc/ha.d/ldirectord.cf. A director is called by the base
    name of its file, unless it was given another name.
    """


def main() -> None:
    """Run ``lvsha``."""
    if "_LVSHA_COMPLETE" in os.environ:
        from lvsha.cli.completion import prepare  # noqa: PLC0415 - a shell asks

        prepare()
    try:
        cli(prog_name="lvsha")
    except PermissionError as error:
        click.echo(f"lvsha: {error}", err=True)
        sys.exit(Exit.FAILED)
