"""The director: reads the table, asks what it should be, performs the difference.

Verdicts, reloads, maintenance files and the clock only mark virtual services
as due for another look; :meth:`Director._converge` is the one place that acts.
"""

import asyncio
import time
from typing import Final, Protocol

from lvsha.engine.expiry import Expiry
from lvsha.engine.keeper import Keeper, Kernel, Record, View
from lvsha.engine.ledger import Ledger
from lvsha.engine.maintenance import Maintenance
from lvsha.engine.past import Past
from lvsha.engine.rounds import Checker, Place, Rounds
from lvsha.engine.wiring import Wires, Wiring
from lvsha.errors import KernelError, Problem
from lvsha.events import Dubious, Event, Refused, StateChanged
from lvsha.identity import ServiceKey
from lvsha.model import Configuration, DaemonState, Verdict

# How long a start waits for checks under way before it takes silence for an answer.
GRACE: Final = 1.0
# Between two looks at the whole table for what others changed in it.
REPAIR: Final = 5.0
# A look never takes more than this share of the time.
_SHARE: Final = 0.05
# Verdicts arrive in bunches: the shortest pause between two convergences, and how
# much longer than the one before it has to be.
_PAUSE: Final = 0.002
_REST: Final = 3.0


class Tell(Protocol):
    """Who is told of events: :class:`lvsha.notify.herald.Herald`."""

    def __call__(self, event: Event, state: DaemonState) -> None:
        """Pass *event* on; never raises, never waits."""


