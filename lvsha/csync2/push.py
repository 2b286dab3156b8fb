"""A configuration brought to all directors, or to none: offered, validated, active.

First everybody gets it as an offer and validates it; nothing changes. Then
everybody gets it as the live file and follows it. Whoever refuses, at any time,
has all go back to what they had; the edit is kept beside the file.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from lvsha.csync2.holdings import Holdings
from lvsha.csync2.places import digest
from lvsha.csync2.receipt import Held, Receipt, Stage
from lvsha.csync2.trouble import Trouble

_LOOK: Final = 0.1


class Carrier(Protocol):
    """What brings files to a peer: :class:`lvsha.csync2.carrier.Csync2`."""

    def send(self, paths: Sequence[Path], peer: str) -> tuple[Trouble, ...]:
        """Bring *paths* to *peer*; return what went wrong."""

    def win(self, path: Path) -> tuple[Trouble, ...]:
        """Have our *path* win a conflict."""


class Look(Protocol):
    """What looks at this director's files as a receiver would."""

    def __call__(self, *, follow: bool) -> Receipt:
        """Look at the offer, and with *follow* at the live file."""


@dataclass(slots=True)
class Outcome:
    """How a push ended. *receipts* are the last words of each director."""

    digest: str
    done: bool = False
    troubles: list[str] = field(default_factory=list)
    receipts: dict[str, Held] = field(default_factory=dict)
    restored: bool = False
    kept: str = ""


@dataclass(frozen=True, slots=True)
class Push:
    """One push of *holdings*' live file to *peers*.

    *own* looks at this director's files; *seconds* bounds each of the two phases;
    *tell* hears of progress. *mine* wins conflicts.
    """

    holdings: Holdings
    carrier: Carrier
    peers: tuple[str, ...]
    own: Look
    seconds: float
    tell: Callable[[str], None] = lambda _news: None
    mine: bool = False
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def run(self) -> Outcome:
        """Push; return how it ended. Nothing is left half-way, or it is said."""
        holdings, places = self.holdings, self.holdings.places
        content = places.live.read_bytes()
        outcome = Outcome(digest(content))
        before = holdings.content(places.kept)
        try:
            self.tell(f"offering {outcome.digest[:12]} to {', '.join(self.peers)}")
            holdings.put(places.offer, content)
            if self._phase(outcome, places.offer, _validated):
                self.tell("valid everywhere; sending it")
                if self._phase(outcome, places.live, _followed):
                    outcome.done = True
                else:
                    self._back(outcome, before, content, sent=True)
            else:
                self._back(outcome, before, content, sent=False)
        finally:
            holdings.drop(places.offer)
            for peer in self.peers:
                self.carrier.send([places.offer, places.receipt(holdings.here)], peer)
        return outcome

    def _phase(
        self, outcome: Outcome, path: Path, judge: Callable[[Receipt, str], str | None]
    ) -> bool:
        """Send *path*, and have every director, this one first, be content with it."""
        own = self.own(follow=path == self.holdings.places.live)
        outcome.receipts[own.director] = own.live
        if why := judge(own, outcome.digest):
            outcome.troubles.append(f"{own.director}: {why}")
            return False
        if self.mine:
            self.carrier.win(path)
        for peer in self.peers:
            outcome.troubles += [str(each) for each in self.carrier.send([path], peer)]
        if not outcome.troubles:
            outcome.troubles += self._heard(outcome, outcome.digest, judge)
        return not outcome.troubles

    def _heard(
        self,
        outcome: Outcome,
        wanted: str,
        judge: Callable[[Receipt, str], str | None],
    ) -> list[str]:
        """Wait until every peer has judged *wanted*; return what is against it.

        The first objection ends the wait, and so does the end of the time.
        """
        until = self.clock() + self.seconds
        waiting = set(self.peers)
        while waiting:
            for director, receipt in self.holdings.receipts().items():
                why = judge(receipt, wanted) if director in waiting else None
                if why is None:
                    continue
                outcome.receipts[director] = receipt.live
                if why:
                    return [f"{director}: {why}"]
                waiting.discard(director)
                self.tell(f"{director}: well")
            if waiting and self.clock() > until:
                late = f"no receipt within {self.seconds:g} s"
                return [f"{director}: {late}" for director in sorted(waiting)]
            if waiting:
                self.sleep(_LOOK)
        return []

    def _back(
        self, outcome: Outcome, before: bytes | None, content: bytes, *, sent: bool
    ) -> None:
        """Have all go back to *before*; keep the edit where nobody follows it."""
        holdings, places = self.holdings, self.holdings.places
        if before is None:
            outcome.troubles.append(
                f"nothing was followed before: {places.live} stays as it is here"
            )
            return
        if before == content:
            # Pushed again as it was: there is nothing to go back to.
            return
        holdings.put(places.refused, content)
        outcome.kept = str(places.refused)
        self.tell("going back to what was before")
        # Nobody follows what was not offered.
        holdings.put(places.offer, before)
        holdings.put(places.live, before)
        own = self.own(follow=True)
        outcome.receipts[own.director] = own.live
        if not sent:
            outcome.restored = True
            return
        troubles = [
            str(trouble)
            for peer in self.peers
            for trouble in self.carrier.send([places.offer, places.live], peer)
        ]
        troubles += self._heard(outcome, digest(before), _followed)
        outcome.restored = not troubles
        outcome.troubles += [f"going back: {trouble}" for trouble in troubles]


def _validated(receipt: Receipt, wanted: str) -> str | None:
    """Return None while nothing is known, why it is refused, or an empty string."""
    held = receipt.offered
    if held.digest != wanted:
        return None
    return held.why if held.stage is Stage.REFUSED else ""


def _followed(receipt: Receipt, wanted: str) -> str | None:
    held = receipt.live
    if held.digest != wanted:
        return None
    if held.stage.followed:
        return ""
    return held.why or f"{held.stage.value}, not active"
