"""``lvsha probe``: run the checks of a file now, and see what they say and hear."""

import asyncio
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from lvsha.cli.exits import Exit
from lvsha.cli.instances import fail, located, reject
from lvsha.cli.targets import Target, Unknown, targets
from lvsha.config.load import load
from lvsha.errors import ConfigError
from lvsha.model import Configuration, Verdict
from lvsha.names import names_of, names_of_real


def _complete(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the virtual services or real servers that begin with *incomplete*."""
    configuration = _known(context)
    if configuration is None:
        return []
    wanted = context.params.get("virtual") if parameter.name == "real" else None
    names: dict[str, str] = {}
    for virtual in configuration.virtuals:
        if parameter.name == "virtual":
            names[str(virtual.key)] = virtual.servicename
        elif wanted is None or str(wanted).lower() in names_of(virtual):
            for real in virtual.reals:
                names[names_of_real(real)[0]] = real.name
    return [
        CompletionItem(name, help=about or None)
        for name, about in names.items()
        if name.startswith(incomplete)
    ]


def _known(context: click.Context) -> Configuration | None:
    """Return the configuration on the command line, if it can be read."""
    try:
        return load(located(context.params.get("file"))).configuration
    except (ConfigError, SystemExit):
        return None


@click.command()
@click.argument("file", type=click.Path())
@click.argument("virtual", required=False, shell_complete=_complete)
@click.argument("real", required=False, shell_complete=_complete)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Let a check take so long, not what the file says.",
)
@click.option(
    "--times",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Run the checks N times (default: once).",
)
@click.option(
    "--interval",
    type=click.FloatRange(min=0),
    default=1.0,
    metavar="SECONDS",
    help="From one time to the next (default: 1).",
)
@click.option(
    "-v", "--verbose", is_flag=True, help="Show the dialogue of checks that pass, too."
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def probe(  # noqa: PLR0913, PLR0917 - what the command line has
    file: str,
    virtual: str | None,
    real: str | None,
    timeout: float | None,
    times: int,
    interval: float,
    verbose: bool,
    as_json: bool,
) -> None:
    """Run the checks of FILE now, side by side, and show how each went.

    VIRTUAL is a virtual service, by its address and port, its mark, its id or its
    servicename; REAL is one of its real servers, by its address, with or without
    port, or by its name. Without them all are checked.

    Of a check that fails, or of every one with -v or REAL, the dialogue is shown:
    what we said after >, what we heard after <, and when. Passwords and secrets
    are blotted out. It needs no root and touches nothing in the kernel; ping
    checks may need a permission, and external checks run their program with
    your rights. What checktype = on, off or service = none never asks is not
    asked here.

    \b
    Examples:
      lvsha probe ldirectord.cf
      lvsha probe ldirectord.cf 192.0.2.10:80
      lvsha probe ldirectord.cf 192.0.2.10:80 web1 --times 10 --interval 2
      lvsha probe ldirectord.cf --json | jq '.results[] | select(.passed == false)'

    Exit status: 0 when all checks passed, 1 when one failed, 2 when the file or
    the command line is wrong.
    """  # noqa: D301 - click looks for a backspace
    path = located(file)
    try:
        found = targets(load(path).configuration, virtual, real)
    except ConfigError as error:
        reject(error)
    except Unknown as error:
        fail(f"{path}: {error}", Exit.INVALID)
    if timeout is not None:
        found = [_hurried(target, timeout) for target in found]
    if as_json:
        passed = _as_json(path, found, times, interval)
    else:
        passed = _shown(found, times, interval, verbose=verbose or real is not None)
    sys.exit(Exit.DONE if passed else Exit.FAILED)


def _hurried(target: Target, seconds: float) -> Target:
    check = replace(target.check, checktimeout=seconds, negotiatetimeout=seconds)
    return replace(target, check=check)


def _as_json(path: Path, found: list[Target], times: int, interval: float) -> bool:
    # The checks' rooms are slow to import, and completing a word needs none.
    from lvsha.cli.probing import described, probe_rounds  # noqa: PLC0415

    results: dict[tuple[int, int], dict[str, object]] = {}
    order = {id(target): position for position, target in enumerate(found)}

    def told(turn: int, target: Target, verdict: Verdict | None) -> None:
        results[turn, order[id(target)]] = described(turn, target, verdict)

    asyncio.run(probe_rounds(found, told, times=times, interval=interval))
    listed = [results[place] for place in sorted(results)]
    count = [result["passed"] for result in listed]
    shown = {
        "file": str(path),
        "ok": False not in count,
        "passed": count.count(True),
        "failed": count.count(False),
        "unasked": count.count(None),
        "results": listed,
    }
    click.echo(json.dumps(shown, indent=2))
    return False not in count


def _shown(found: list[Target], times: int, interval: float, *, verbose: bool) -> bool:
    from lvsha.cli.probing import described, probe_rounds  # noqa: PLC0415
    from lvsha.cli.probing_board import Board  # noqa: PLC0415

    began = time.monotonic()
    with Board(found, times, verbose=verbose) as board:

        def told(turn: int, target: Target, verdict: Verdict | None) -> None:
            board.tell(target, described(turn, target, verdict))

        asyncio.run(probe_rounds(found, told, times=times, interval=interval))
    board.sum_up(time.monotonic() - began)
    return not board.failed
