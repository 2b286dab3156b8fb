"""``ocf:lvsha:realserver``: a real server has the VIP, and keeps quiet about it."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lvsha.ocf.environment import Environment, Malformed
from lvsha.ocf.protocol import Action, Ended, Exit, perform, say
from lvsha.ocf.refusable import refusable
from lvsha.ocf.vip_wish import every_address
from lvsha.vip.realserver import Place, RealServer, placed

_RUN: Final = "/run/lvsha"
_NICS: Final = ("lo", "tunl0", "ip6tnl0")


def main() -> int:
    """Do what the cluster asks for; return the exit code."""
    return perform(sys.argv[1:], os.environ, ACTIONS, metadata)


def metadata() -> str:
    """Return the agent's metadata."""
    from lvsha.ocf.realserver_meta_data import TEXT  # noqa: PLC0415 - only here

    return TEXT


def start(environment: Environment) -> Exit:
    """Have the VIPs; those that are there stay."""
    _here().up(_places(environment))
    return Exit.SUCCESS


def stop(environment: Environment) -> Exit:
    """Give the VIPs up, and be as before when they were the last."""
    try:
        places = _places(environment)
    except Malformed as error:
        # With such parameters nothing was started.
        say(str(error))
        return Exit.SUCCESS
    _here().down([place.address for place in places])
    return Exit.SUCCESS


def monitor(environment: Environment) -> Exit:
    """Tell whether the VIPs are there and kept quiet about."""
    try:
        places = _places(environment)
    except Malformed as error:
        say(str(error))
        return Exit.NOT_RUNNING
    here = _here()
    known = {place.address for place in here.places()}
    told = here.status(places)
    if not any(one.present or one.place.address in known for one in told):
        return Exit.NOT_RUNNING
    wrong = [f"{one.place.address} is missing" for one in told if not one.present]
    for one in told:
        wrong += [problem for problem in one.problems if problem not in wrong]
    if wrong:
        raise Ended(Exit.ERR_GENERIC, ", ".join(wrong))
    return Exit.SUCCESS


def validate_all(environment: Environment) -> Exit:
    """Tell whether the parameters can be used."""
    _places(environment)
    return Exit.SUCCESS


def _places(environment: Environment) -> list[Place]:
    addresses = every_address(environment)
    if not addresses:
        raise Malformed("parameter 'vip' is missing")
    nic = environment.text("nic", default="lo")
    if nic not in _NICS:
        words = ", ".join(_NICS)
        raise Malformed(f"parameter 'nic': expected one of {words}, got {nic!r}")
    return [placed(address, nic) for address, _ in addresses]


def _here() -> RealServer:
    rundir = Path(os.environ.get("LVSHA_RUNDIR") or _RUN)
    return RealServer(rundir / "realserver")


ACTIONS: Final[Mapping[str, Action]] = {
    "start": refusable(start),
    "stop": refusable(stop),
    "monitor": refusable(monitor),
    "validate-all": refusable(validate_all),
}
