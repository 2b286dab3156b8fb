import asyncio
import threading

import pytest

from lvsha.engine.aside import aside


def test_what_is_returned_or_raised_comes_back() -> None:
    assert asyncio.run(aside(lambda: 6 * 7)) == 42
    with pytest.raises(KeyError):
        asyncio.run(aside(lambda: dict[str, str]()["x"]))


def test_work_that_hangs_does_not_hold_up_the_end() -> None:
    goes_on = threading.Event()
    finished: list[bool] = []

    def hang() -> None:
        goes_on.wait(10)
        finished.append(True)

    async def main() -> None:
        working = asyncio.create_task(aside(hang))
        await asyncio.sleep(0)
        working.cancel()

    asyncio.run(main())

    assert not finished
    goes_on.set()
