"""Actions that the kernel may refuse: its words become the reason Pacemaker shows."""

from lvsha.errors import KernelError
from lvsha.ocf.environment import Environment
from lvsha.ocf.protocol import Action, Ended, Exit


def refusable(act: Action) -> Action:
    """Return *act*, ending with a generic error where the kernel refuses it."""

    def action(environment: Environment) -> Exit:
        try:
            return act(environment)
        except KernelError as error:
            raise Ended(Exit.ERR_GENERIC, str(error)) from error

    return action
