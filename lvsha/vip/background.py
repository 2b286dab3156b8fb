"""A child that goes on announcing after the agent has ended, and ends by itself.

It belongs to nobody's process group, so that an agent's time-out does not end
it, and holds nothing open that somebody waits for.
"""
# Importing pathlib takes longer than an action may.
# ruff: noqa: PTH123

import os
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Final, NamedTuple, NoReturn

from lvsha.address import Address
from lvsha.errors import KernelError

# How long a killed child is waited for.
_GONE: Final = 2.0


class Pace(NamedTuple):
    """How often: *times* at all, *seconds* apart, then every *refresh* if not 0."""

    times: int = 5
    seconds: float = 0.2
    refresh: float = 0.0


class Child(NamedTuple):
    """A process, and when it began: a number alone may be somebody else's."""

    pid: int
    began: int

    @classmethod
    def of(cls, pid: int) -> "Child | None":
        """Return the process *pid*; None when it is gone or only waits for its end."""
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                stat = file.read()
        except (FileNotFoundError, ProcessLookupError):
            return None
        # The name, in parentheses, may hold anything; then state and so on.
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] == "Z" else cls(pid, int(fields[19]))

    def running(self) -> bool:
        """Tell whether it still runs."""
        return Child.of(self.pid) == self

    def kill(self) -> bool:
        """End it and wait for that; tell whether it ran."""
        import select  # noqa: PLC0415 - a monitor ends nobody
        import signal  # noqa: PLC0415

        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return False
        try:
            # The descriptor stands for one process; if that is the one we
            # started, nobody can take its number any more.
            if not self.running():
                return False
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            select.select([descriptor], [], [], _GONE)
        finally:
            os.close(descriptor)
        return True


def announcing(nic: str, addresses: Collection[Address], pace: Pace) -> Child | None:
    """Announce *addresses* on *nic* again at *pace*, in the background.

    The first announcement has been made. Returns None when one was all.
    """
    if pace.times <= 1 and not pace.refresh:
        return None
    return detached(lambda: _announce(nic, addresses, pace))


def _announce(nic: str, addresses: Collection[Address], pace: Pace) -> None:
    for _ in range(1, pace.times):
        time.sleep(pace.seconds)
        if not _announced(nic, addresses):
            return
    while pace.refresh:
        time.sleep(pace.refresh)
        if not _announced(nic, addresses):
            return


def _announced(nic: str, addresses: Collection[Address]) -> bool:
    """Announce what *nic* has; tell whether it has anything."""
    from lvsha.vip.addresses import Interfaces  # noqa: PLC0415 - only the child
    from lvsha.vip.announce import announce  # noqa: PLC0415

    with Interfaces() as interfaces:
        link = interfaces.link(nic)
        here = [
            one.address
            for one in interfaces.held()
            if one.index == link.index and one.address in addresses
        ]
        if here and link.carrier:
            with suppress(KernelError):
                announce(link, here)
    return bool(here)


def detached(work: Callable[[], None]) -> Child | None:
    """Do *work* in a process of its own, and return it as soon as it is on its own."""
    readable, writable = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if not pid:
        _begin(work)
    os.close(writable)
    # It ends when the child has closed all it was born with.
    os.read(readable, 1)
    os.close(readable)
    return Child.of(pid)


def _begin(work: Callable[[], None]) -> NoReturn:
    """Leave the group and whatever is open, and do *work*."""
    import signal  # noqa: PLC0415 - only the child

    status = 1
    try:
        os.setsid()
        os.chdir("/")
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        work()
        status = 0
    except (KernelError, OSError):
        # Nobody is left to be told; a neighbour that was not told finds out.
        pass
    finally:
        os._exit(status)
