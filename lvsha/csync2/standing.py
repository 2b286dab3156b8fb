"""Which configuration each director has, as far as this one knows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import time

from lvsha.csync2.carrier import Csync2
from lvsha.csync2.holdings import Holdings
from lvsha.csync2.receipt import Held, Receipt, Stage
from lvsha.csync2.ssh import Ssh


@dataclass(frozen=True, slots=True)
class Standing:
    """What *director* has, *age* seconds ago; *wrong* is what is not right with it."""

    director: str
    held: Held
    age: float
    wrong: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Tell whether all is well."""
        return not self.wrong

    def __str__(self) -> str:
        """Return it as a line for people."""
        what = f"{self.held.stage.value} {self.held.digest[:12]}".strip()
        when = f"{self.age:.0f} s ago" if self.age >= 0 else "never heard of"
        wrong = f": {'; '.join(self.wrong)}" if self.wrong else ""
        return f"{self.director}: {what} ({when}){wrong}"

    def as_json(self) -> dict[str, object]:
        """Return it as a JSON object."""
        return {
            "director": self.director,
            "sha256": self.held.digest,
            "stage": self.held.stage.value,
            "seconds_ago": round(self.age, 1) if self.age >= 0 else None,
            "wrong": list(self.wrong),
        }


def standings(
    holdings: Holdings, hosts: Sequence[str], carrier: Csync2 | Ssh
) -> tuple[Standing, ...]:
    """Return how each of *hosts* stands beside this director's live file."""
    mine = holdings.digest(holdings.places.live)
    waiting = {peer for peer, _ in carrier.unsent()}
    return tuple(
        _waiting(one) if one.director in waiting else one
        for one in _beside(mine, hosts, holdings.receipts())
    )


def following(
    holdings: Holdings, hosts: Sequence[str], digest: str
) -> tuple[Standing, ...]:
    """Return how each of *hosts* stands beside *digest*, which this director follows.

    Only what is here is looked at: neither csync2 nor a peer is asked.
    """
    ours = Receipt(holdings.here, live=Held(digest, Stage.ACTIVE), at=time())
    receipts = {**holdings.receipts(), holdings.here: ours}
    return tuple(_beside(digest, hosts, receipts))


def _beside(
    mine: str, hosts: Sequence[str], receipts: Mapping[str, Receipt]
) -> Iterator[Standing]:
    now = time()
    for host in hosts:
        receipt = receipts.get(host)
        held = receipt.live if receipt else Held()
        wrong = []
        if receipt is None:
            wrong.append("no receipt")
        elif held.digest != mine:
            wrong.append("another configuration")
        elif not held.stage.followed:
            wrong.append(held.why or "not followed")
        age = now - receipt.at if receipt else -1.0
        yield Standing(host, held, age, tuple(wrong))


def _waiting(one: Standing) -> Standing:
    return replace(one, wrong=(*one.wrong, "something waits to be sent there"))
