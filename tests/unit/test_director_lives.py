"""A director through reloads, stops, odd checks and maintenance, in virtual time."""

import asyncio
import errno
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from lvsha.engine.director import Director
from lvsha.events import (
    Change,
    Checked,
    Drifted,
    LastResort,
    Refused,
    StateChanged,
)
from lvsha.identity import Endpoint, Forwarding, Fwmark
from lvsha.ipvs.plan import AddDestination, DeleteDestination
from lvsha.model import (
    CheckType,
    DaemonState,
)
from tests.directing import (
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


def test_a_reload_keeps_the_health_of_what_did_not_change() -> None:
    async def scene(stage: Stage) -> None:
        stage.servers.down = {B}
        stage.director.follow(configuration(virtual(real(A), real(B))))
        await asyncio.sleep(10)
        stage.kernel.performed.clear()
        stage.director.enter(DaemonState.RELOADING)
        stage.director.follow(configuration(virtual(real(A), real(B), real(C))))
        assert stage.weights() == {A: 1}
        await asyncio.sleep(2)

    stage = play(scene)

    assert stage.weights() == {A: 1, C: 1}
    assert [op.endpoint for op in stage.kernel.performed] == [at(C)]  # type: ignore[union-attr]


def test_a_reload_takes_dropped_services_away_whatever_cleanstop_says() -> None:
    async def scene(stage: Stage) -> None:
        two = virtual(real(A), key=OTHER, cleanstop=False)
        stage.director.follow(configuration(virtual(real(A)), two))
        await asyncio.sleep(2)
        stage.director.follow(configuration(virtual(real(A))))
        await asyncio.sleep(2)

    assert set(play(scene).kernel.read()) == {VIP}


@pytest.mark.parametrize("together", [True, False])
def test_a_check_that_was_shared_ends_with_the_last_service_that_wanted_it(
    together: bool,  # noqa: FBT001
) -> None:
    async def scene(stage: Stage) -> None:
        again = replace(
            real(A), endpoint=Endpoint(ip_address(A), 81), forwarding=Forwarding.MASQ
        )
        one = virtual(real(A), real(B), again)
        two = virtual(real(A), key=OTHER)
        stage.director.follow(configuration(one, two))
        await asyncio.sleep(2)
        if not together:
            stage.director.follow(configuration(two))
            await asyncio.sleep(10)
            assert set(stage.kernel.read()) == {OTHER}
        stage.director.follow(configuration())
        await asyncio.sleep(0.1)
        stage.servers.asked.clear()
        await asyncio.sleep(30)

    stage = play(scene)

    assert stage.kernel.read() == {}
    assert stage.servers.asked == []


@pytest.mark.parametrize("cleanstop", [True, False])
def test_stop_takes_away_what_cleanstop_says(cleanstop: bool) -> None:  # noqa: FBT001
    async def scene(stage: Stage) -> None:
        stage.director.follow(configuration(virtual(real(A), cleanstop=cleanstop)))
        await asyncio.sleep(2)
        stage.director.enter(DaemonState.STOPPING)
        stage.director.stop()
        await asyncio.sleep(30)

    assert (VIP in play(scene).kernel.read()) is not cleanstop


def test_what_stays_after_a_stop_is_on_record() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(
            configuration(virtual(real(A)), virtual(real(B), key=OTHER))
        )
        await asyncio.sleep(2)
        assert stage.record.kept == frozenset()
        stage.director.follow(
            configuration(
                virtual(real(A)), virtual(real(B), key=OTHER, cleanstop=False)
            )
        )
        await asyncio.sleep(2)

    stage = play(scene)

    assert stage.record.keys == {VIP, OTHER}
    assert stage.record.kept == {OTHER}


def test_verifying_puts_right_what_others_changed_and_finds_nothing_left() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(configuration(virtual(real(A), real(B))))
        await asyncio.sleep(2)
        stage.kernel.perform([DeleteDestination(VIP, at(B))])

        assert stage.director.verify() == ()
        assert stage.weights() == {A: 1, B: 1}
        assert len(stage.told.of(Drifted)) == 1

    play(scene)


def test_verifying_tells_what_the_kernel_refuses() -> None:
    async def scene(stage: Stage) -> None:
        stage.kernel.script = lambda op: (
            errno.EINVAL if isinstance(op, AddDestination) else 0
        )
        stage.director.follow(configuration(virtual(real(A))))
        await asyncio.sleep(2)

        (wrong,) = stage.director.verify()

        assert A in wrong

    play(scene)


def test_losing_and_finding_the_last_server_is_told_once_each() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(configuration(virtual(real(A), real(B))))
        await asyncio.sleep(2)
        stage.servers.down = {A, B}
        await asyncio.sleep(20)
        stage.servers.down = {B}
        await asyncio.sleep(20)

    told = [e for e in play(scene).told.of(LastResort) if isinstance(e, LastResort)]

    assert [event.active for event in told] == [False, True, False]


def test_the_director_runs_once_every_server_had_its_verdict() -> None:
    async def scene(stage: Stage) -> None:
        stage.servers.hanging = {A}
        stage.director.follow(configuration(virtual(real(A), real(B))))
        await asyncio.sleep(1.5)
        assert stage.director.ready.is_set()
        assert stage.director.state is DaemonState.STARTING
        await asyncio.sleep(2)

    stage = play(scene)

    assert stage.told.of(StateChanged) == [StateChanged(DaemonState.RUNNING)]


def test_one_hanging_server_delays_nobody() -> None:
    async def scene(stage: Stage) -> None:
        stage.servers.hanging = {A}
        others = [real(f"10.0.1.{n}") for n in range(1, 101)]
        stage.director.follow(configuration(virtual(real(A), *others)))
        await asyncio.sleep(0.5)
        assert len(stage.weights()) == 100
        await asyncio.sleep(10)
        stage.servers.down = {"10.0.1.50"}
        await asyncio.sleep(5.1)

    assert len(play(scene).weights()) == 99


def test_a_mark_has_its_own_rows_for_each_ip_version() -> None:
    async def scene(stage: Stage) -> None:
        four = virtual(real(A), key=Fwmark(7), fallback=None)
        six = virtual(key=Fwmark(7, 6), fallback=None)
        stage.director.follow(configuration(four, six))
        await asyncio.sleep(2)

    assert set(play(scene).kernel.read()) == {Fwmark(7), Fwmark(7, 6)}


def test_checktype_n_negotiates_once_in_n_and_at_once_after_a_failure() -> None:
    async def scene(stage: Stage) -> None:
        combined = real(A, kind=CheckType.COMBINED, connects=2)
        stage.director.follow(configuration(virtual(combined)))
        await asyncio.sleep(31)
        stage.servers.down = {A}
        await asyncio.sleep(15)

    kinds = [check.kind.value[0] for check in play(scene).servers.asked]

    assert "".join(kinds) == "nccnccncnn"


def test_checktype_n_with_service_none_never_flaps() -> None:
    """Bug B65 of the original."""

    async def scene(stage: Stage) -> None:
        dead = real(A, kind=CheckType.COMBINED, connects=2, service="none")
        stage.servers.down = {A}
        stage.director.follow(configuration(virtual(dead)))
        await asyncio.sleep(60)

    stage = play(scene)

    assert stage.changes() == [(Change.ADDED, "127.0.0.1")]


def test_checktype_off_asks_nobody_and_keeps_what_has_weight() -> None:
    async def scene(stage: Stage) -> None:
        off = [real(address, kind=CheckType.OFF) for address in (A, B)]
        stage.director.follow(configuration(virtual(*off, checktype=CheckType.OFF)))
        await asyncio.sleep(60)

    stage = play(scene, serving(A))

    assert stage.servers.asked == []
    assert stage.weights() == {A: 1}


def test_without_a_record_no_new_service_is_made_and_it_is_said_once() -> None:
    class Full(Record):
        def write(self, keys: object, kept: object = ()) -> None:
            assert keys
            assert not kept
            raise OSError(errno.ENOSPC, "No space left on device")

    async def scene(stage: Stage) -> None:
        director = Director(stage.kernel, Full(), stage.servers, stage.told, nameless())
        director.follow(configuration(virtual(real(A))))
        await asyncio.sleep(30)

    stage = play(scene)

    assert stage.kernel.performed == []
    assert len(stage.told.of(Refused)) == 1


def test_a_down_server_of_two_services_is_quiesced_in_both() -> None:
    """Bug B41: the original placed it in the last of them only."""

    async def scene(stage: Stage) -> None:
        stage.servers.down = {A}
        one = virtual(real(A), real(B), quiescent=True)
        two = virtual(real(A), real(B), key=OTHER, quiescent=True)
        stage.director.follow(configuration(one, two))
        await asyncio.sleep(2)

    stage = play(scene)

    assert stage.weights(VIP) == stage.weights(OTHER) == {A: 0, B: 1}


def test_maintenance_takes_a_server_out_and_a_check_brings_it_back(
    tmp_path: Path,
) -> None:
    async def scene(stage: Stage) -> None:
        both = virtual(real(A), real(B))
        stage.director.follow(configuration(both, maintenancedir=str(tmp_path)))
        await asyncio.sleep(2)
        (tmp_path / A).touch()
        stage.director.tick()
        await asyncio.sleep(0.1)
        assert stage.weights() == {B: 1}
        await asyncio.sleep(30)
        assert stage.weights() == {B: 1}
        (tmp_path / A).unlink()
        stage.director.tick()
        assert stage.weights() == {B: 1}
        await asyncio.sleep(0.1)

    assert play(scene).weights() == {A: 1, B: 1}


def test_monitor_files_say_that_a_server_is_in_maintenance(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        (tmp_path / A).touch()
        only = virtual(real(A))
        stage.director.follow(configuration(only, maintenancedir=str(tmp_path)))
        await asyncio.sleep(20)

    said = {
        (event.verdict.passed, event.verdict.detail)
        for event in play(scene).told.of(Checked)
        if isinstance(event, Checked)
    }

    assert said == {(False, "Server in maintenance")}


def test_maintenance_leaves_alone_what_no_check_would_bring_back(
    tmp_path: Path,
) -> None:
    async def scene(stage: Stage) -> None:
        off = virtual(real(A, kind=CheckType.OFF), checktype=CheckType.OFF)
        stage.director.follow(configuration(off, maintenancedir=str(tmp_path)))
        (tmp_path / A).touch()
        stage.director.tick()
        await asyncio.sleep(10)
        (tmp_path / A).unlink()
        stage.director.tick()
        await asyncio.sleep(10)

    assert play(scene, serving(A)).weights() == {A: 1}
