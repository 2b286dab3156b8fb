"""Deadlines are kept whatever else is expected meanwhile."""

import asyncio

from lvsha.checks.pump import Pump
from tests.checks_peers import AGES, SOON


def test_what_expires_may_expect_something_later_and_delays_nobody() -> None:
    async def run() -> None:
        pump = Pump()
        over = asyncio.Event()
        pump.expect(SOON / 10, lambda: pump.expect(10 * AGES, lambda: None))
        pump.expect(SOON, over.set)
        try:
            await asyncio.wait_for(over.wait(), AGES)
        finally:
            pump.close()

    asyncio.run(run())


def test_what_expires_may_expect_the_same_again() -> None:
    async def run() -> int:
        pump = Pump()
        over = asyncio.Event()
        times = 0

        def again() -> None:
            nonlocal times
            times += 1
            if times == 3:
                over.set()
            else:
                pump.expect(SOON / 10, again)

        pump.expect(SOON / 10, again)
        try:
            await asyncio.wait_for(over.wait(), AGES)
        finally:
            pump.close()
        return times

    assert asyncio.run(run()) == 3
