"""From a path to a running director: opens what it needs and closes it again."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lvsha.checks.prober import Prober
from lvsha.config.again import Memory
from lvsha.config.load import Loaded, load
from lvsha.engine.control import serving
from lvsha.engine.director import Director
from lvsha.engine.instance import Instance, PidFile, run_directory
from lvsha.engine.maintenance import Maintenance
from lvsha.engine.session import Identity, Session
from lvsha.engine.state import Connections
from lvsha.engine.unready import refuse_unready
from lvsha.ipvs.kernel import Kernel
from lvsha.ipvs.owned import OwnedRows
from lvsha.ipvs.table import Table
from lvsha.notify.herald import Herald


def _nothing() -> None:
    """Be told that the director is ready, and do nothing."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a director is started.

    *rundir* is the directory of all instances, None for the rule; *pidfile* is
    written once the locks are held. *ready* is called when the table is right.
    """

    path: Path
    instance: str
    rundir: Path | None = None
    foreground: bool = True
    debug: bool = False
    pidfile: Path | None = None
    ready: Callable[[], None] = _nothing


def run(options: Options) -> int:
    """Direct until told to stop; return the exit status, 0.

    Raises ConfigError for a file that cannot be used, Busy when another
    director has the instance or the file, and KernelError without IPVS.
    """
    path = options.path.absolute()
    loaded = checked_load(path)
    instance = Instance(options.instance, run_directory(options.rundir))
    with instance.held(path):
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


def checked_load(path: Path, memory: Memory | None = None) -> Loaded:
    """Load *path*; also refuse what this version cannot do."""
    return refuse_unready(load(path, memory=memory), path)


async def _direct(
    options: Options, path: Path, loaded: Loaded, instance: Instance
) -> None:
    kernel = Kernel.open()
    prober = Prober()
    herald = Herald(instance=instance.name, pid=os.getpid())
    try:
        director = Director(
            kernel, OwnedRows(instance.owned), prober, herald.tell, Maintenance()
        )
        session = Session(
            Identity(instance.name, path, options.foreground, options.debug),
            loaded,
            director,
            herald,
            _Observed(kernel),
            checked_load,
        )
        async with serving(instance.control, session.respond):
            await session.run(options.ready)
    finally:
        prober.close()
        kernel.close()


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
