"""A director looks at what came: validates it, follows it, and says so. Effects."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, TextIO

from lvsha.csync2.holdings import Holdings
from lvsha.csync2.places import digest
from lvsha.csync2.receipt import Held, Receipt, Stage

# A look takes as long as reading names, a reload and telling every peer.
_PATIENCE: Final = 300.0
_AGAIN: Final = 0.1


@dataclass(frozen=True, slots=True)
class Engine:
    """What a director can do with a content.

    *valid* returns what is wrong with one (empty: nothing). *follow* has the
    running director read the file and returns the stage it got to, and why not
    further.
    """

    valid: Callable[[bytes], str]
    follow: Callable[[str], tuple[Stage, str]]


def received(
    holdings: Holdings,
    engine: Engine,
    told: Callable[[Receipt], None],
    *,
    follow: bool = True,
) -> Receipt:
    """Look at the offer and the live file once; return the receipt.

    When it changed it is written, and *told*. Only one process at a time does this;
    another one waits. Without *follow* the live file is left alone.
    """
    places = holdings.places
    path = places.receipt(holdings.here)
    with _alone(holdings):
        former = _former(holdings)
        offered = _offered(holdings, engine, former.offered)
        valid = offered.stage is Stage.VALID
        accepted = offered.digest if valid else former.accepted
        receipt = replace(former, offered=offered, accepted=accepted)
        if follow:
            receipt = replace(receipt, live=_live(holdings, engine, receipt))
        if receipt != former or not path.exists():
            receipt = replace(receipt, at=time.time())
            holdings.put(path, receipt.dumped())
            told(receipt)
        return receipt


def _former(holdings: Holdings) -> Receipt:
    content = holdings.content(holdings.places.receipt(holdings.here))
    try:
        return Receipt.loaded(content or b"")
    except ValueError:
        return Receipt(holdings.here)


def _offered(holdings: Holdings, engine: Engine, before: Held) -> Held:
    content = holdings.content(holdings.places.offer)
    if content is None:
        return Held()
    if digest(content) == before.digest:
        return before
    why = engine.valid(content)
    return Held(digest(content), Stage.REFUSED if why else Stage.VALID, why)


def _live(holdings: Holdings, engine: Engine, receipt: Receipt) -> Held:
    """Follow the live file if it is valid, and was offered or followed before.

    Anything else is an edit that somebody made here and nobody has pushed.
    """
    places = holdings.places
    content = holdings.content(places.live)
    if content is None:
        return Held()
    name, kept = digest(content), holdings.digest(places.kept)
    if why := engine.valid(content):
        return Held(name, Stage.REFUSED, why)
    if kept and name not in (kept, receipt.accepted):
        return Held(name, Stage.VALID, "nobody was offered it: push it")
    stage, why = engine.follow(name)
    if stage.followed and kept != name:
        holdings.put(places.kept, content)
    return Held(name, stage, why)


@contextmanager
def _alone(holdings: Holdings) -> Iterator[None]:
    state = holdings.places.state
    state.mkdir(parents=True, exist_ok=True, mode=0o750)
    until = time.monotonic() + _PATIENCE
    with (state / f"{holdings.places.live.name}.lock").open("w") as lock:
        while not _locked(lock):
            if time.monotonic() > until:
                raise TimeoutError(f"{lock.name}: held for more than {_PATIENCE:g} s")
            time.sleep(_AGAIN)
        yield


def _locked(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
