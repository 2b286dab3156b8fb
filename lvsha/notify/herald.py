"""The herald: hears every event and tells whoever asked to be told; effects.

It decides nothing about the table. Whatever a sink does (a full disk, a mail
server that hangs, a command that never ends), telling neither fails nor waits.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from lvsha.events import (
    Change,
    Checked,
    CommandFailed,
    Event,
    LastResort,
    Role,
    ServerChanged,
    ServiceChanged,
    StateChanged,
)
from lvsha.identity import Endpoint, ServiceKey
from lvsha.model import Configuration, DaemonState, VirtualService
from lvsha.notify import letter, text
from lvsha.notify.commands import Commands
from lvsha.notify.log import (
    Clock,
    FileLog,
    Log,
    StreamLog,
    SyslogLog,
    appended,
    local_time,
)
from lvsha.notify.mail import Courier, local_host

_STDOUT, _STDERR = 1, 2


@dataclass(slots=True)
class _Out:
    """A real server that is out, and when its next reminder is due."""

    virtual: VirtualService
    due: float | None = None


class Herald:
    """Tells events to the log, mailboxes, monitor files and fallbackcommands."""

    def __init__(
        self,
        *,
        instance: str,
        pid: int,
        courier: Courier | None = None,
        commands: Commands | None = None,
        clock: Clock = local_time,
    ) -> None:
        """Speak as *instance*, on standard error until configured."""
        self._instance = instance
        self._speaker = text.Speaker(pid)
        self._clock = clock
        self._stderr = StreamLog(_STDERR, clock)
        self._log: Log = self._stderr
        self._fallbacks: tuple[Log, ...] = (self._stderr,)
        self._logging = True
        self._debug = False
        self._state = DaemonState.STARTING
        self._host = local_host()
        self._courier = courier or Courier(self.say, host=self._host)
        self._commands = commands or Commands(self._command_failed)
        self._out: dict[tuple[ServiceKey, Endpoint], _Out] = {}
        self._last_resorts: dict[ServiceKey, LastResort] = {}
        self._unwritable: set[str] = set()
        self._unwritten: deque[str] = deque()
        self._writing = threading.Lock()
        self._flushing = False

    def configure(
        self,
        configuration: Configuration,
        *,
        foreground: bool = False,
        debug: bool = False,
    ) -> None:
        """Follow *configuration* from now on; call it again at each reload.

        Real servers it no longer has are forgotten.
        """
        self.flush()
        settings, clock = configuration.settings, self._clock
        pid = self._speaker.pid
        foreground = foreground or settings.supervised
        self._debug = debug
        self._speaker = text.Speaker(pid, foreground=foreground or debug)
        for log in (self._log, *self._fallbacks):
            if isinstance(log, SyslogLog):
                log.close()
        self._fallbacks = (self._stderr,)
        if debug:
            self._log = self._stderr
        elif foreground:
            self._log = StreamLog(_STDOUT, clock)
        elif settings.logfile.startswith("/"):
            self._log = FileLog(settings.logfile, self._instance, pid, clock)
            # A daemon's standard error is nowhere.
            self._fallbacks = (self._stderr, SyslogLog("daemon", pid, clock))
        else:
            self._log = SyslogLog(settings.logfile, pid, clock)
        self._logging = True
        self._unwritable.clear()
        self._keep(configuration)

    def tell(self, event: Event, state: DaemonState) -> None:
        """Tell *event*, which happened in *state*, to everybody concerned."""
        self._state = state
        if isinstance(event, Checked):
            self._monitor(event)
            return
        if not self._expected(event, state):
            for line in text.lines(event, state, self._speaker):
                self.say(line)
        match event:
            case ServerChanged():
                self._remember(event)
                if event.virtual is not None and event.virtual.alerts.recipients:
                    mail = letter.letter(event, state, self._host)
                    self._mail(mail, event.virtual)
            case LastResort():
                self._command(event)
            case ServiceChanged(Change.PURGED | Change.DELETED, service):
                gone = self._last_resorts.get(service)
                if gone is not None and gone.active:
                    self._command(LastResort(gone.virtual, active=False))
                self._last_resorts.pop(service, None)
            case StateChanged(entered):
                self._state = entered
            case _:
                pass

    def say(self, line: str) -> None:
        """Have *line* written to the log; from any thread.

        What is said in one turn of the event loop is written together at its
        end: a start says ten thousand lines at once.
        """
        self._unwritten.append(text.one_line(line))
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
            return
        if not self._flushing:
            self._flushing = True
            loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what was said and is not written yet."""
        with self._writing:
            self._flushing = False
            lines = [self._unwritten.popleft() for _ in range(len(self._unwritten))]
            if not lines:
                return
            written = self._log.write(lines)
            if self._logging and not written:
                self._fall_back(["the log cannot be written, lines go here"])
            if not written:
                self._fall_back(lines)
            elif not self._logging:
                self._log.write(
                    ["the log can be written again, lines before are missing"]
                )
            self._logging = written

    def tick(self, now: float) -> None:
        """Send the reminders that are due at *now*, the loop's time."""
        for (_, server), out in self._out.items():
            if out.due is not None and now >= out.due:
                mail = letter.reminder(server, out.virtual, self._state, self._host)
                self._mail(mail, out.virtual)
                out.due = None
            if out.due is None:
                out.due = now + out.virtual.alerts.frequency

    async def close(self, seconds: float) -> None:
        """Finish the mails and commands that wait, within *seconds*."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        await self._commands.close(seconds)
        left = max(0.0, until - loop.time())
        await asyncio.to_thread(self._courier.close, left)
        self.flush()

    def _expected(self, event: Event, state: DaemonState) -> bool:
        """Tell whether *event* is no news: a first real server at the start."""
        return (
            isinstance(event, LastResort)
            and not event.active
            and state is DaemonState.STARTING
            and event.virtual.key not in self._last_resorts
        )

    def _fall_back(self, lines: Sequence[str]) -> None:
        for log in self._fallbacks:
            log.write(lines)

    def _monitor(self, event: Checked) -> None:
        if self._debug:
            verdict = event.verdict
            word = "passed" if verdict.passed else "failed"
            self.say(
                f"DEBUG2: check of {event.real.endpoint} ({event.virtual.key})"
                f" {word}: {verdict.status or verdict.detail or '-'}"
            )
        path = event.virtual.monitorfile
        if not path:
            return
        line = text.monitor_line(event, self._speaker.pid, self._clock())
        if appended(path, line):
            self._unwritable.discard(path)
        elif path not in self._unwritable:
            self._unwritable.add(path)
            self.say(f"monitorfile '{path}' cannot be written, checks go on without")

    def _mail(self, mail: letter.Letter | None, virtual: VirtualService | None) -> None:
        if mail is None or virtual is None:
            return
        self.say(letter.subject_line(mail, virtual))
        self._courier.send(mail)

    def _command(self, event: LastResort) -> None:
        key = event.virtual.key
        before = self._last_resorts.get(key)
        self._last_resorts[key] = event
        if before is not None and before.active == event.active:
            return
        if command := event.virtual.fallbackcommand:
            arguments = text.last_resort_arguments(event)
            self._commands.start(key, command, arguments)

    def _command_failed(self, command: str, reason: str) -> None:
        self.tell(CommandFailed(command, reason), self._state)

    def _remember(self, event: ServerChanged) -> None:
        if event.role is not Role.REAL:
            return
        seat = (event.service, event.server)
        self._out.pop(seat, None)
        virtual = event.virtual
        if virtual is not None and virtual.alerts.frequency and letter.is_out(event):
            self._out[seat] = _Out(virtual)

    def _keep(self, configuration: Configuration) -> None:
        virtuals = {virtual.key: virtual for virtual in configuration.virtuals}
        seats = {
            (virtual.key, real.endpoint): virtual
            for virtual in configuration.virtuals
            for real in virtual.reals
        }
        self._out = {
            seat: _Out(seats[seat], out.due)
            for seat, out in self._out.items()
            if seat in seats and seats[seat].alerts.frequency
        }
        self._last_resorts = {
            key: LastResort(virtuals.get(key, event.virtual), active=event.active)
            for key, event in self._last_resorts.items()
        }
