"""Checks held by a library: how they hang, and what they leave behind."""

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from lvsha.checks.dialogue import Satisfied
from lvsha.checks.inquiry import Inquiry
from lvsha.checks.prober import Prober
from lvsha.checks.pump import Pump
from lvsha.identity import Protocol
from lvsha.model import Check, Credentials, Verdict
from tests.checks_peers import AGES, BASE, SOON, black_hole, heard, serving, silent
from tests.library_peers import (
    LOGIN,
    PASSWD,
    SECRET,
    Directory,
    Mysql,
    Postgres,
    in_stream,
    name_server,
)

KNOWN = Credentials(LOGIN, PASSWD, "directors", SECRET)
HANGING = 400
WELL = {
    "mysql": Mysql().script,
    "pgsql": Postgres().script,
    "ldap": Directory().script,
    "dns": in_stream(name_server(["x. 60 IN A 192.0.2.1"])),
}


def asks(service: str, port: int) -> Check:
    transport = Protocol.UDP if service == "radius" else Protocol.TCP
    return replace(
        BASE,
        service=service,
        port=port,
        transport=transport,
        request="/" if service == "ldap" else "/x",
        receive="192" if service == "dns" else "",
        credentials=KNOWN,
    )


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def back_to(before: int) -> None:
    """Wait until as few descriptors are open as *before*, and no task runs."""
    async with asyncio.timeout(AGES):
        while descriptors() > before or len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)


@pytest.mark.parametrize("service", sorted(WELL))
def test_hanging_servers_delay_nobody_and_leave_nothing_behind(service: str) -> None:
    async def run() -> bool:
        prober = Prober()
        with ExitStack() as stack:
            hole = stack.enter_context(silent())
            await heard(prober, replace(asks(service, hole), negotiatetimeout=SOON))
            before = descriptors()
            threads = threading.active_count()
            late = replace(asks(service, hole), negotiatetimeout=10 * SOON)
            ended: list[asyncio.Future[Verdict]] = []
            loop = asyncio.get_running_loop()
            for _ in range(HANGING):
                ended.append(loop.create_future())
                prober.start(late, ended[-1].set_result)
            async with serving(WELL[service]) as port:
                first = await heard(prober, asks(service, port))
                none_over = not any(future.done() for future in ended)
                verdicts = await asyncio.wait_for(asyncio.gather(*ended), AGES)
            assert first.passed, first.detail
            assert not any(verdict.passed for verdict in verdicts)
            assert threading.active_count() == threads
            await back_to(before)
        prober.close()
        return none_over

    assert asyncio.run(run())


@pytest.mark.parametrize("service", ["mysql", "pgsql"])
@pytest.mark.parametrize("where", [silent, black_hole])
def test_closing_ends_what_hangs(service: str, where: Callable[[], object]) -> None:
    async def run() -> None:
        before = descriptors()
        with where() as port:  # type: ignore[attr-defined]
            prober = Prober()
            seen: list[Verdict] = []
            for _ in range(10):
                prober.start(asks(service, port), seen.append)
            await heard(prober, replace(asks(service, port), negotiatetimeout=SOON))
            prober.close()
        await back_to(before)
        assert not seen

    asyncio.run(run())


async def stubborn(_check: Check) -> Satisfied:
    """Refuse to be cancelled, as a library may."""
    while True:
        try:
            await asyncio.sleep(AGES)
        except asyncio.CancelledError:
            if stubborn_enough():
                raise


patience: list[None] = []


def stubborn_enough() -> bool:
    patience.append(None)
    return len(patience) > 3


def test_the_deadline_holds_for_a_library_that_will_not_stop() -> None:
    async def run() -> tuple[Verdict, bool]:
        pump = Pump()
        told: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        ended: list[Inquiry] = []
        check = replace(BASE, negotiatetimeout=SOON)
        inquiry = Inquiry(stubborn, check, pump, ended.append, told.set_result)
        inquiry.begin()
        verdict = await asyncio.wait_for(told, AGES)
        still = not ended
        pump.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            while not task.done():
                task.cancel()
                await asyncio.sleep(0)
        return verdict, still

    verdict, still_running = asyncio.run(run())

    assert verdict.detail == "no answer within 0.1 s"
    assert still_running


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (OSError(110, "x"), "connect: connection timed out"),
        (TimeoutError(), "connect: connection lost"),
        (ValueError(PASSWD), "no sensible answer (ValueError)"),
        (RecursionError(), "no sensible answer (RecursionError)"),
    ],
)
def test_whatever_a_library_raises_is_a_verdict(error: Exception, detail: str) -> None:
    async def run() -> Verdict:
        async def stumble(_: Check) -> Satisfied:
            raise error

        pump = Pump()
        told: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        check = replace(BASE, credentials=KNOWN)
        Inquiry(stumble, check, pump, lambda _: None, told.set_result).begin()
        verdict = await asyncio.wait_for(told, AGES)
        pump.close()
        return verdict

    assert asyncio.run(run()).detail == detail


def test_programs_that_hang_are_gone_at_their_deadline() -> None:
    async def run() -> Verdict:
        prober = Prober()
        with silent() as port:
            check = replace(asks("oracle", port), negotiatetimeout=SOON)
            verdict = await heard(prober, check)
        prober.close()
        return verdict

    assert asyncio.run(run()).detail == "no answer within 0.1 s"
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
