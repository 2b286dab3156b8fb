"""What a director does with options ldirectord does not have, in virtual time."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from lvsha.events import (
    Advised,
    Change,
    ServerChanged,
    StandingChanged,
)
from lvsha.identity import Endpoint, Protocol
from lvsha.ipvs.table import Destination
from lvsha.model import AGENT, CheckMode, CheckType, RealServer
from tests.directing import (
    FALLBACK,
    OTHER,
    VIP,
    A,
    B,
    Stage,
    at,
    configuration,
    play,
    real,
    serving,
    shown,
    virtual,
)


def advised(address: str, weight: int = 1) -> RealServer:
    made = real(address, weight)
    return replace(
        made, agent=replace(made.check, service=AGENT, port=8999, request="")
    )


def also(address: str, *ports: int) -> RealServer:
    made = real(address)
    return replace(
        made,
        also=tuple(
            replace(made.check, kind=CheckType.CONNECT, port=port) for port in ports
        ),
    )


# -- agents --------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "weights"),
    [
        ("up", {A: 10, B: 10}),
        ("50%", {A: 5, B: 10}),
        ("up 75%", {A: 75, B: 100}),
        ("drain", {A: 0, B: 10}),
        ("0%", {A: 0, B: 10}),
        ("down", {B: 10}),
        ("stopped # for a walk", {B: 10}),
        ("maint", {B: 10}),
        ("gibberish", {A: 10, B: 10}),
        ("", {A: 10, B: 10}),
    ],
)
def test_an_agents_word_counts_beside_the_check(
    said: str, weights: dict[str, int]
) -> None:
    async def scene(stage: Stage) -> None:
        stage.servers.agents = {A: said, B: "up 100%"}
        stage.director.follow(
            configuration(virtual(advised(A, 10), advised(B, 10), agentinterval=2))
        )
        await asyncio.sleep(5)

    assert play(scene).weights() == weights


def test_an_agent_that_stops_answering_changes_nothing() -> None:
    async def scene(stage: Stage) -> None:
        stage.servers.agents = {A: "drain"}
        stage.director.follow(
            configuration(virtual(advised(A), real(B), agentinterval=2))
        )
        await asyncio.sleep(5)
        stage.servers.agents = {}
        await asyncio.sleep(30)
        assert stage.weights() == {A: 0, B: 1}
        stage.servers.agents = {A: "ready"}
        await asyncio.sleep(3)

    stage = play(scene)

    assert stage.weights() == {A: 1, B: 1}
    assert [
        event.advice for event in stage.told.of(Advised) if isinstance(event, Advised)
    ] == ["up drain 100%", "up ready 100%"]


def test_a_reload_that_changes_the_check_keeps_what_the_agent_said() -> None:
    async def scene(stage: Stage) -> None:
        stage.servers.agents = {A: "drain"}
        before = virtual(advised(A), real(B), agentinterval=2)
        stage.director.follow(configuration(before))
        await asyncio.sleep(5)
        stage.servers.agents = {}
        other = replace(advised(A), check=replace(advised(A).check, request="/new"))
        after = replace(before, reals=(other, real(B)))
        stage.director.follow(configuration(after))
        await asyncio.sleep(5)
        assert stage.weights() == {A: 0, B: 1}
        stage.director.follow(configuration(virtual(real(A), real(B))))
        await asyncio.sleep(5)

    assert play(scene).weights() == {A: 1, B: 1}


def test_an_agent_brings_no_server_up_that_its_check_finds_down() -> None:
    async def scene(stage: Stage) -> None:
        stage.servers.agents = {A: "up ready 100%"}
        stage.servers.down = {A}
        stage.director.follow(
            configuration(virtual(advised(A), real(B), agentinterval=2))
        )
        await asyncio.sleep(30)

    assert play(scene).weights() == {B: 1}


def test_when_all_agents_drain_the_fallback_serves() -> None:
    async def scene(stage: Stage) -> None:
        stage.servers.agents = {A: "drain", B: "drain"}
        stage.director.follow(
            configuration(virtual(advised(A), advised(B), agentinterval=2))
        )
        await asyncio.sleep(5)

    assert play(scene).weights() == {A: 0, B: 0, FALLBACK: 1}


def test_a_server_its_agent_takes_out_and_back_is_told_of_and_grows() -> None:
    async def scene(stage: Stage) -> None:
        stage.servers.agents = {A: "up"}
        stage.director.follow(
            configuration(
                virtual(advised(A, 10), real(B, 10), agentinterval=2, slowstart=50)
            )
        )
        await asyncio.sleep(5)
        stage.servers.agents = {A: "down"}
        await asyncio.sleep(5)
        assert stage.weights() == {B: 10}
        stage.servers.agents = {A: "up"}
        await asyncio.sleep(5)
        assert stage.weights() == {A: 1, B: 10}
        assert shown(stage)["reals"][0]["share"] == 10  # type: ignore[index]
        await asyncio.sleep(60)

    stage = play(scene)

    assert stage.weights() == {A: 10, B: 10}
    changes = [e for e in stage.told.of(StandingChanged) if e.server == at(A)]  # type: ignore[union-attr]
    assert [event.up for event in changes] == [True, False, True]  # type: ignore[union-attr]


# -- several checks ------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "broken", "serving_"),
    [
        (CheckMode.ALL, set(), True),
        (CheckMode.ALL, {81}, False),
        (CheckMode.ALL, {80, 81, 82}, False),
        (CheckMode.ANY, {80, 81}, True),
        (CheckMode.ANY, {82}, True),
        (CheckMode.ANY, {80, 81, 82}, False),
    ],
)
def test_all_or_any_of_several_checks_must_pass(
    mode: CheckMode, broken: set[int], *, serving_: bool
) -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(
            configuration(virtual(also(A, 81, 82), real(B), checkmode=mode))
        )
        await asyncio.sleep(20)
        assert stage.weights() == {A: 1, B: 1}
        stage.servers.broken = {(A, port) for port in broken}
        await asyncio.sleep(10)
        assert (A in stage.weights()) is serving_
        stage.servers.broken = set()
        await asyncio.sleep(10)

    assert play(scene).weights() == {A: 1, B: 1}


def test_a_server_is_not_up_before_all_of_its_checks_have_passed() -> None:
    async def scene(stage: Stage) -> None:
        stage.servers.broken = {(A, 82)}
        stage.director.follow(configuration(virtual(also(A, 81, 82), real(B))))
        await asyncio.sleep(10)
        assert stage.weights() == {B: 1}
        parts = shown(stage)["reals"][0]["checks"]  # type: ignore[index]
        assert [part["standing"] for part in parts] == ["up", "up", "down"]

    play(scene)


def test_a_restart_with_several_checks_touches_nothing_that_is_right() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(configuration(virtual(also(A, 81), also(B, 81))))
        await asyncio.sleep(30)

    assert play(scene, serving(A, B)).kernel.performed == []


# -- wires ---------------------------------------------------------------


class Wires:
    """Wires of no metal: they end when told."""

    def __init__(self) -> None:
        self.ends: set[Endpoint] = set()
        self.mended: list[Endpoint] = []
        self.trip: Callable[[Endpoint], None] = lambda _: None
        self.closed = False

    def follow(
        self, ends: Iterable[Endpoint], tripped: Callable[[Endpoint], None]
    ) -> None:
        self.ends = set(ends)
        self.trip = tripped

    def mend(self, end: Endpoint) -> None:
        self.mended.append(end)

    def close(self) -> None:
        self.closed = True


def test_a_wire_that_ends_hastens_the_check_and_nothing_else() -> None:
    async def scene(stage: Stage) -> None:
        wires = Wires()
        stage.director.wire(wires)
        stage.director.follow(configuration(virtual(real(A), real(B), tripwire=True)))
        await asyncio.sleep(20)
        assert wires.ends == {at(A), at(B)}
        wires.trip(at(A))
        await asyncio.sleep(0.1)
        assert stage.weights() == {A: 1, B: 1}
        stage.servers.down = {A}
        stage.servers.asked.clear()
        wires.trip(at(A))
        await asyncio.sleep(0.1)
        assert [str(check.address) for check in stage.servers.asked] == [A]
        assert stage.weights() == {B: 1}
        wires.mended.clear()
        stage.servers.down = set()
        await asyncio.sleep(6)
        assert wires.mended == [at(A)]
        stage.director.stop()
        assert wires.closed

    play(scene)


def test_no_wire_is_held_where_nobody_asked_for_one_or_for_udp() -> None:
    async def scene(stage: Stage) -> None:
        wires = Wires()
        stage.director.wire(wires)
        datagrams = real(B, transport=Protocol.UDP)
        stage.director.follow(
            configuration(
                virtual(real(A)), virtual(datagrams, key=OTHER, tripwire=True)
            )
        )
        assert wires.ends == set()
        stage.director.follow(configuration(virtual(real(A), tripwire=True)))
        assert wires.ends == {at(A)}
        stage.director.follow(configuration(virtual(real(A))))
        assert wires.ends == set()

    play(scene)


def test_without_options_rows_are_what_they_always_were() -> None:
    async def scene(stage: Stage) -> None:
        stage.director.follow(configuration(virtual(real(A, 7), real(B, 0))))
        await asyncio.sleep(20)

    stage = play(scene)

    assert stage.kernel.read()[VIP].destinations == {
        at(A): Destination(weight=7),
        at(B): Destination(weight=0),
    }
    assert not [
        event
        for event, _ in stage.told.events
        if isinstance(event, ServerChanged) and event.change is Change.CHANGED
    ]
