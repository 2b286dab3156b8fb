"""What a director does with servers that come and go, in virtual time."""

import asyncio
import errno
from dataclasses import replace

import pytest

from lvsha.engine.director import GRACE, Director
from lvsha.events import (
    Change,
    Drifted,
    FailuresForgotten,
    Refused,
    SoftFailure,
)
from lvsha.ipvs.plan import AddDestination, DeleteDestination, EditDestination
from lvsha.ipvs.table import Destination, Service, Settings, Table
from tests.directing import (
    LAST,
    OTHER,
    VIP,
    A,
    B,
    C,
    Stage,
    at,
    configuration,
    play,
    real,
    serving,
    virtual,
)
from tests.scripted import Record, nameless


def test_servers_join_once_their_checks_pass_and_never_before() -> None:
    async def scene(stage: Stage) -> None:
        stage.servers.down = {B}
        stage.director.follow(configuration(virtual(real(A), real(B))))
        assert stage.weights() == {}
        await asyncio.sleep(1)

    stage = play(scene)

    assert stage.weights() == {A: 1}
    assert stage.changes() == [(Change.ADDED, A)]


def test_a_restart_touches_nothing_that_is_right() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(configuration(virtual(real(A), real(B))))
        await asyncio.sleep(30)

    stage = play(scene, serving(A, B))

    assert stage.kernel.performed == []


def test_a_restart_keeps_a_server_until_its_check_says_otherwise() -> None:
    async def scene(stage: Stage) -> None:
        stage.servers.hanging = {A}
        stage.director.follow(configuration(virtual(real(A), real(B))))
        await asyncio.sleep(2.9)
        assert stage.weights() == {A: 1, B: 1}
        await asyncio.sleep(0.2)

    stage = play(scene, serving(A, B))

    assert stage.weights() == {B: 1}


def test_the_fallback_waits_for_checks_under_way_but_no_longer_than_the_grace() -> None:
    async def scene(stage: Stage) -> None:
        stage.servers.hanging = {A}
        stage.servers.down = {B}
        stage.director.follow(configuration(virtual(real(A), real(B))))
        await asyncio.sleep(GRACE * 0.9)
        assert stage.weights() == {}
        await asyncio.sleep(GRACE * 0.2)
        assert stage.weights() == {"127.0.0.1": 1}
        stage.servers.hanging.clear()
        await asyncio.sleep(10)

    stage = play(scene)

    assert stage.weights() == {A: 1}


def test_the_fallback_is_in_before_the_last_server_leaves() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(configuration(virtual(real(A))))
        await asyncio.sleep(2)
        stage.kernel.performed.clear()
        stage.servers.down = {A}
        await asyncio.sleep(5)

    stage = play(scene)

    added, deleted = stage.kernel.performed
    assert isinstance(added, AddDestination)
    assert added.endpoint == LAST
    assert isinstance(deleted, DeleteDestination)


def test_the_last_server_stays_while_the_kernel_refuses_the_fallback() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(configuration(virtual(real(A))))
        await asyncio.sleep(2)
        stage.kernel.script = lambda op: (
            errno.EINVAL
            if isinstance(op, AddDestination) and op.endpoint == LAST
            else 0
        )
        stage.servers.down = {A}
        await asyncio.sleep(20)

    stage = play(scene)

    assert stage.weights() == {A: 1}
    assert len(stage.told.of(Refused)) == 1


def test_a_dead_server_goes_although_the_kernel_refuses_another_one() -> None:
    async def scene(stage: Stage) -> None:
        stage.kernel.script = lambda op: (
            errno.EINVAL if getattr(op, "endpoint", None) == at(C) else 0
        )
        stage.director.follow(configuration(virtual(real(A), real(B), real(C))))
        await asyncio.sleep(2)
        stage.servers.down = {A}
        await asyncio.sleep(10)

    stage = play(scene)

    assert stage.weights() == {B: 1}


