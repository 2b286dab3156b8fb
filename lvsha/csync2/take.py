"""A director takes a file that another one brings, and looks at it. Effects."""

import enum
from typing import Final

from lvsha.csync2.holdings import Holdings
from lvsha.csync2.places import digest
from lvsha.csync2.push import Look
from lvsha.csync2.receipt import Receipt

CONFLICT: Final = 3
"""The exit status for a file that was edited here, too."""


class What(enum.Enum):
    """Which file it is."""

    OFFER = "offer"
    LIVE = "live"
    RECEIPT = "receipt"


class Edited(Exception):
    """The live file was edited here, and nobody has pushed that."""


def take(
    holdings: Holdings, own: Look, what: What, content: bytes | None, *, mine: bool
) -> Receipt:
    """Have *content* in the place of *what* (None: nothing); return our receipt.

    Raises Edited, and changes nothing, unless what brings it wins (*mine*) or it was
    accepted as an offer before: an edit made since then is kept beside the file.
    """
    places = holdings.places
    path = places.live if what is What.LIVE else places.offer
    if content is None:
        holdings.drop(path)
        return own(follow=what is What.LIVE)
    edit = _edit(holdings, content)
    if edit is not None:
        agreed = what is What.LIVE and digest(content) == _accepted(holdings)
        if not (mine or agreed):
            raise Edited(f"{places.live} was edited here and not pushed")
        if what is What.LIVE:
            holdings.put(places.refused, edit)
    holdings.put(path, content)
    return own(follow=what is What.LIVE)


def _edit(holdings: Holdings, content: bytes) -> bytes | None:
    """Return the live file if it is neither what was followed nor what comes."""
    live = holdings.content(holdings.places.live)
    if live is None or live == content:
        return None
    known = (holdings.digest(holdings.places.kept), _accepted(holdings))
    return None if digest(live) in known else live


def _accepted(holdings: Holdings) -> str:
    former = holdings.receipts().get(holdings.here)
    return former.accepted if former else ""
