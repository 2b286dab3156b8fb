"""Ending a director: asked first, then told, and believed only when it is gone."""

import contextlib
import enum
import os
import signal
import time
from typing import Final

from lvsha.engine.control import Unanswered, ask
from lvsha.engine.instance import Instance

# An orderly end takes its time: the table is cleaned, mails and commands finish.
SECONDS: Final = 60.0
_ANSWER: Final = 2.0
_LOOK: Final = 0.02
# From SIGKILL to an empty lock.
_KILLED: Final = 5.0


class End(enum.Enum):
    """How ending a director went."""

    ABSENT = "was not running"
    GONE = "stopped"
    KILLED = "was killed: it did not stop in time and its rows are still in the kernel"
    STAYS = "did not stop in time"


def ended(instance: Instance, *, seconds: float, kill: bool) -> End:
    """Stop *instance* and return when it is gone, or *seconds* are over.

    With *kill* it is then killed, which leaves the kernel's table as it is.
    """
    pid = instance.holder()
    if pid is None:
        return End.ABSENT
    until = time.monotonic() + seconds
    try:
        ask(instance.control, {"do": "stop"}, seconds=min(_ANSWER, seconds))
    except Unanswered:
        _signal(instance, signal.SIGTERM)
    if _gone_by(until, instance, pid):
        return End.GONE
    if not kill:
        return End.STAYS
    _signal(instance, signal.SIGKILL)
    return (
        End.KILLED if _gone_by(time.monotonic() + _KILLED, instance, pid) else End.STAYS
    )


def hang_up(instance: Instance) -> bool:
    """Send SIGHUP to *instance*; tell whether it was there."""
    return _signal(instance, signal.SIGHUP)


def _signal(instance: Instance, number: signal.Signals) -> bool:
    pid = instance.holder()
    if not pid:
        return False
    # The descriptor names one process for good; if the lock is still held by
    # that pid, it is the right one.
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        try:
            if instance.holder() == pid:
                signal.pidfd_send_signal(descriptor, number)
                return True
        finally:
            os.close(descriptor)
    return False


def _gone_by(until: float, instance: Instance, pid: int) -> bool:
    # Another holder is a successor: the one we ended is gone.
    while instance.holder() == pid:
        if time.monotonic() >= until:
            return False
        time.sleep(_LOOK)
    return True
