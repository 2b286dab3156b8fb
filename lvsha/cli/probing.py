"""Running checks once, side by side, without a director. Effects."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from lvsha.checks.prober import Prober
from lvsha.cli.targets import Target, kind_of
from lvsha.evidence import as_json, evidence
from lvsha.model import Check, Verdict

# Told of a target, and of its verdict: None if it is not asked.
Told = Callable[[Target, Verdict | None], None]


async def probe_rounds(
    targets: Sequence[Target],
    told: Callable[[int, Target, Verdict | None], None],
    *,
    times: int,
    interval: float,
) -> None:
    """Run the checks of *targets* so many *times*.

    A round begins *interval* seconds after the one before did, or when that is
    over.
    """
    loop = asyncio.get_running_loop()
    prober = Prober()
    try:
        for turn in range(1, times + 1):
            due = loop.time() + interval
            await _probe(prober, targets, partial(told, turn))
            if turn < times:
                await asyncio.sleep(max(0.0, due - loop.time()))
    finally:
        prober.close()


async def _probe(prober: Prober, targets: Sequence[Target], told: Told) -> None:
    """Run every check once, equal ones together, and return when all have ended."""
    alike: dict[Check, list[Target]] = {}
    for target in targets:
        if target.unasked:
            told(target, None)
        else:
            alike.setdefault(target.check, []).append(target)
    left = len(alike)
    over = asyncio.Event()

    def done(of: list[Target], verdict: Verdict) -> None:
        nonlocal left
        left -= 1
        for target in of:
            told(target, verdict)
        if not left:
            over.set()

    for check, of in alike.items():
        prober.start(check, partial(done, of))
    if left:
        await over.wait()


def described(turn: int, target: Target, verdict: Verdict | None) -> dict[str, object]:
    """Return a verdict as ``probe --json`` prints it; one not asked has none."""
    real = target.real
    told: dict[str, object] = {
        "round": turn,
        "virtual": str(target.virtual.key),
        "real": str(real.endpoint),
        "name": real.name,
        "check": kind_of(target.check),
        "asked": verdict is not None,
        "passed": None,
        "detail": target.unasked,
    }
    if verdict is None:
        return told
    return told | {
        "passed": verdict.passed,
        "detail": verdict.detail,
        "status": verdict.status,
        "seconds": round(verdict.seconds, 6),
        **as_json(evidence(verdict)),
    }
