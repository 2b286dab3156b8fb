"""What weight a director gives: to who comes back, and when too many are down."""

import asyncio
from dataclasses import replace

from lvsha.events import (
    Change,
    LastResort,
    Panicked,
)
from lvsha.ipvs.plan import AddDestination
from tests.directing import (
    A,
    B,
    C,
    Stage,
    configuration,
    down_and_up,
    play,
    real,
    shown,
    virtual,
)

# -- slow start ----------------------------------------------------------


def test_a_server_that_comes_back_gets_its_weight_in_ten_steps() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(
            configuration(virtual(real(A, 100), real(B, 100), slowstart=30))
        )
        await asyncio.sleep(20)
        assert stage.weights() == {A: 100, B: 100}
        await down_and_up(stage, A)
        seen: list[int] = []
        for _ in range(600):
            await asyncio.sleep(0.1)
            weight = stage.weights().get(A, 0)
            if weight and weight not in seen:
                seen.append(weight)
            assert stage.weights()[B] == 100
        assert seen == [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]

    play(scene)


def test_small_weights_are_multiplied_while_a_server_grows() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(
            configuration(virtual(real(A), real(B), real(C, 2), slowstart=10))
        )
        await asyncio.sleep(20)
        await down_and_up(stage, A)
        seen: list[dict[str, int]] = []
        for _ in range(200):
            await asyncio.sleep(0.1)
            if A in stage.weights() and stage.weights() not in seen:
                seen.append(stage.weights())
        grown = [{A: part, B: 10, C: 20} for part in range(1, 10)]
        assert seen == [*grown, {A: 1, B: 1, C: 2}]

    assert play(scene).weights() == {A: 1, B: 1, C: 2}


def test_growing_is_no_restoring() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(configuration(virtual(real(A), real(B), slowstart=10)))
        await asyncio.sleep(20)
        await down_and_up(stage, A)
        await asyncio.sleep(30)

    changes = play(scene).changes()

    assert changes.count((Change.ADDED, A)) == 2
    assert changes.count((Change.DELETED, A)) == 1
    assert {change for change, _ in changes[4:]} == {Change.CHANGED}


def test_a_server_that_goes_down_while_it_grows_begins_anew() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(
            configuration(virtual(real(A, 10), real(B, 10), slowstart=100))
        )
        await asyncio.sleep(20)
        await down_and_up(stage, A)
        await asyncio.sleep(55)
        assert stage.weights()[A] >= 5
        await down_and_up(stage, A)
        await asyncio.sleep(6)
        assert stage.weights() == {A: 1, B: 10}

    play(scene)


def test_at_the_start_nobody_grows() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(configuration(virtual(real(A, 10), slowstart=100)))
        await asyncio.sleep(1)

    assert play(scene).weights() == {A: 10}


def test_a_reload_lets_a_server_go_on_growing() -> None:
    async def scene(stage: Stage) -> None:
        slow = virtual(real(A, 10), real(B, 10), slowstart=100)
        stage.director.follow(configuration(slow))
        await asyncio.sleep(20)
        await down_and_up(stage, A)
        await asyncio.sleep(30)
        before = stage.weights()[A]
        stage.director.follow(configuration(replace(slow, scheduler="wlc")))
        await asyncio.sleep(1)
        assert 1 < before <= stage.weights()[A] < 10
        await asyncio.sleep(100)

    assert play(scene).weights() == {A: 10, B: 10}


# -- panic ---------------------------------------------------------------


def test_all_are_used_when_more_than_the_threshold_are_down_and_not_before() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(
            configuration(virtual(real(A, 3), real(B, 5), panicthreshold=50))
        )
        await asyncio.sleep(20)
        stage.servers.down = {A}
        await asyncio.sleep(6)
        assert stage.weights() == {B: 5}
        assert shown(stage)["panic"] is False
        stage.servers.down = {A, B}
        await asyncio.sleep(6)
        assert stage.weights() == {A: 3, B: 5}
        assert shown(stage)["panic"] is True
        stage.servers.down = {A}
        await asyncio.sleep(6)

    stage = play(scene)

    assert stage.weights() == {B: 5}
    panics = [event for event in stage.told.of(Panicked) if isinstance(event, Panicked)]
    assert [(event.active, event.down) for event in panics] == [(True, 2), (False, 1)]
    assert all(
        not event.active
        for event in stage.told.of(LastResort)
        if isinstance(event, LastResort)
    )


def test_a_quiescent_service_panics_with_weights() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(
            configuration(virtual(real(A), real(B), panicthreshold=60, quiescent=True))
        )
        await asyncio.sleep(20)
        stage.servers.down = {A, B}
        await asyncio.sleep(6)

    assert play(scene).weights() == {A: 1, B: 1}


def test_the_last_server_never_leaves_on_the_way_into_a_panic() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(
            configuration(virtual(real(A), real(B), panicthreshold=60, fallback=None))
        )
        await asyncio.sleep(20)
        stage.kernel.performed.clear()
        stage.servers.down = {A, B}
        await asyncio.sleep(20)

    stage = play(scene)

    empty = [op for op in stage.kernel.performed if not isinstance(op, AddDestination)]
    assert len(empty) <= 1
    assert stage.weights() == {A: 1, B: 1}
