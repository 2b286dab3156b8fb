"""``lvsha import``: other programs' configurations as an ``ldirectord.cf``."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from lvsha.cli.exits import Exit, table
from lvsha.cli.instances import fail
from lvsha.config.reading import loads
from lvsha.errors import ConfigError
from lvsha.identity import Address
from lvsha.imports import keepalived, rules
from lvsha.imports.draft import Draft

_STATUSES: Final = (
    (0, "written; what could not be carried over is listed on standard error"),
    (1, "nothing was written: it is there already, or cannot be read or written"),
    (2, "the file or the command line is wrong"),
)
_source = click.argument(
    "file", type=click.Path(path_type=Path, allow_dash=True, dir_okay=False)
)
_output = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write there instead of on standard output.",
)
_force = click.option("--force", is_flag=True, help="Replace the output if it exists.")
_json = click.option(
    "--json", "as_json", is_flag=True, help="List what is lost as JSON instead."
)


class _Nobody:
    """Knows no names: an import has addresses, and asks nobody."""

    def address(self, host: str, version: int) -> Address | None:  # noqa: ARG002
        """Know nothing."""
        return None

    def port(self, service: str, protocol: str) -> int | None:  # noqa: ARG002
        """Know nothing."""
        return None

    def hostname(self) -> str:
        """Have no name."""
        return "localhost"


@click.group(name="import", epilog=f"\b\nExit status:\n{table(_STATUSES)}")
def importing() -> None:
    """Write an ldirectord.cf for what another program has.

    \b
    lvsha import keepalived /etc/keepalived/keepalived.conf -o /etc/ha.d/ldirectord.cf
    ipvsadm -Sn | lvsha import ipvsadm -
    """  # noqa: D301 - click looks for a backspace


@importing.command(name="keepalived")
@_source
@_output
@_force
@_json
def from_keepalived(
    file: Path, output: Path | None, force: bool, as_json: bool
) -> None:
    """Carry over the virtual servers of keepalived's configuration FILE.

    Addresses that move (VRRP) are the cluster's affair, and listed. So is what
    ldirectord's language has no word for.
    """
    _import(keepalived.imported, file, output, force=force, as_json=as_json)


@importing.command(name="ipvsadm")
@click.argument(
    "file",
    type=click.Path(path_type=Path, allow_dash=True, dir_okay=False),
    default="-",
)
@_output
@_force
@_json
def from_ipvsadm(file: Path, output: Path | None, force: bool, as_json: bool) -> None:
    """Carry over the rules that ipvsadm -Sn printed.

    They do not say how to check real servers: TCP gets a connect check, the
    rest is pinged, and comments say so.
    """
    _import(rules.imported, file, output, force=force, as_json=as_json)


def _import(
    reader: Callable[[str], Draft],
    file: Path,
    output: Path | None,
    *,
    force: bool,
    as_json: bool,
) -> None:
    draft = _drafted(reader, file)
    text = draft.text()
    try:
        loads(text.encode(), str(output or "the draft"), resolver=_Nobody())
    except ConfigError as error:
        fail(f"what would be written cannot be used: {error}", Exit.FAILED)
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(output, text, force=force)
    lost = sorted(draft.lost)
    if as_json:
        told = {"lost": [one._asdict() for one in lost]}
        click.echo(json.dumps(told, indent=2), err=output is None)
        return
    for one in lost:
        click.echo(f"{file}: {one}", err=True)


def _drafted(reader: Callable[[str], Draft], file: Path) -> Draft:
    try:
        piped = str(file) == "-"
        content = sys.stdin.buffer.read() if piped else file.read_bytes()
    except OSError as error:
        fail(str(error), Exit.FAILED)
    try:
        return reader(content.decode(errors="replace"))
    except ValueError as error:
        fail(f"{file}: {error}", Exit.INVALID)


def _write(output: Path, text: str, *, force: bool) -> None:
    try:
        with output.open("w" if force else "x") as stream:
            stream.write(text)
    except FileExistsError:
        fail(f"{output} is there already; --force replaces it", Exit.FAILED)
    except OSError as error:
        fail(str(error), Exit.FAILED)