def test_quiescent_sets_weight_zero_and_keeps_the_thresholds() -> None:
    async def scene(stage: Stage) -> None:
        limited = replace(real(A), upper=20, lower=10)
        stage.director.follow(configuration(virtual(limited, real(B), quiescent=True)))
        await asyncio.sleep(2)
        stage.servers.down = {A}
        await asyncio.sleep(10)

    stage = play(scene)

    row = stage.kernel.read()[VIP].destinations[at(A)]
    assert row == Destination(weight=0, upper=20, lower=10)
    assert stage.changes()[-1] == (Change.QUIESCED, A)


@pytest.mark.parametrize(("readd", "weights"), [(False, {B: 1}), (True, {A: 0, B: 1})])
def test_a_deleted_quiescent_row_returns_only_if_readdquiescent_says_so(
    readd: bool,  # noqa: FBT001
    weights: dict[str, int],
) -> None:
    async def scene(stage: Stage) -> None:
        stage.servers.down = {A}
        both = virtual(real(A), real(B), quiescent=True)
        stage.director.follow(configuration(both, readdquiescent=readd))
        await asyncio.sleep(10)
        assert stage.weights() == {A: 0, B: 1}
        stage.kernel.perform([DeleteDestination(VIP, at(A))])
        await asyncio.sleep(20)

    assert play(scene).weights() == weights


def test_failurecount_failures_take_a_server_down_and_one_pass_forgets_them() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(configuration(virtual(real(A), failurecount=3)))
        await asyncio.sleep(2)
        stage.servers.down = {A}
        await asyncio.sleep(9)
        assert stage.weights() == {A: 1}
        stage.servers.down = set()
        await asyncio.sleep(5)
        stage.servers.down = {A}
        await asyncio.sleep(20)

    stage = play(scene)

    assert stage.weights() == {"127.0.0.1": 1}
    failures = [
        e.failures for e in stage.told.of(SoftFailure) if isinstance(e, SoftFailure)
    ]
    assert failures == [1, 2, 1, 2]
    assert len(stage.told.of(FailuresForgotten)) == 1


def test_two_services_share_one_check_but_not_their_failures() -> None:
    async def scene(stage: Stage) -> None:
        one = virtual(real(A), failurecount=1)
        two = virtual(real(A), key=OTHER, failurecount=3)
        stage.director.follow(configuration(one, two))
        await asyncio.sleep(2)
        assert len(stage.servers.asked) == 1
        stage.servers.down = {A}
        await asyncio.sleep(5)

    stage = play(scene)

    assert stage.weights(VIP) == {"127.0.0.1": 1}
    assert stage.weights(OTHER) == {A: 1}


def test_rows_of_ours_that_others_change_are_put_right() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(configuration(virtual(real(A, 5), real(B))))
        await asyncio.sleep(2)
        stage.kernel.perform(
            [
                EditDestination(VIP, at(A), Destination(weight=9)),
                DeleteDestination(VIP, at(B)),
                AddDestination(VIP, at(C), Destination()),
            ]
        )
        await asyncio.sleep(6)

    stage = play(scene)

    assert stage.weights() == {A: 5, B: 1}
    assert len(stage.told.of(Drifted)) == 1


def test_services_that_are_not_ours_are_never_touched() -> None:
    foreign: Table = {OTHER: Service(Settings("rr"), {at(C): Destination()})}

    async def scene(stage: Stage) -> None:
        stage.director.follow(configuration(virtual(real(A))))
        await asyncio.sleep(10)
        stage.director.stop()

    assert play(scene, foreign).kernel.read() == foreign


def test_what_an_earlier_life_left_behind_is_taken_away() -> None:
    async def scene(stage: Stage) -> None:
        stage.record = Record({OTHER})
        director = Director(
            stage.kernel, stage.record, stage.servers, stage.told, nameless()
        )
        director.follow(configuration(virtual(real(A))))
        await asyncio.sleep(2)

    stage = play(scene, {OTHER: Service(Settings())})

    assert set(stage.kernel.read()) == {VIP}
    assert stage.record.keys == {VIP}


def test_a_service_is_on_record_before_the_kernel_hears_of_it() -> None:
    async def scene(stage: Stage) -> None:
        def look(_: object) -> int:
            assert VIP in stage.record.keys
            return 0

        stage.kernel.script = look
        stage.director.follow(configuration(virtual(real(A))))
        await asyncio.sleep(2)

    assert play(scene).kernel.performed
