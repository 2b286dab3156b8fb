"""What ``status`` tells of the last checks of some real servers."""

from collections.abc import Iterable, Mapping
from typing import Final

from lvsha.desired import reals
from lvsha.engine.aside import aside
from lvsha.engine.ledger import Ledger
from lvsha.engine.past import Past, told
from lvsha.health import Seat
from lvsha.names import names_of, names_of_real

# Of so many real servers at once: nobody reads more, and it takes a while.
MOST: Final = 500

Shown = dict[str, object]


async def recall(
    answer: Shown,
    ledger: Ledger,
    past: Past,
    question: Mapping[str, object],
    now: float,
) -> Shown:
    """Return *answer* with only what is asked for, and each real server's past.

    The question's ``virtual`` and ``real`` are names; without them it is about
    all. What is told is made beside the loop.
    """
    virtual, real = (str(question.get(name) or "") for name in ("virtual", "real"))
    shown = answer.get("virtuals")
    chosen = _chosen(ledger, shown if isinstance(shown, list) else [], virtual, real)
    if not chosen and (virtual or real):
        what = f"real server {real!r} of {virtual!r}" if real else repr(virtual)
        return {"ok": False, "error": f"there is no {what}"}
    kept = [(one, past.of(seat)) for _, found in chosen for one, seat in found]

    def tell() -> None:
        for one, verdicts in kept[:MOST]:
            one["past"] = list(told(verdicts, now))

    await aside(tell)
    return answer | {
        "virtuals": [
            service | {"reals": [one for one, _ in found]} for service, found in chosen
        ],
        "past_left_out": max(0, len(kept) - MOST),
    }


def _chosen(
    ledger: Ledger, shown: Iterable[Shown], virtual: str, real: str
) -> list[tuple[Shown, list[tuple[Shown, Seat]]]]:
    """Return the virtual services *shown* that are meant, with their real servers."""
    chosen: list[tuple[Shown, list[tuple[Shown, Seat]]]] = []
    for service, meant in zip(shown, ledger.configuration.virtuals, strict=False):
        listed = service.get("reals")
        if virtual and virtual.lower() not in names_of(meant):
            continue
        found = [
            (one, (meant.key, row))
            for one, (row, server) in zip(
                listed if isinstance(listed, list) else [],
                reals(meant).items(),
                strict=False,
            )
            if not real or real.lower() in names_of_real(server)
        ]
        if found or not real:
            chosen.append((service, found))
    return chosen
