"""The director against scripted servers and a table in memory, in virtual time."""

import asyncio
import errno
from collections.abc import Awaitable, Callable
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from lvsha.engine.director import GRACE, Director
from lvsha.events import (
    Change,
    Checked,
    Drifted,
    FailuresForgotten,
    LastResort,
    Refused,
    ServerChanged,
    SoftFailure,
    StateChanged,
)
from lvsha.identity import Endpoint, Forwarding, Fwmark, Protocol, ServiceKey, Vip
from lvsha.ipvs.memory import MemoryKernel
from lvsha.ipvs.plan import AddDestination, DeleteDestination, EditDestination
from lvsha.ipvs.table import Destination, Service, Settings, Table
from lvsha.model import (
    Check,
    CheckType,
    Configuration,
    DaemonState,
    Fallback,
    RealServer,
    VirtualService,
)
from lvsha.model import Settings as Daemon
from tests.scripted import Record, Servers, Told, nameless
from tests.virtual_time import run

VIP = Vip(Protocol.TCP, Endpoint(ip_address("192.0.2.10"), 80))
OTHER = Vip(Protocol.TCP, Endpoint(ip_address("192.0.2.11"), 80))
LAST = Endpoint(ip_address("127.0.0.1"), 80)
A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"


def at(address: str) -> Endpoint:
    return Endpoint(ip_address(address), 80)


def real(address: str, weight: int = 1, **check: object) -> RealServer:
    asked = Check(
        CheckType.NEGOTIATE, "http", Protocol.TCP, ip_address(address), 80, 3, 3
    )
    return RealServer(
        at(address),
        Forwarding.GATE,
        weight,
        replace(asked, **check),  # type: ignore[arg-type]
    )


def virtual(
    *reals: RealServer, key: ServiceKey = VIP, **more: object
) -> VirtualService:
    return replace(
        VirtualService(
            key, reals, service="http", checkinterval=5, fallback=Fallback(LAST)
        ),
        **more,  # type: ignore[arg-type]
    )


def configuration(*virtuals: VirtualService, **settings: object) -> Configuration:
    return Configuration(Daemon(**settings), virtuals)  # type: ignore[arg-type]


class Stage:
    """A director with everything it talks to in reach."""

    def __init__(self, table: Table | None = None) -> None:
        self.kernel = MemoryKernel(table)
        self.servers = Servers()
        self.told = Told()
        self.record = Record()
        self.director = Director(
            self.kernel, self.record, self.servers, self.told, nameless()
        )

    def weights(self, key: ServiceKey = VIP) -> dict[str, int]:
        rows = self.kernel.read()[key].destinations
        return {str(endpoint.address): row.weight for endpoint, row in rows.items()}

    def changes(self) -> list[tuple[Change, str]]:
        return [
            (event.change, str(event.server.address))
            for event, _ in self.told.events
            if isinstance(event, ServerChanged)
        ]


def play(
    scene: Callable[[Stage], Awaitable[None]], table: Table | None = None
) -> Stage:
    async def main() -> Stage:
        stage = Stage(table)
        await scene(stage)
        return stage

    return run(main())


def serving(*addresses: str, weight: int = 1) -> Table:
    rows = {at(address): Destination(weight=weight) for address in addresses}
    return {VIP: Service(Settings(), rows)}


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
