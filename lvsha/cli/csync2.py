"""``lvsha csync2``: one configuration on all directors, or on none."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Final

import click

from lvsha.cli.exits import Exit
from lvsha.cli.instances import fail, rundir_option
from lvsha.csync2.carrier import Csync2
from lvsha.csync2.engine import engine
from lvsha.csync2.fragment import CSYNC2, SSH, BadGroup, Group, group
from lvsha.csync2.holdings import Holdings
from lvsha.csync2.places import Places
from lvsha.csync2.push import Look, Outcome, Push
from lvsha.csync2.receipt import Receipt, Stage
from lvsha.csync2.receive import received as look
from lvsha.csync2.setup import (
    SetupFailed,
    agree,
    bundle,
    forget,
    joined,
    prepare,
    put_secret,
    system,
)
from lvsha.csync2.ssh import Ssh
from lvsha.csync2.standing import standings
from lvsha.csync2.take import Edited, What, take
from lvsha.engine.instance import DEFAULT_FILE

# A peer's csync2 writes the database that we want to write: one of both waits.
_TRIES: Final = 5
_ASKED_SECONDS: Final = 30.0

SYSTEMD = Path("/run/systemd/system")
"""There when systemd keeps services."""


@click.group()
def csync2() -> None:
    """Keep one configuration on all directors, by csync2 or by ssh.

    'setup' once on each director; 'push' after each edit; 'status' tells who has
    what. A push changes all directors or none.
    """


@csync2.command()
@click.argument("directors", nargs=-1)
@click.option(
    "--file",
    "live",
    type=click.Path(path_type=Path),
    default=DEFAULT_FILE,
    show_default=True,
    help="The configuration they share.",
)
@click.option(
    "--carrier",
    type=click.Choice([CSYNC2, SSH]),
    default=CSYNC2,
    show_default=True,
    help="What brings the file to the others.",
)
@click.option("--bundle", "packed", type=click.Path(path_type=Path), help="Write one.")
@click.option(
    "--join",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Join with the bundle of another director.",
)
@click.option(
    "--forget", "peer", help="Trust whatever certificate this one shows next."
)
def setup(  # noqa: PLR0913, PLR0917 - what the command line has
    directors: tuple[str, ...],
    live: Path,
    carrier: str,
    packed: Path | None,
    join: Path | None,
    peer: str | None,
) -> None:
    """Make key, certificate and configuration of csync2; start its socket.

    \b
    On the first director:   lvsha csync2 setup d1 d2 --bundle /root/lvsha.tar
    Bring the bundle over:   scp /root/lvsha.tar d2:/root/
    On each other one:       lvsha csync2 setup --join /root/lvsha.tar

    The bundle holds the key: remove it afterwards. Other things that csync2 does
    on the machine are left alone.

    With --carrier ssh, 'lvsha csync2 setup d1 d2 --carrier ssh' on each director is
    all; root must be able to ssh to the others without a password.
    """  # noqa: D301 - click looks for a backspace
    on = system()
    with _failing():
        if peer is not None:
            forget(on, peer, _here(on.group()))
            click.echo(f"{peer}: its next certificate is trusted")
            return
        if carrier == SSH and (join or packed):
            fail("with --carrier ssh there is nothing to bring over", Exit.INVALID)
        if join is not None:
            found = joined(on, join.read_bytes())
        else:
            found = group(directors, Places(live.resolve()), carrier)
        here = _here(found)
        if found.carrier == SSH:
            agree(on, found, click.echo)
        else:
            prepare(on, found, shlex.join(_program()), click.echo)
        if packed is not None:
            put_secret(packed, bundle(on))
            click.echo(f"wrote {packed}: it holds the key")
        if found.places.live.exists():
            held = _own(found, here, None)(follow=True).live
            if held.stage is Stage.REFUSED:
                click.echo(f"mend it before you push it:\n{held.why}", err=True)


@csync2.command()
@click.option("--except", "absent", multiple=True, metavar="NAME", help="Without it.")
@click.option("--mine", is_flag=True, help="This director's file wins a conflict.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the others, twice.",
)
@rundir_option
@click.option("--json", "as_objects", is_flag=True, help="Print JSON.")
def push(
    *,
    absent: tuple[str, ...],
    mine: bool,
    timeout: float,
    rundir: Path | None,
    as_objects: bool,
) -> None:
    """Bring this director's configuration to all, if all find it valid.

    It is offered first, and every director validates it; then all follow it. When
    one refuses or does not answer, all go back to what they had, and the edit is
    kept beside the file with '.refused' at its end. Ends with 2 when the
    configuration is refused, with 1 when something else went wrong.
    """
    with _failing():
        found = system().group()
        here = _here(found)
        peers = tuple(host for host in found.hosts if host not in (here, *absent))
        if unknown := set(absent) - set(found.hosts):
            fail(f"no director of this group: {', '.join(unknown)}", Exit.INVALID)
        holdings = Holdings(found.places, here)
        content = found.places.live.read_bytes()
        if why := engine(found.places.live, rundir).valid(content):
            fail(f"nothing was sent:\n{why}", Exit.INVALID)
        tell = (lambda _news: None) if as_objects else click.echo
        outcome = Push(
            holdings,
            _carrier(found, holdings, mine=mine),
            peers,
            _own(found, here, rundir),
            timeout,
            tell=tell,
            mine=mine,
        ).run()
    _report(outcome, as_objects=as_objects)


@csync2.command()
@click.option("--json", "as_objects", is_flag=True, help="Print JSON.")
def status(*, as_objects: bool) -> None:
    """Tell which configuration each director has; end with 1 if they differ."""
    with _failing():
        found = system().group()
        here = _here(found)
        holdings = Holdings(found.places, here)
        seen = standings(holdings, found.hosts, _carrier(found, holdings))
    if as_objects:
        click.echo(json.dumps([one.as_json() for one in seen], indent=2))
    else:
        for one in seen:
            click.echo(str(one))
    good = all(one.good for one in seen)
    if not good and not as_objects:
        click.echo("they differ: push from the director that is right", err=True)
    sys.exit(Exit.DONE if good else Exit.FAILED)


@csync2.command(hidden=True)
@click.argument("live", type=click.Path(path_type=Path))
@click.option("--offer", is_flag=True)
@click.option("--now", is_flag=True)
@rundir_option
def received(live: Path, *, offer: bool, now: bool, rundir: Path | None) -> None:
    """Look at what came (csync2 calls this), and tell the others."""
    if not now:
        # csync2 waits for its actions, and its service ends with them.
        words = ["csync2", "received", "--now", *["--offer"] * offer, str(live)]
        _detached([*_program(), *words])
        return
    with _failing():
        found = system().group()
        _own(found, _here(found), rundir, telling=True)(follow=not offer)


@csync2.command(name="take", hidden=True)
@click.argument("what", type=click.Choice([one.value for one in What]))
@click.argument("live", type=click.Path(path_type=Path))
@click.option("--as", "name", required=True)
@click.option("--absent", is_flag=True)
@click.option("--mine", is_flag=True)
@rundir_option
def take_(  # noqa: PLR0913 - what another director says
    *, what: str, live: Path, name: str, absent: bool, mine: bool, rundir: Path | None
) -> None:
    """Take a file from standard input (another director runs this by ssh)."""
    content = None if absent else sys.stdin.buffer.read()
    found = Group((name,), Places(live))
    holdings = Holdings(found.places, name)
    with _failing():
        if What(what) is What.RECEIPT:
            holdings.put(found.places.receipt(name), content or b"")
            return
        own = _own(found, name, rundir)
        try:
            receipt = take(holdings, own, What(what), content, mine=mine)
        except Edited as error:
            fail(str(error), Exit.OTHERWISE)
    click.echo(receipt.dumped(), nl=False)


def _own(
    found: Group, here: str, rundir: Path | None, *, telling: bool = False
) -> Look:
    """Return what looks at this director's files, and *telling* tells the others."""
    holdings = Holdings(found.places, here)
    carrier = Csync2(here)

    def tell(_receipt: Receipt) -> None:
        for peer in found.hosts if telling else ():
            for _ in range(_TRIES if peer != here else 0):
                if not carrier.send([found.places.receipt(here)], peer):
                    break

    def own(*, follow: bool) -> Receipt:
        return look(holdings, engine(found.places.live, rundir), tell, follow=follow)

    return own


