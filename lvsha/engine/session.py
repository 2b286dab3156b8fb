"""One life of a director: signals, reloads, questions and the way out."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from lvsha.config.again import Memory
from lvsha.config.load import Loaded
from lvsha.engine import state, systemd
from lvsha.engine.answers import Answers, Force, Observable
from lvsha.engine.aside import aside
from lvsha.engine.control import Answer
from lvsha.engine.director import Director
from lvsha.engine.execute import Siblings, callback
from lvsha.engine.watch import Watch
from lvsha.errors import ConfigError, KernelError, Problem
from lvsha.events import (
    Dubious,
    Event,
    FileChanged,
    ReloadRefused,
    StateChanged,
    Stopped,
)
from lvsha.model import Configuration, DaemonState

# What ends a director in an orderly way; the names are ldirectord's.
_STOPPING: Final = ("TERM", "INT", "QUIT", "XCPU", "XFSZ")
# All that a director hears.
SIGNALS: Final = frozenset(signal.Signals[f"SIG{name}"] for name in ("HUP", *_STOPPING))
_NO_FORK: Final = (
    "fork = yes is not needed: checks run side by side in one process, and a"
    " virtual service's checkinterval always counts"
)
_TICK: Final = 1.0
# What mails and commands may still take once the table is clean.
_FAREWELL: Final = 5.0


class Herald(Protocol):
    """Who tells the world: :class:`lvsha.notify.herald.Herald`."""

    def configure(
        self, configuration: Configuration, *, foreground: bool, debug: bool
    ) -> None:
        """Follow *configuration* from now on."""

    def tell(self, event: Event, state: DaemonState) -> None:
        """Pass *event* on; never raises, never waits."""

    def tick(self, now: float) -> None:
        """Send what is due by *now*, in the loop's seconds."""

    async def close(self, seconds: float) -> None:
        """Finish what is queued, within *seconds*."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this director is: the instance's name, its file, and how it was started."""

    instance: str
    path: Path
    foreground: bool = False
    debug: bool = False


Load = Callable[[Path, Memory | None], Loaded]


