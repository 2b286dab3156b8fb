"""A session with everything around it in reach, and a scene of its life."""

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

from lvsha.config.again import Memory
from lvsha.config.load import Loaded, load
from lvsha.engine.director import Director
from lvsha.engine.session import Identity, Session
from lvsha.engine.state import Connections
from lvsha.events import Event
from lvsha.ipvs.memory import MemoryKernel
from lvsha.ipvs.table import Table
from lvsha.model import Configuration, DaemonState
from tests.scripted import Record, Servers, Told, nameless

GOOD = """\
checkinterval=1
logfile="local0"
virtual=192.0.2.10:80
\treal=10.0.0.1:80 gate
\tservice=http
"""
BETTER = GOOD + "\treal=10.0.0.2:80 gate\n"
BROKEN = GOOD + "\tquiesent=yes\n\tscheduler=\n"


class Herald(Told):
    """Remembers what it is told, and for whom."""

    def __init__(self) -> None:
        super().__init__()
        self.configurations: list[Configuration] = []
        self.closed = False

    def configure(
        self, configuration: Configuration, *, foreground: bool, debug: bool
    ) -> None:
        assert not debug
        assert foreground
        self.configurations.append(configuration)

    def tell(self, event: Event, state: DaemonState) -> None:
        self(event, state)
        self.listen(event)

    def listen(self, event: Event) -> object:
        """Do nothing, unless a test wants to hear of *event*."""

    def tick(self, now: float) -> None:
        assert now >= 0

    async def close(self, seconds: float) -> None:
        assert seconds > 0
        self.farewell()
        self.closed = True

    def farewell(self) -> None:
        """Do nothing, unless a test says what happens meanwhile."""


class Observed:
    def __init__(self, kernel: MemoryKernel) -> None:
        self.kernel = kernel

    def read(self) -> Table:
        return self.kernel.read()

    def connections(self) -> Connections:
        return {}


class Slow:
    """A name server that holds up loading from :meth:`hold` on."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.goes_on = threading.Event()
        self.goes_on.set()

    def hold(self) -> None:
        self.began.clear()
        self.goes_on.clear()


class Life:
    """A session with everything around it in reach."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.slow = Slow()
        self.real = Servers()
        self.kernel = MemoryKernel()
        self.herald = Herald()
        self.director = Director(
            self.kernel, Record(), self.real, self.herald.tell, nameless()
        )
        self.session = Session(
            Identity("test.cf", path, foreground=True),
            load(path),
            self.director,
            self.herald,
            Observed(self.kernel),
            self.read,
        )

    def read(self, path: Path, memory: Memory | None) -> Loaded:
        """Load *path*, when the name server lets it go on."""
        self.slow.began.set()
        assert self.slow.goes_on.wait(10)
        return load(path, memory=memory)

    def servers(self) -> list[str]:
        return sorted(
            str(endpoint.address)
            for service in self.kernel.read().values()
            for endpoint in service.destinations
        )


def terminate(life: Life) -> None:
    life.session.end("TERM")


def interrupt(_: Life) -> None:
    os.kill(os.getpid(), signal.SIGINT)


def live(
    tmp_path: Path,
    scene: Callable[[Life], Awaitable[None]],
    end: Callable[[Life], None] = terminate,
) -> Life:
    """Play *scene* once the director is ready, then *end* it."""
    path = tmp_path / "test.cf"
    path.write_text(GOOD)

    async def main() -> Life:
        life = Life(path)
        ready = asyncio.Event()
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            tasks.create_task(life.session.run(ready.set))
            await ready.wait()
            await scene(life)
            end(life)
        return life

    return asyncio.run(main())
