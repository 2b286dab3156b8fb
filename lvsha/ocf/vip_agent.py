"""The entry of ``ocf:lvsha:vip``: the actions by their names."""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from lvsha.errors import KernelError
from lvsha.ocf import vip
from lvsha.ocf.environment import Environment
from lvsha.ocf.protocol import Action, Ended, Exit, leave, perform
from lvsha.ocf.vip_machine import Machine
from lvsha.ocf.vip_node import Node

_Of = Callable[[Environment, Node], Exit]


def run() -> NoReturn:
    """Be the agent: do what the cluster asks for, and end."""
    leave(main())


def main() -> int:
    """Do what the cluster asks for; return the exit code."""
    return perform(sys.argv[1:], os.environ, ACTIONS, metadata)


def metadata() -> str:
    """Return the agent's metadata."""
    from lvsha.ocf.vip_meta_data import TEXT  # noqa: PLC0415 - only here

    return TEXT


def _action(act: _Of) -> Action:
    def action(environment: Environment) -> Exit:
        try:
            return act(environment, Machine(environment.resource))
        except KernelError as error:
            raise Ended(Exit.ERR_GENERIC, str(error)) from error

    return action


ACTIONS: Final[Mapping[str, Action]] = {
    "start": _action(vip.start),
    "stop": _action(vip.stop),
    "promote": _action(vip.promote),
    "demote": _action(vip.demote),
    "monitor": _action(vip.monitor),
    "reload-agent": _action(vip.reload_agent),
    "validate-all": _action(vip.validate_all),
}