def _carrier(found: Group, holdings: Holdings, *, mine: bool = False) -> Csync2 | Ssh:
    return Ssh(holdings, mine) if found.carrier == SSH else Csync2(holdings.here)


def _report(outcome: Outcome, *, as_objects: bool) -> None:
    if as_objects:
        told = {
            "done": outcome.done,
            "sha256": outcome.digest,
            "troubles": outcome.troubles,
            "restored": outcome.restored,
            "refused": outcome.kept or None,
            "directors": {
                name: {"sha256": held.digest, "stage": held.stage.value}
                for name, held in outcome.receipts.items()
            },
        }
        click.echo(json.dumps(told, indent=2))
    elif outcome.done:
        for name, held in outcome.receipts.items():
            click.echo(f"{name}: {held.stage.value} {held.digest[:12]}")
    else:
        for trouble in outcome.troubles:
            click.echo(f"error: {trouble}", err=True)
        if outcome.restored:
            click.echo("all have what they had before", err=True)
        if outcome.kept:
            click.echo(f"the edit is kept in {outcome.kept}", err=True)
    sys.exit(Exit.DONE if outcome.done else Exit.FAILED)


def _here(found: Group) -> str:
    """Return this director's name in *found*; ends the program if it has none."""
    here = os.uname().nodename
    return found.called(here) or fail(
        f"{here} is none of {', '.join(found.hosts)}", Exit.INVALID
    )


def _program() -> list[str]:
    found = which("lvsha")
    return [found] if found else [sys.executable, "-m", "lvsha"]


def _detached(argv: list[str]) -> None:
    """Start *argv* apart from this process and its service."""
    if SYSTEMD.is_dir():
        words = ["systemd-run", "--quiet", "--collect", "--no-block", *argv]
        # Until it has asked for that, it ends with our service, too.
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, timeout=_ASKED_SECONDS, check=False
        )
        if done.returncode:
            fail(f"systemd-run ends with {done.returncode}", Exit.FAILED)
        return
    subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@contextmanager
def _failing() -> Iterator[None]:
    """End the program with a clear word when the set-up is not right."""
    try:
        yield
    except (SetupFailed, BadGroup) as error:
        fail(str(error), Exit.INVALID)
    except OSError as error:
        fail(str(error), Exit.FAILED)
