"""What Pacemaker and an agent have agreed on: the OCF resource agent API 1.1."""

import enum
import os
import sys
from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from lvsha.ocf.environment import Environment, Malformed

# Where an agent's programs are, whatever the cluster was started with.
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Lines on standard error that begin so are shown by crm_mon beside the failure.
_PREFIX: Final = "ocf-exit-reason:"
_UMASK: Final = 0o027
# Only these may call a parameter wrong: from a monitor it stops the resource on
# all nodes, and a stop is never in a position to refuse.
_JUDGING: Final = frozenset(("start", "promote", "validate-all"))


class Exit(enum.IntEnum):
    """What an action ends with."""

    SUCCESS = 0
    ERR_GENERIC = 1
    ERR_ARGS = 2
    ERR_UNIMPLEMENTED = 3
    ERR_PERM = 4
    ERR_INSTALLED = 5
    ERR_CONFIGURED = 6
    NOT_RUNNING = 7
    RUNNING_PROMOTED = 8
    FAILED_PROMOTED = 9
    DEGRADED = 190
    DEGRADED_PROMOTED = 191


class Ended(Exception):
    """An action ends here, with *exit* and a *reason* for people."""

    def __init__(self, exit: Exit, reason: str) -> None:  # noqa: A002 - OCF's word
        """Keep both."""
        super().__init__(reason)
        self.exit = exit
        self.reason = reason


Action = Callable[[Environment], Exit]


def say(text: str) -> None:
    """Put *text* into the cluster's log: standard output is for metadata alone."""
    sys.stderr.write(f"{_line(text)}\n")


def explain(reason: str) -> None:
    """Tell people why the action ends as it will; the last reason counts."""
    prefix = os.environ.get("OCF_EXIT_REASON_PREFIX") or _PREFIX
    sys.stderr.write(f"{prefix}{_line(reason)}\n")


def perform(
    arguments: list[str],
    variables: Mapping[str, str],
    actions: Mapping[str, Action],
    metadata: Callable[[], str],
) -> Exit:
    """Do the action that *arguments* name first; return what to exit with.

    *metadata* is asked without looking at any variable. Whatever goes wrong
    ends in an exit code and a reason, never in a traceback alone.
    """
    name = arguments[0] if arguments else ""
    if name == "meta-data":
        sys.stdout.write(metadata())
        return Exit.SUCCESS
    action = actions.get(name)
    if action is None:
        words = ", ".join([*actions, "meta-data"])
        say(f"unknown action {name!r}: expected one of {words}")
        return Exit.ERR_UNIMPLEMENTED
    # A cluster hands down 0026; what we create is for root and its group.
    os.umask(_UMASK)
    os.environ["PATH"] = PATH
    return _ended(name, action, variables)


def leave(status: int) -> NoReturn:
    """End the process with *status*, without tidying up what ends with it anyway.

    That would take a fifth of a monitor's time.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _ended(name: str, action: Action, variables: Mapping[str, str]) -> Exit:
    try:
        return action(Environment.of(variables))
    except Ended as end:
        status, reason = end.exit, end.reason
    except Malformed as error:
        status = Exit.ERR_CONFIGURED if name in _JUDGING else Exit.ERR_GENERIC
        reason = str(error)
    except PermissionError as error:
        status, reason = Exit.ERR_PERM, f"cannot {name}: {error}"
    except Exception as error:  # noqa: BLE001 - the top of a process
        import traceback  # noqa: PLC0415 - not for every monitor

        traceback.print_exc()
        status = Exit.ERR_GENERIC
        reason = f"{name} failed: {type(error).__name__}: {error}"
    explain(reason)
    return status


def _line(text: str) -> str:
    return " ".join(text.split())
