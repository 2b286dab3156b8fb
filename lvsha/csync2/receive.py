"""A director looks at what came: validates it, follows it, and says so. Effects."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from lvsha.csync2.holdings import Holdings
from lvsha.csync2.places import digest
from lvsha.csync2.receipt import Held, Receipt, Stage

# A file that keeps changing is looked at again, but not for ever.
_LOOKS: Final = 20


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
    """Look at the offer and the live file until they stay as they are.

    Each time the receipt changes it is written, and *told*. Only one process at a
    time does this; another one waits, so that nothing that came is missed. Without
    *follow* the live file is left alone.
    """
    places = holdings.places
    path = places.receipt(holdings.here)
    with _alone(holdings):
        receipt = _former(holdings)
        for _ in range(_LOOKS):
            offered = _offered(holdings, engine, receipt.offered)
            live = _live(holdings, engine, receipt.live) if follow else receipt.live
            news = replace(receipt, offered=offered, live=live)
            if news == receipt and path.exists():
                break
            receipt = replace(news, at=time.time())
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


def _live(holdings: Holdings, engine: Engine, before: Held) -> Held:
    """Follow the live file if it is valid and new; keep what was followed."""
    places = holdings.places
    content = holdings.content(places.live)
    if content is None:
        return Held()
    name = digest(content)
    if name == before.digest and before.stage is Stage.REFUSED:
        return before
    if why := engine.valid(content):
        return Held(name, Stage.REFUSED, why)
    stage, why = engine.follow(name)
    if stage.followed and holdings.digest(places.kept) != name:
        holdings.put(places.kept, content)
    return Held(name, stage, why)


@contextmanager
def _alone(holdings: Holdings) -> Iterator[None]:
    state = holdings.places.state
    state.mkdir(parents=True, exist_ok=True, mode=0o750)
    with (state / f"{holdings.places.live.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
