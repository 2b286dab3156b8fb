"""The actions of the VIP agent on a node that only remembers."""

from itertools import product

import pytest

from lvsha.errors import KernelError
from lvsha.ocf.protocol import Exit
from lvsha.vip.frames import Claim
from tests.unit.vip_node import (
    DIRECTOR,
    STATES,
    SYNC,
    A,
    B,
    FakeNode,
    ask,
    promoted,
    ready,
)

MATRIX = {
    # Action: exit codes and what the kernel has afterwards, by state.
    "start": {"stopped": 0, "ready": 0, "promoted": 0, "torn": 0},
    "stop": {"stopped": 0, "ready": 0, "promoted": 0, "torn": 0},
    "promote": {"stopped": 0, "ready": 0, "promoted": 0, "torn": 0},
    "demote": {"stopped": 7, "ready": 0, "promoted": 0, "torn": 0},
    "monitor": {"stopped": 7, "ready": 0, "promoted": 8, "torn": 9},
}


@pytest.mark.parametrize(("action", "state"), [*product(MATRIX, STATES)])
def test_every_action_in_every_state(action: str, state: str) -> None:
    node = STATES[state]()

    assert ask(node, action) == MATRIX[action][state]
    assert ask(node, action) == MATRIX[action][state]


@pytest.mark.parametrize(("action", "state"), [*product(MATRIX, STATES)])
def test_after_every_action_the_monitor_says_what_it_did(
    action: str, state: str
) -> None:
    node = STATES[state]()
    before = ask(node, "monitor")
    ask(node, action)

    expected = {"start": 0, "stop": 7, "promote": 8, "monitor": before}
    expected["demote"] = 7 if state == "stopped" else 0
    assert ask(node, "monitor") == expected[action]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("given", [{"vip": ""}, {"vip": "nonsense"}, {"sync_id": "x"}])
def test_stop_leaves_nothing_whatever_the_parameters(
    state: str, given: dict[str, str]
) -> None:
    node = STATES[state]()

    assert ask(node, "stop", given) is Exit.SUCCESS
    assert (node.addresses, node.memory) == ([], None)


@pytest.mark.parametrize("state", ["promoted", "torn"])
@pytest.mark.parametrize("action", ["demote", "stop", "start"])
def test_the_addresses_go_first(state: str, action: str) -> None:
    node = STATES[state]()
    node.log.clear()
    ask(node, action)

    assert node.log[0].startswith("drop ")


def test_the_neighbours_hear_of_it_before_anything_else_is_done() -> None:
    node = ready()
    node.log.clear()
    ask(node, "promote", SYNC)

    assert node.log == [
        f"put {A}",
        f"put {B}",
        "announce",
        "score 1100",
    ]


def test_a_demotion_does_nothing_but_give_the_addresses_up() -> None:
    node = promoted()
    node.log.clear()
    ask(node, "demote", SYNC | DIRECTOR)

    assert node.log == [f"drop {A}", f"drop {B}", "silence"]


def test_a_stop_has_its_score_taken_back_when_it_is_over() -> None:
    node = promoted()
    ask(node, "demote", SYNC)
    node.log.clear()
    ask(node, "stop", SYNC)

    assert node.log == ["retire"]


def test_a_clone_has_both_daemons_until_it_stops() -> None:
    node = FakeNode()
    found = []
    for action in ("start", "promote", "demote", "stop"):
        ask(node, action, SYNC)
        found.append(set(node.roles))

    assert found == [{"backup", "master"}] * 3 + [set()]


def test_one_that_is_refused_takes_the_others_off() -> None:
    node = ready()
    node.refused = B
    with pytest.raises(KernelError):
        ask(node, "promote")

    assert node.addresses == []
    assert ask(node, "monitor") is Exit.SUCCESS


def test_what_somebody_has_is_not_taken() -> None:
    node = ready()
    node.claims = [Claim(A, b"\2\0\0\0\0\1")]

    assert ask(node, "promote") is Exit.ERR_GENERIC
    assert node.addresses == []


def test_what_is_here_already_is_not_asked_for() -> None:
    node = promoted()
    node.claims = [Claim(A, b"\2\0\0\0\0\1")]

    assert ask(node, "promote") is Exit.SUCCESS


class TestPlain:
    def test_it_has_them_where_it_is_started(self) -> None:
        node = FakeNode()
        codes = [
            ask(node, action, clone=False)
            for action in ("monitor", "start", "start", "monitor")
        ]

        assert codes == [7, 0, 0, 0]
        assert node.addresses == [A, B]
        assert not [line for line in node.log if line.startswith("score")]

    def test_a_lost_address_or_carrier_is_a_failure(self) -> None:
        node = FakeNode()
        ask(node, "start", clone=False)
        node.carrier = False
        dark = ask(node, "monitor", clone=False)
        node.carrier = True
        node.addresses.clear()

        assert (dark, ask(node, "monitor", clone=False)) == (1, 1)

    def test_it_does_not_start_without_a_carrier(self) -> None:
        node = FakeNode(carrier=False)

        assert ask(node, "start", clone=False) is Exit.ERR_GENERIC
        assert node.memory is None


REFRESH = {"announce_refresh": "30"}


def test_announcements_that_ended_by_themselves_begin_again() -> None:
    node = ready()
    ask(node, "promote", REFRESH)
    node.log.clear()
    ask(node, "monitor", REFRESH)
    quiet = list(node.log)
    node.alive = False
    ask(node, "monitor", REFRESH)

    assert (quiet, node.log) == ([], ["announce"])