class Director:
    """Keeps the table right for one configuration at a time. Needs a running loop."""

    def __init__(
        self,
        kernel: Kernel,
        record: Record,
        checker: Checker,
        tell: Tell,
        maintenance: Maintenance,
    ) -> None:
        """Touch nothing yet; :meth:`follow` begins."""
        self.state = DaemonState.STARTING
        self.ledger = Ledger()
        self.past = Past()
        self.ready = asyncio.Event()
        self.fault = ""
        self._keeper = Keeper(kernel, record)
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._rounds = Rounds(checker, self._heard)
        self._maintenance = maintenance
        self._expiry = Expiry()
        self._settled = self._placed = False
        self._due: set[ServiceKey] = set()
        self._all_due = False
        self._soonest = 0.0
        self._next: asyncio.TimerHandle | None = None
        self._settling: asyncio.TimerHandle | None = None
        self._repairing: asyncio.TimerHandle | None = None
        self._growing: asyncio.TimerHandle | None = None
        self._wiring: Wiring | None = None

    @property
    def settled(self) -> bool:
        """Tell whether every real server was asked, or had its time to answer."""
        return self._settled

    def wire(self, wires: Wires) -> None:
        """Hold *wires* to real servers that shall have one, from :meth:`follow` on."""
        self._wiring = Wiring(wires, self._rounds.hasten)

    # -- what comes in ---------------------------------------------------

    def follow(self, configuration: Configuration) -> None:
        """Take *configuration* over, whole: at the start, and at each reload.

        Raises KernelError if the table cannot be read; nothing has changed then.
        """
        first = self._repairing is None
        turn = self.ledger.turn(configuration)
        self.ledger.follow(turn, self._keeper.read(None if first else turn.keys))
        self.past.forget_all_but(self.ledger.last)
        self._settled = self._placed = False
        self._look_after_maintenance()
        # At the start all are new, and checked when it is their turn.
        urgent = () if first else self.ledger.down()
        self._rounds.follow(turn.changed, turn.gone, urgent)
        if self._settling is not None:
            self._settling.cancel()
        grace = GRACE
        if first:
            grace += max((v.startspread for v in configuration.virtuals), default=0)
        self._settling = self._loop.call_later(grace, self._settle)
        if self._wiring is not None:
            self._wiring.follow(self.ledger)
        if first:
            self._arm_repair(REPAIR)
            self._all_due = True
        if not self.ledger.pending():
            self._settled = True
        self._due |= turn.keys
        self._converge()

    def tick(self) -> None:
        """Do what is to be done about once a second."""
        self._look_after_maintenance()

    def enter(self, state: DaemonState, reason: str = "") -> None:
        """Be in *state* from now on, and say so."""
        if state is not self.state:
            self.state = state
            self.tell(StateChanged(state, reason))

    def resume(self) -> None:
        """Be running again after a reload that changed nothing, if that is due."""
        if self._settled and not self.ledger.pending():
            self.enter(DaemonState.RUNNING)

    def tell(self, event: Event) -> None:
        """Pass *event* on with the state it happened in."""
        self._tell(event, self.state)

    def verify(self) -> tuple[str, ...]:
        """Make the table right at once; return what is wrong with it all the same."""
        self._all_due = True
        self._converge()
        if self.fault:
            return (self.fault,)
        try:
            return self._keeper.differences(self._view())
        except KernelError as error:
            return (str(error),)

    def stop(self) -> None:
        """Check nothing any more and take the virtual services out of the table.

        Those with ``cleanstop = no`` stay, as they are.
        """
        for timer in (self._next, self._settling, self._repairing, self._growing):
            if timer is not None:
                timer.cancel()
        if self._wiring is not None:
            self._wiring.close()
        self._rounds.close()
        self._maintenance.close()
        leaving = {
            virtual.key
            for virtual in self.ledger.configuration.virtuals
            if virtual.cleanstop
        }
        try:
            events = self._keeper.withdraw(self._view(), leaving)
        except KernelError as error:
            events = [Refused(None, str(error))]
        for event in events:
            self.tell(event)

    # -- what is heard ---------------------------------------------------

    def _heard(self, places: tuple[Place, ...], verdict: Verdict, now: float) -> None:
        transcript = verdict.transcript
        if transcript is not None and transcript.ends is not None:
            self._look_at_certificate(places, transcript.ends)
        for place in places:
            self.past.remember(place.seat, verdict, now)
            before = self.ledger.health.get(place.seat)
            for event in self.ledger.heard(place, verdict, now):
                self.tell(event)
            after = self.ledger.health.get(place.seat)
            if after != before:
                self._look_at(place.seat[0])
                if self._wiring is not None and after is not None and after.up:
                    self._wiring.mend(place)
        if self._growing is None and self.ledger.allowances.growing():
            self._arm_growth()
        if not self.ledger.pending():
            self._settle()

    def _look_at_certificate(self, places: tuple[Place, ...], ends: float) -> None:
        for place in places:
            ending = self._expiry.heard(place, ends, time.time())
            if ending is not None:
                self.tell(ending)

    def _look_after_maintenance(self) -> None:
        directory = self.ledger.configuration.settings.maintenancedir
        out = self._maintenance.seats(directory, self.ledger.virtuals)
        if self._maintenance.hangs():
            self.tell(Dubious(_hanging(directory)))
        events, released = self.ledger.maintain(out)
        for event in events:
            self.tell(event)
        for key in {seat[0] for seat in out | released}:
            self._look_at(key)
        if released:
            self._rounds.hasten(released)

    def _settle(self) -> None:
        if not self._settled:
            self._settled = True
            self._all_due = True
            self._arm()

    # -- what is done ----------------------------------------------------

    def _arm_growth(self) -> None:
        now = self._loop.time()
        step = self.ledger.allowances.next_step(now)
        self._growing = None if step is None else self._loop.call_at(step, self._grow)

    def _grow(self) -> None:
        for key in self.ledger.grow(self._loop.time()):
            self._look_at(key)
        self._arm_growth()

    def _look_at(self, key: ServiceKey) -> None:
        self._due.add(key)
        self._arm()

    def _arm(self) -> None:
        if self._next is None:
            when = max(self._loop.time(), self._soonest)
            self._next = self._loop.call_at(when, self._converge)

    def _arm_repair(self, seconds: float) -> None:
        self._repairing = self._loop.call_later(seconds, self._repair)

    def _repair(self) -> None:
        self._all_due = True
        took = self._converge()
        self._arm_repair(max(REPAIR, took / _SHARE))

    def _converge(self) -> float:
        """Make the table right where it is due; return the seconds it took."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
        began = self._loop.time()
        everything, due = self._all_due, frozenset(self._due)
        keys = self.ledger.virtuals.keys() if everything else due
        try:
            events = self._keeper.converge(self._view(), None if everything else due)
        except KernelError as error:
            self._complain(str(error))
            return self._loop.time() - began
        self._complain("")
        self._due.clear()
        self._all_due = False
        if everything and self._settled:
            self._placed = True
        for event in events:
            self.tell(event)
        for panic in self.ledger.panics(keys):
            self.tell(panic)
        for lost in self.ledger.desperate(keys, settled=self._settled):
            self.tell(lost)
        took = self._loop.time() - began
        self._soonest = self._loop.time() + max(_PAUSE, _REST * took)
        if self._settled:
            self.ready.set()
            if not self.ledger.pending():
                self.enter(DaemonState.RUNNING)
        return took

    def _complain(self, fault: str) -> None:
        """Say once that the table cannot be read, for as long as it is so."""
        if fault and fault != self.fault:
            self.tell(Refused(None, fault))
        self.fault = fault

    def _view(self) -> View:
        return View(
            configuration=self.ledger.configuration,
            virtuals=self.ledger.virtuals,
            rows=self.ledger.rows,
            health=self.ledger.health,
            settled=self._settled,
            fresh=not self._placed,
        )


def _hanging(directory: str) -> Problem:
    said = f"{directory} does not answer, what it held last stays in maintenance"
    return Problem(directory, 0, 0, "hanging", said)