class Session:
    """Runs a director until a signal or a question stops it."""

    def __init__(  # noqa: PLR0913, PLR0917 - the edge where everything is put together
        self,
        identity: Identity,
        loaded: Loaded,
        director: Director,
        herald: Herald,
        table: Observable,
        load: Load,
    ) -> None:
        """Put the parts together; :meth:`run` begins."""
        self._identity = identity
        self._director = director
        self._herald = herald
        self._load = load
        self._force = Force(loaded, time.time())
        self._answers = Answers(identity.instance, identity.path, director, table)
        self._watch = Watch(identity.path, loaded.document.content())
        self._siblings = Siblings(director.tell)
        self._reloading = asyncio.Lock()
        self._ending: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._tasks: asyncio.TaskGroup | None = None
        self._spawned: set[asyncio.Task[object]] = set()

    async def run(self, ready: Callable[[], None]) -> None:
        """Serve until told to stop; *ready* is called when the table is right.

        Raises KernelError if the table cannot be read at the start, and
        whatever went wrong in a callback: a director that cannot trust itself
        dies loudly and leaves the table as it is.
        """
        asyncio.get_running_loop().set_exception_handler(self._broken)
        configuration = self._force.loaded.configuration
        with self._signals():
            self._configure(configuration)
            self._director.tell(StateChanged(DaemonState.STARTING))
            self._warn(self._force.loaded)
            self._director.follow(configuration)
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                announcing = tasks.create_task(self._announce(ready))
                ticking = tasks.create_task(self._tick())
                self._spawn(self._siblings.follow(configuration.settings.execute))
                reason = await self._ending
                announcing.cancel()
                ticking.cancel()
                await self._leave(reason)

    def end(self, reason: str) -> None:
        """Stop; *reason* is a signal's name without SIG."""
        if not self._ending.done():
            self._ending.set_result(reason)

    async def reload(self, reason: str = "") -> tuple[Problem, ...]:
        """Read the file again; return why not, empty when it is now in force.

        The old configuration serves until the new one is known to be good.
        *reason* says who asked: a signal's name without SIG, ``request``, or
        nobody.
        """
        async with self._reloading:
            director, path = self._director, self._identity.path
            if self._ending.done():
                return self._too_late()
            if director.ready.is_set():
                systemd.reloading()
            director.enter(DaemonState.RELOADING, reason)
            try:
                memory = self._force.loaded.memory
                loaded = await aside(lambda: self._load(path, memory))
                if self._ending.done():
                    return self._too_late()
                director.follow(loaded.configuration)
            except ConfigError as error:
                return self._refuse(error.problems, asked=bool(reason))
            except KernelError as error:
                problem = Problem(str(path), 0, 0, "kernel", str(error))
                return self._refuse((problem,), asked=bool(reason))
            self._force = Force(loaded, time.time())
            self._watch.accepted(loaded.document.content())
            self._configure(loaded.configuration)
            self._warn(loaded)
            self._reloaded()
            await self._siblings.follow(loaded.configuration.settings.execute)
            return ()

    async def respond(self, question: Mapping[str, object]) -> Answer:
        """Answer one question of the control socket."""
        match question.get("do"):
            case "ping":
                answer = self._answers.ping()
            case "verify":
                answer = self._answers.verified()
            case "status":
                answer = await self._answers.status(question, self._force)
            case "view":
                answer = self._answers.view(question, self._force)
            case "reload":
                found = await self.reload("request")
                answer = {"ok": not found, "problems": state.problems(found)}
            case "stop":
                self.end("TERM")
                answer = {"ok": True, "pid": os.getpid()}
            case other:
                answer = {"ok": False, "error": f"unknown question {other!r}"}
        return answer

    # -- within ----------------------------------------------------------

    def _broken(
        self, loop: asyncio.AbstractEventLoop, context: dict[str, object]
    ) -> None:
        cause = context.get("exception")
        if not isinstance(cause, BaseException):
            cause = RuntimeError(str(context.get("message")))
        if self._ending.done():
            loop.default_exception_handler(context)
        else:
            self._ending.set_exception(cause)

    def _refuse(
        self, problems: tuple[Problem, ...], *, asked: bool
    ) -> tuple[Problem, ...]:
        director = self._director
        # Who asked by a signal has heard of it before the change is noticed.
        if asked or problems != self._force.problems:
            director.tell(ReloadRefused(str(self._identity.path), problems))
        self._force = replace(self._force, problems=problems)
        if not self._ending.done():
            director.resume()
            self._reloaded()
        return problems

    def _too_late(self) -> tuple[Problem, ...]:
        path = str(self._identity.path)
        return (Problem(path, 0, 0, "stopping", "the director is about to stop"),)

    def _reloaded(self) -> None:
        # Whoever has not heard yet that the start is complete hears it in time.
        if self._director.ready.is_set():
            systemd.ready()

    def _configure(self, configuration: Configuration) -> None:
        foreground = self._identity.foreground or configuration.settings.supervised
        self._herald.configure(
            configuration, foreground=foreground, debug=self._identity.debug
        )

    def _warn(self, loaded: Loaded) -> None:
        for problem in loaded.warnings:
            self._director.tell(Dubious(problem))
        if loaded.configuration.settings.fork:
            path = str(self._identity.path)
            self._director.tell(Dubious(Problem(path, 0, 0, "fork", _NO_FORK)))

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Hear signals, also while stopping: a second one does not leave rows behind.

        Who blocked them before finds them blocked again, and lost none.
        """
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        for name in _STOPPING:
            loop.add_signal_handler(signal.Signals[f"SIG{name}"], self.end, name)
        before = signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            for number in SIGNALS:
                loop.remove_signal_handler(number)

    def _hang_up(self) -> None:
        if not self._ending.done():
            self._spawn(self.reload("HUP"))

    def _spawn(self, work: Coroutine[None, None, object]) -> None:
        if self._tasks is not None:
            task = self._tasks.create_task(work)
            self._spawned.add(task)
            task.add_done_callback(self._spawned.discard)

    async def _announce(self, ready: Callable[[], None]) -> None:
        await self._director.ready.wait()
        systemd.ready()
        ready()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        pause = systemd.pace(_TICK)
        while True:
            await asyncio.sleep(pause)
            self._director.tick()
            self._herald.tick(loop.time())
            systemd.alive()
            if self._watch.hangs():
                self._director.tell(Dubious(self._hanging()))
            if self._watch.lost():
                self._director.tell(Dubious(self._gone()))
            if self._watch.changed():
                # A name server may hold it up, and the watchdog waits for nobody.
                self._spawn(self._follow_file())

    def _hanging(self) -> Problem:
        path = str(self._identity.path)
        said = f"{path} does not answer, what was read stays in force"
        return Problem(path, 0, 0, "hanging", said)

    def _gone(self) -> Problem:
        path = str(self._identity.path)
        said = f"cannot read {path} any more, what was read stays in force"
        return Problem(path, 0, 0, "cannot-open", said)

    async def _follow_file(self) -> None:
        settings = self._force.loaded.configuration.settings
        path = str(self._identity.path)
        self._director.tell(FileChanged(path, reread=settings.autoreload))
        if settings.autoreload:
            await self.reload()
        if self._force.loaded.configuration.settings.callback:
            command = self._force.loaded.configuration.settings.callback
            await callback(command, path, self._director.tell)

    async def _leave(self, reason: str) -> None:
        systemd.stopping()
        self._director.enter(DaemonState.STOPPING, reason)
        closing = asyncio.create_task(self._siblings.close())
        self._director.stop()
        await closing
        if self._spawned:
            _, late = await asyncio.wait(self._spawned, timeout=_FAREWELL)
            for task in late:
                task.cancel()
        self._director.tell(Stopped(reason))
        await self._herald.close(_FAREWELL)
