"""When a director checks its servers, and how often before one is up."""

import asyncio
import itertools

import pytest

from tests.directing import (
    FALLBACK,
    OTHER,
    A,
    B,
    Stage,
    configuration,
    down_and_up,
    play,
    real,
    virtual,
)

# -- rise ----------------------------------------------------------------


def test_a_server_that_was_down_rises_by_as_many_checks_as_successcount() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(configuration(virtual(real(A), real(B), successcount=3)))
        await asyncio.sleep(20)
        await down_and_up(stage, A)
        stage.servers.asked.clear()
        passed = 0
        while A not in stage.weights():
            await asyncio.sleep(0.05)
            passed = sum(str(check.address) == A for check in stage.servers.asked)
        assert passed == 3

    play(scene)


def test_at_the_start_one_check_is_enough() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(configuration(virtual(real(A), successcount=9)))
        await asyncio.sleep(0.5)

    assert play(scene).weights() == {A: 1}


def test_a_failure_between_begins_the_count_again() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(configuration(virtual(real(A), real(B), successcount=3)))
        await asyncio.sleep(20)
        await down_and_up(stage, A)
        await asyncio.sleep(11)
        stage.servers.down = {A}
        await asyncio.sleep(5)
        stage.servers.down = set()
        await asyncio.sleep(11)
        assert stage.weights() == {B: 1}
        await asyncio.sleep(10)

    assert play(scene).weights() == {A: 1, B: 1}


# -- when ----------------------------------------------------------------


def test_the_first_checks_are_spread_and_the_director_waits_for_them() -> None:
    async def scene(stage: Stage) -> None:
        addresses = [f"10.0.1.{i}" for i in range(1, 101)]
        stage.director.follow(
            configuration(
                virtual(*map(real, addresses), startspread=20, checkinterval=1000)
            )
        )
        for second in range(1, 20):
            await asyncio.sleep(1)
            assert abs(len(stage.servers.asked) - 5 * second) <= 2
            assert not stage.director.ready.is_set()
        await asyncio.sleep(1.1)
        assert stage.director.ready.is_set()

    assert len(play(scene).weights()) == 100


def test_checks_with_jitter_keep_their_pace_but_not_their_step() -> None:
    async def scene(stage: Stage) -> None:
        times: list[float] = []
        stage.director.follow(
            configuration(virtual(real(A), checkinterval=10, jitter=20))
        )
        for _ in range(4000):
            before = len(stage.servers.asked)
            await asyncio.sleep(0.25)
            if len(stage.servers.asked) > before:
                times.append(asyncio.get_running_loop().time())
        gaps = [later - sooner for sooner, later in itertools.pairwise(times[1:])]
        assert all(7.7 <= gap <= 12.3 for gap in gaps)
        assert len({round(gap, 2) for gap in gaps}) > 10
        assert sum(gaps) / len(gaps) == pytest.approx(10, abs=0.3)

    play(scene)


def test_services_that_check_the_same_target_the_same_way_share_one_probe() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(
            configuration(virtual(real(A)), virtual(real(A), key=OTHER))
        )
        await asyncio.sleep(50)
        asked = len(stage.servers.asked)
        assert 10 <= asked <= 12
        stage.servers.down = {A}
        await asyncio.sleep(6)

    stage = play(scene)

    assert stage.weights() == stage.weights(OTHER) == {FALLBACK: 1}


def test_services_that_check_the_same_target_otherwise_share_nothing() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(
            configuration(
                virtual(real(A)), virtual(real(A, request="/other"), key=OTHER)
            )
        )
        await asyncio.sleep(50)

    assert 20 <= len(play(scene).servers.asked) <= 24
