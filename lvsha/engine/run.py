"""From a path to a running director: opens what it needs and closes it again."""

import asyncio
import contextlib
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lvsha.checks.prober import Prober
from lvsha.checks.tripwire import Tripwires
from lvsha.config.again import Memory
from lvsha.config.load import Loaded, load
from lvsha.engine.control import serving
from lvsha.engine.director import Director
from lvsha.engine.instance import Instance, PidFile, run_directory
from lvsha.engine.maintenance import Maintenance
from lvsha.engine.session import SIGNALS, Identity, Session
from lvsha.engine.state import Connections
from lvsha.engine.tuning import Tuning
from lvsha.engine.unready import refuse_unready
from lvsha.errors import KernelError
from lvsha.ipvs.kernel import Kernel
from lvsha.ipvs.owned import OwnedRows
from lvsha.ipvs.profile import Site, profile
from lvsha.ipvs.table import Table
from lvsha.notify.herald import Herald

# Permissions nobody gets: writing, for group and others.
_FORBIDDEN: Final = 0o022


# Which sysctls a director sets while it works.
NO_PROFILE: Final = "none"
PROFILES: Final = (NO_PROFILE, "sync", "stateless")


def _nothing() -> None:
    """Be told that the director is ready, and do nothing."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a director is started.

    *rundir* is the directory of all instances, None for the rule; *pidfile* is
    written once the locks are held. *ready* is called when the table is right.
    *profile* is one of `PROFILES`.
    """

    path: Path
    instance: str
    rundir: Path | None = None
    foreground: bool = True
    debug: bool = False
    pidfile: Path | None = None
    profile: str = NO_PROFILE
    ready: Callable[[], None] = _nothing


def run(options: Options) -> int:
    """Direct until told to stop; return the exit status, 0.

    Raises ConfigError for a file that cannot be used, Busy when another
    director has the instance or the file, and KernelError without IPVS.
    """
    path = options.path.absolute()
    loaded = checked_load(path)
    instance = Instance(options.instance, run_directory(options.rundir))
    # Whatever we were started with: nobody else writes into what is ours.
    os.umask(os.umask(0) | _FORBIDDEN)
    with _deferred_signals(), instance.held(path):
        instance.stamp(path)
        pidfile = PidFile(options.pidfile) if options.pidfile else None
        if pidfile is not None:
            pidfile.write()
        try:
            asyncio.run(_direct(options, path, loaded, instance))
        finally:
            if pidfile is not None:
                pidfile.remove()
    return 0


@contextlib.contextmanager
def _deferred_signals() -> Iterator[None]:
    """Have signals wait for the session, or for nobody once it is over.

    A HUP while the module is being loaded must not be the end.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        while signal.sigtimedwait(SIGNALS, 0):
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def checked_load(path: Path, memory: Memory | None = None) -> Loaded:
    """Load *path*; also refuse what this version cannot do."""
    return refuse_unready(load(path, memory=memory), path)


async def _direct(
    options: Options, path: Path, loaded: Loaded, instance: Instance
) -> None:
    kernel = Kernel.open()
    herald = Herald(instance=instance.name, pid=os.getpid())
    prober = Prober(complain=herald.say)
    wires = Tripwires()
    try:
        owned = OwnedRows(instance.owned)
        director = Director(kernel, owned, prober, herald.tell, Maintenance())
        director.wire(wires)
        if owned.problem:
            herald.say(owned.problem)
        session = Session(
            Identity(instance.name, path, options.foreground, options.debug),
            loaded,
            director,
            herald,
            _Observed(kernel),
            checked_load,
        )
        with _tuned(options.profile, loaded, instance):
            async with serving(instance.control, session.respond):
                await session.run(options.ready)
    except Exception as error:
        # A daemon's standard error is nowhere.
        herald.say(f"Linux Director Daemon died: {_innermost(error)}")
        raise
    finally:
        herald.flush()
        wires.close()
        prober.close()
        kernel.close()


@contextlib.contextmanager
def _tuned(chosen: str, loaded: Loaded, instance: Instance) -> Iterator[None]:
    """Have the sysctls of the *chosen* profile until an orderly end.

    A director that dies leaves them for the next one, with its table.
    """
    tuning = Tuning(instance.rundir / "sync")
    if chosen != NO_PROFILE:
        methods = {
            real.forwarding
            for virtual in loaded.configuration.virtuals
            for real in virtual.reals
        }
        site = Site(frozenset(methods), stateless=chosen == "stateless")
        tuning.apply(site, profile(site), instance.name)
    yield
    if instance.name in tuning.holders():
        tuning.restore(instance.name)


def _innermost(error: BaseException) -> str:
    """Return what *error* is, and where it came from, in a line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, KernelError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    at = f" at {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {error}{at}"


@dataclass(frozen=True, slots=True)
class _Observed:
    """The kernel's table and its connections, as ``status`` shows them."""

    kernel: Kernel

    def read(self) -> Table:
        return self.kernel.read()

    def connections(self) -> Connections:
        return {
            (key, endpoint): (counted.active, counted.inactive)
            for key, service in self.kernel.statistics().items()
            for endpoint, counted in service.destinations.items()
        }
