"""``ocf:lvsha:syncd``: the kernel's one pair of sync daemons, for all VIPs of a node.

For directors of which each has VIPs of its own: two resources
``ocf:lvsha:vip`` would contend for the daemons. They are in the kernel, which
has no file or process to ask for; so a record says that they should run.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lvsha.errors import KernelError
from lvsha.ocf import sync
from lvsha.ocf.environment import Environment, Malformed
from lvsha.ocf.protocol import Action, Ended, Exit, perform, say
from lvsha.ocf.refusable import refusable
from lvsha.ocf.sync import BACKUP, MASTER, Sync
from lvsha.vip import record

_RUN: Final = "/run/lvsha"
_ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "both": (BACKUP, MASTER),
    MASTER: (MASTER,),
    BACKUP: (BACKUP,),
}


def main() -> int:
    """Do what the cluster asks for; return the exit code."""
    return perform(sys.argv[1:], os.environ, ACTIONS, metadata)


def metadata() -> str:
    """Return the agent's metadata."""
    from lvsha.ocf.syncd_meta_data import TEXT  # noqa: PLC0415 - only here

    return TEXT


def start(environment: Environment) -> Exit:
    """Have the daemons run; on record before, so that stop finds them."""
    wanted, roles = _wanted(environment)
    file = _file(environment)
    kept = _recorded(file) or ()
    record.write(file, {"roles": sorted({*kept, *roles})})
    sync.start(wanted, roles)
    return Exit.SUCCESS


def stop(environment: Environment) -> Exit:
    """Have none of the daemons run that were started; needs no parameter."""
    file = _file(environment)
    roles = _recorded(file)
    if roles is None:
        return Exit.SUCCESS
    for wrong in sync.stop(roles):
        say(wrong)
    file.unlink(missing_ok=True)
    return Exit.SUCCESS


def monitor(environment: Environment) -> Exit:
    """Tell whether the daemons that were started run."""
    roles = _recorded(_file(environment))
    if roles is None:
        return Exit.NOT_RUNNING
    missing = sorted(set(roles) - sync.running())
    if missing:
        raise Ended(
            Exit.ERR_GENERIC, f"the sync daemon does not run: {', '.join(missing)}"
        )
    return Exit.SUCCESS


def validate_all(environment: Environment) -> Exit:
    """Tell whether the parameters can be used, from level 10 whether here."""
    wanted, _ = _wanted(environment)
    if environment.check_level >= 10:  # noqa: PLR2004 - OCF's number
        from lvsha.vip.addresses import Interfaces  # noqa: PLC0415

        try:
            with Interfaces() as interfaces:
                interfaces.link(wanted.interface)
        except KernelError as error:
            raise Ended(Exit.ERR_INSTALLED, str(error)) from error
    return Exit.SUCCESS


def _wanted(environment: Environment) -> tuple[Sync, tuple[str, ...]]:
    wanted = Sync.of(environment)
    if wanted is None:
        raise Malformed("parameter 'sync_interface' is missing")
    roles = environment.text("roles", default="both")
    if roles not in _ROLES:
        words = ", ".join(_ROLES)
        raise Malformed(f"parameter 'roles': expected one of {words}, got {roles!r}")
    return wanted, _ROLES[roles]


def _file(environment: Environment) -> Path:
    rundir = Path(os.environ.get("LVSHA_RUNDIR") or _RUN)
    name = environment.resource.replace("/", "_") or "syncd"
    return rundir / "syncd" / f"{name}.json"


def _recorded(file: Path) -> tuple[str, ...] | None:
    said = record.read(file)
    if said is None:
        return None
    roles = said.get("roles")
    return tuple(map(str, roles)) if isinstance(roles, list) else ()


ACTIONS: Final[Mapping[str, Action]] = {
    "start": refusable(start),
    "stop": refusable(stop),
    "monitor": refusable(monitor),
    "validate-all": refusable(validate_all),
}
