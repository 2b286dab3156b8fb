"""Plays the drills of a cluster: one lab a stack, one fault after the other."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

from lvsha.lab.cluster.acts import ACTS, Scene, Undo
from lvsha.lab.cluster.clients import Clients
from lvsha.lab.cluster.cluster import Cluster
from lvsha.lab.cluster.faults import Fault
from lvsha.lab.cluster.fencing import Fenced
from lvsha.lab.cluster.formed import formed
from lvsha.lab.cluster.grounds import DrillLab, Grounds
from lvsha.lab.cluster.machines import CLIENT, DIRECTORS, TOKEN, VIP, machines
from lvsha.lab.cluster.outcome import (
    Holding,
    Outcome,
    answered,
    doubled,
    outage,
    pulses,
    suffering,
)
from lvsha.lab.cluster.sightings import Sightings
from lvsha.lab.cluster.stacks import Stack
from lvsha.lab.cluster.timeline import Facts, timeline
from lvsha.lab.errors import LabError
from lvsha.lab.image import Image
from lvsha.lab.lab import Lab

_BOOT: Final = 120.0
_WHOLE: Final = 180.0
_CALM: Final = 3.0  # of traffic before the fault
_AFTER: Final = 4.0  # of traffic after the first answer: a client's patience, and more
_SEEN: Final = 200  # the latest requests: what came before cannot be news

Tell = Callable[[str], None]


class Play:
    """A lab with one stack, on which drills are played; a context manager."""

    def __init__(  # noqa: PLR0913 - the token is for tests alone
        self,
        stack: Stack,
        folder: Path,
        grounds: Grounds,
        tell: Tell = lambda _news: None,
        cancelled: threading.Event | None = None,
        *,
        token: int = TOKEN,
    ) -> None:
        """Describe the lab; logs go to *folder*, *token* is corosync's."""
        self.stack = stack
        self.folder = folder
        self._tell = tell
        self._token = token
        self._cancelled = cancelled or threading.Event()
        self.lab: DrillLab = (
            Lab(folder / "lab", machines(), image=grounds)
            if isinstance(grounds, Image)
            else grounds(folder / "lab")
        )
        self._open = ExitStack()
        self._seen = Sightings()
        self._played = 0  # how many drills have been
        self._now: tuple[Fault, Scene, Clients] | None = None

    def __enter__(self) -> Self:
        """Boot the lab, make it a cluster, wait until it serves."""
        began = time.monotonic()

        def tell(stage: str) -> None:
            seconds = time.monotonic() - began
            self._tell(f"{self.stack.name}: {stage} ({seconds:.1f} s)")

        self._open.__enter__()
        try:
            self._open.enter_context(self.lab)
            tell("booting the nodes")
            self.lab.up(seconds=_BOOT)
            made = formed(
                self.lab,
                self.stack,
                tell=tell,
                booted=self._seen.booted,
                token=self._token,
            )
            self._cluster, self._fencing = self._open.enter_context(made)
            for name in DIRECTORS:
                self._seen.watch(self.lab.node(name))
            tell("serving")
        except BaseException:
            if self.lab.nodes:
                Cluster(self.lab, self.stack).logs(self.folder / "start")
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End the lab."""
        self._open.close()

    def progress(self) -> str:
        """Say in a few words what goes on now; empty between drills."""
        now = self._now
        if now is None:
            return ""
        fault, scene, clients = now
        requests = clients.requests()
        lost = sum(one.lost for one in requests)
        counts = f"{len(requests)} requests, {lost} lost"
        if not scene.began:
            return f"{fault.name}: clients begin; {counts}"
        fenced = "".join(f", {one.node} fenced" for one in self._fenced(scene.began))
        since = time.time() - scene.began
        return f"{fault.name}: {since:.0f} s after the fault{fenced}; {counts}"

    def active(self) -> str:
        """Return the active director, when both are members and ready."""
        return self.stack.active(self._cluster.wait_whole(_WHOLE))

    def fault(self, fault: Fault, title: str = "") -> Outcome:
        """Let *fault* happen under traffic; return what it did, the cluster mended.

        What is kept of it goes to a folder *title*, by default the fault's name.
        """
        title = title or fault.name
        folder = self.folder / title
        folder.mkdir(parents=True, exist_ok=True)
        self._tell(f"{self.stack.name}: {title}")
        try:
            found = self._done(fault, folder)
        except LabError as error:
            found = Outcome(fault.name, self.stack.name, problems=(str(error),))
        if not found.good:
            self._cluster.logs(folder)
        return found

    def _done(self, fault: Fault, folder: Path) -> Outcome:
        active = self.active()
        other = next(name for name in DIRECTORS if name != active)
        troubles = len(self._fencing.troubles())
        self._played += 1
        clients = Clients(self.lab.node(CLIENT), folder, self._played, self._cancelled)
        scene = Scene(
            self.lab,
            self._cluster,
            self._fencing,
            self.stack,
            active,
            other,
            died=self._seen.died,
            pause=clients.record.pause,
        )
        self._now = fault, scene, clients
        try:
            clients.wait_served()
            clients.record.pause(_CALM)
            ended, mended = self._acted(fault, scene, clients)
            crowd = clients.last_words()
            self._cluster.wait_whole(_WHOLE)
            whole = time.time()
        finally:
            self._now = None
            clients.end()
        scene.problems += self._fencing.troubles()[troubles:]
        found = Outcome(
            fault.name,
            self.stack.name,
            before=scene.active,
            crowd=crowd,
            whole=whole - scene.began,
        )
        return self._judged(found, fault, scene, clients, (ended, mended, whole))

    def _acted(
        self, fault: Fault, scene: Scene, clients: Clients
    ) -> tuple[float, float]:
        """Do it, wait, take it back; return when clients were last seen, and that."""
        undo: Undo | None = None
        # all nodes share this machine's processors: no boot beside a failover
        if fault.fences and fault.moves is not False:
            self._fencing.hold()
        scene.begin()
        try:
            undo = ACTS[fault.act](scene)
            self._awaited(fault, scene, clients)
            clients.record.pause(_AFTER)
        finally:
            ended = time.time()
            if undo is not None:
                undo()
            else:
                self.lab.heal()
            mended = time.time()
            self._fencing.release()
        return ended, mended

    def _awaited(self, fault: Fault, scene: Scene, clients: Clients) -> None:
        """Wait until what has to follow has followed, and clients are answered."""
        record, since = clients.record, scene.began
        settles = fault.settles * self.lab.patience
        fences = fault.fences and self.stack.clustered
        if fences and not record.wait(lambda _: bool(self._fenced(since)), settles):
            scene.problems.append("nobody was fenced")
        if fault.moves:
            seen = record.wait(
                lambda _: self._seen.taken(scene.other, since) is not None,
                settles,
            )
            if not seen:
                scene.problems.append("nobody took the address")
            since = self._seen.taken(scene.other, since) or since
        else:
            record.pause(fault.lasts)
            if not fault.fences:
                self._cluster.wait_whole(_WHOLE)
            since = time.time()
        if not record.wait(
            lambda heard: any(
                not one.lost and one.at >= since for one in heard.requests[-_SEEN:]
            ),
            settles,
        ):
            scene.problems.append(f"no answer within {settles:g} s")

    def _fenced(self, since: float) -> list[Fenced]:
        return [one for one in self._fencing.fenced() if one.at > since]

    def _judged(
        self,
        found: Outcome,
        fault: Fault,
        scene: Scene,
        clients: Clients,
        times: tuple[float, float, float],
    ) -> Outcome:
        """Return *found* with all that was measured."""
        began, (ended, mended, whole) = scene.began, times
        requests = clients.requests()
        suffered = [one for one in suffering(requests, began) if one.at < ended]
        held = self._seen.held(self._fencing.fenced(), whole)
        taken = [one for one in held if one.first > began]
        news = [
            one
            for one in self.lab.announced()
            if one["address"] == VIP and one["time"] > began
        ]
        fenced = self._fenced(began)
        alerts = self._cluster.mailbox.since(began)
        since = taken[0].first if taken else began
        first = answered(requests, began, since)
        facts = Facts(
            fault=f"{fault.summary}",
            active=scene.active,
            news=tuple((one["time"], one["port"]) for one in news),
            fenced=tuple((one.at, one.node, one.by) for one in fenced),
            more=(*self._seen.moments(), *(alerts or ()), *scene.steps),
            answered=None if first is None else first + began,
            mended=mended,
            whole=whole,
        )
        return replace(
            found,
            after=taken[0].director if taken else "",
            sent=len(suffered),
            failed=sum(one.lost for one in suffered),
            outage=outage(requests, began, ended),
            fenced=fenced[0].at - began if fenced else None,
            taken=since - began if taken else None,
            announced=news[0]["time"] - began if news else None,
            answered=first,
            announcements=len(news),
            alerts=None if alerts is None else len(alerts),
            doubled=doubled([one for one in held if one.last > began]),
            problems=(*scene.problems, *self._unwanted(fault, taken, fenced)),
            moments=timeline(facts, held, began),
            loads=clients.loads(began, ended),
            held=tuple(
                Holding(one.director, max(one.first - began, -_CALM), one.last - began)
                for one in held
                if one.last > began - _CALM
            ),
            pulses=pulses(requests, began, (-_CALM, ended - began)),
            began=began,
            watched=ended - began,
        )

    def _unwanted(
        self, fault: Fault, taken: list[Holding], fenced: list[Fenced]
    ) -> list[str]:
        """Return what happened that must not."""
        found = []
        if fault.moves is False and taken:
            found.append(f"{taken[0].director} took the address for no reason")
        if fault.fences is False and fenced:
            found.append(f"{fenced[0].node} was fenced for no reason")
        if len(fenced) > 1:
            found.append(f"{len(fenced)} times a director was fenced")
        return found
