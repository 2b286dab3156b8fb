"""The entry of ``ocf:lvsha:director``: the actions by their names."""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from lvsha.ocf import director
from lvsha.ocf.environment import Environment
from lvsha.ocf.host import Host
from lvsha.ocf.parameters import Parameters
from lvsha.ocf.protocol import Action, Exit, leave, perform

_Of = Callable[[Host, Parameters, Environment], Exit]


def run() -> NoReturn:
    """Be the agent: do what the cluster asks for, and end."""
    leave(main())


def main() -> int:
    """Do what the cluster asks for; return the exit code."""
    return perform(sys.argv[1:], os.environ, ACTIONS, metadata)


def metadata() -> str:
    """Return the agent's metadata."""
    from lvsha.ocf.director_meta_data import TEXT  # noqa: PLC0415 - only here

    return TEXT


def _action(act: _Of) -> Action:
    def action(environment: Environment) -> Exit:
        parameters = Parameters.of(environment)
        return act(Host(parameters), parameters, environment)

    return action


def _start(host: Host, parameters: Parameters, asked: Environment) -> Exit:
    return director.start(host, parameters, asked.timeout)


def _stop(host: Host, _: Parameters, asked: Environment) -> Exit:
    return director.stop(host, asked.timeout)


def _monitor(host: Host, parameters: Parameters, asked: Environment) -> Exit:
    return director.monitor(host, parameters, asked.timeout, asked.check_level)


def _reload(host: Host, _: Parameters, asked: Environment) -> Exit:
    return director.reload(host, asked.timeout)


def _reload_agent(host: Host, parameters: Parameters, _: Environment) -> Exit:
    # What can be changed in place is only read by later actions.
    director.validate(parameters)
    return Exit.SUCCESS if host.running() else Exit.NOT_RUNNING


def _validate_all(host: Host, parameters: Parameters, asked: Environment) -> Exit:
    return director.examine(host, parameters, asked.timeout, asked.check_level)


ACTIONS: Final[Mapping[str, Action]] = {
    "start": _action(_start),
    "stop": _action(_stop),
    "monitor": _action(_monitor),
    "reload": _action(_reload),
    "reload-agent": _action(_reload_agent),
    "validate-all": _action(_validate_all),
}
