"""The actions of the VIP agent on a node that only remembers."""
# ruff: noqa: ARG002 - the node that remembers needs less than a real one

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import product

import pytest

from lvsha.address import Address
from lvsha.errors import KernelError
from lvsha.ocf import vip
from lvsha.ocf.environment import Environment
from lvsha.ocf.protocol import Ended, Exit
from lvsha.ocf.sync import Sync
from lvsha.ocf.vip_node import REPEAT, Memory, Node
from lvsha.ocf.vip_score import Told
from lvsha.vip.background import Child, Pace
from lvsha.vip.frames import Claim
from lvsha.vip.wire import Grant, Held

NOTHING = Told()
A, B = ip_address("192.0.2.10"), ip_address("2001:db8::10")
GIVEN = {"vip": f"{A} {B}", "nic": "eth0"}
CLONE = {"promoted_max": "1"}
SYNC = {"sync_interface": "eth1"}
DIRECTOR = {"director": "web"}


@dataclass
class FakeNode:
    """Does what it is told, and writes down in which order."""

    memory: Memory | None = None
    addresses: list[Address] = field(default_factory=list)
    carrier: bool = True
    claims: list[Claim] = field(default_factory=list)
    refused: Address | None = None
    roles: set[str] = field(default_factory=set)
    seen: Told | None = NOTHING
    words: list[str] = field(default_factory=list)
    alive: bool = True
    clock: float = 1000.0
    log: list[str] = field(default_factory=list)

    def recall(self) -> Memory | None:
        return self.memory

    def remember(self, memory: Memory) -> None:
        self.memory = memory

    def forget(self) -> None:
        self.memory = None

    def now(self) -> float:
        return self.clock

    def nic_for(self, address: Address) -> str:
        return "eth0"

    def check_nic(self, nic: str) -> None:
        if nic != "eth0":
            raise KernelError(19, f"no interface is called '{nic}'")

    def held(self, addresses: Collection[Address]) -> list[Held]:
        return [Held(one, 32, 2, 0) for one in self.addresses if one in addresses]

    def has_carrier(self, nic: str, *, within: float = 0.0) -> bool:
        return self.carrier

    def owners(
        self,
        nic: str,
        addresses: Collection[Address],
        seconds: float,
    ) -> list[Claim]:
        return [claim for claim in self.claims if claim.address in addresses]

    def put(self, grant: Grant, nic: str) -> None:
        if grant.address == self.refused:
            raise KernelError(22, f"cannot add {grant.address}")
        self.log.append(f"put {grant.address}")
        self.addresses.append(grant.address)

    def settle(self, addresses: Collection[Address], seconds: float) -> None: ...

    def drop(self, address: Address) -> bool:
        if address not in self.addresses:
            return False
        self.log.append(f"drop {address}")
        self.addresses.remove(address)
        return True

    def announce(
        self,
        nic: str,
        addresses: Collection[Address],
        pace: Pace,
    ) -> Child | None:
        self.log.append("announce")
        return Child(77, 1)

    def silence(self, child: Child) -> None:
        self.log.append("silence")

    def announces(self, child: Child) -> bool:
        return self.alive

    def sync_on(self, wanted: Sync, roles: Collection[str]) -> None:
        self.log.append(f"{' '.join(sorted(roles))} on")
        self.roles |= set(roles)

    def sync_running(self) -> set[str]:
        return self.roles

    def view(self, director: str, addresses: Collection[Address]) -> Told | None:
        return self.seen

    def publish(self, score: int) -> None:
        self.log.append(f"score {score}")

    def retire(self, memory: Memory) -> None:
        self.log.append("retire")
        self.roles -= set(memory.daemons)

    def tell(self, word: str | None) -> None:
        self.log.append(f"tell {word}")

    def heard(self) -> list[str]:
        return self.words


Act = Callable[[Environment, Node], Exit]
ACTS: dict[str, Act] = {
    "start": vip.start,
    "stop": vip.stop,
    "promote": vip.promote,
    "demote": vip.demote,
    "monitor": vip.monitor,
}


def ask(
    node: FakeNode,
    action: str,
    given: Mapping[str, str] | None = None,
    *,
    clone: bool = True,
    interval: float = 10,
) -> Exit:
    parameters = {k: v for k, v in (GIVEN | dict(given or {})).items() if v}
    asked = Environment(
        parameters, CLONE if clone else {}, resource="vip", interval=interval
    )
    try:
        return ACTS[action](asked, node)
    except Ended as end:
        return end.exit


def stopped() -> FakeNode:
    return FakeNode()


def ready() -> FakeNode:
    node = FakeNode()
    ask(node, "start")
    return node


def promoted() -> FakeNode:
    node = ready()
    ask(node, "promote")
    return node


def torn() -> FakeNode:
    """Return a promoted one that lost an address."""
    node = promoted()
    node.addresses.remove(B)
    return node


STATES = {"stopped": stopped, "ready": ready, "promoted": promoted, "torn": torn}
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


def test_a_probe_publishes_nothing() -> None:
    node = promoted()
    node.log.clear()
    node.carrier = False

    assert ask(node, "monitor", clone=False, interval=0) is Exit.RUNNING_PROMOTED
    assert node.log == []


def test_a_score_is_published_when_it_changes_and_now_and_then() -> None:
    node = promoted()
    node.log.clear()
    ask(node, "monitor")
    quiet = list(node.log)
    node.clock += REPEAT
    ask(node, "monitor")

    assert quiet == []
    assert node.log == ["score 1100"]


def test_a_director_that_restarts_is_not_worth_a_failover() -> None:
    node = promoted()
    ask(node, "monitor", DIRECTOR)
    node.seen = None
    node.log.clear()
    ask(node, "monitor", DIRECTOR)
    patient = list(node.log)
    node.clock += vip.PATIENCE
    ask(node, "monitor", DIRECTOR)

    assert patient == []
    assert node.log == ["score 0"]


def test_a_ready_node_without_a_director_has_no_patience() -> None:
    node = ready()
    node.seen = None
    node.log.clear()
    ask(node, "monitor", DIRECTOR)

    assert node.log == ["score 0"]


@pytest.mark.parametrize(
    ("make", "code"),
    [(ready, Exit.DEGRADED), (promoted, Exit.DEGRADED_PROMOTED)],
)
def test_without_a_carrier_it_is_degraded_and_worth_nothing(
    make: Callable[[], FakeNode], code: Exit
) -> None:
    node = make()
    node.carrier = False
    node.log.clear()

    assert ask(node, "monitor") is code
    assert node.log == ["score 0"]


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


class TestAReadyNodeThatIsNew:
    """It may not take connections along that it does not have."""

    def test_it_counts_less_until_it_has_its_share(self) -> None:
        node = FakeNode(seen=Told(active=7), words=["10:"])
        ask(node, "start", DIRECTOR)
        node.seen = Told(active=8)
        ask(node, "monitor", DIRECTOR)

        assert node.log == ["score 650", "score 1000"]

    def test_it_counts_less_no_longer_than_the_set_time(self) -> None:
        node = FakeNode(seen=Told(active=0), words=["10:"])
        ask(node, "start", DIRECTOR)
        node.clock += 299
        ask(node, "monitor", DIRECTOR)
        node.clock += 1
        ask(node, "monitor", DIRECTOR)

        assert [line for line in node.log if line != "score 650"] == ["score 1000"]

    def test_it_is_asked_for_nothing_where_nobody_wants_it(self) -> None:
        node = FakeNode(seen=Told(active=0), words=["10:"])
        ask(node, "start", DIRECTOR | {"failback_time": "0"})

        assert node.log == ["score 1000"]

    def test_who_was_promoted_is_not_new(self) -> None:
        node = FakeNode(seen=Told(active=0), words=["10:"])
        for action in ("start", "promote", "demote", "monitor"):
            ask(node, action, DIRECTOR)

        assert node.log[-1] == "score 1000"


def test_the_promoted_one_tells_its_peers_and_no_longer_when_it_is_demoted() -> None:
    node = FakeNode(seen=Told(active=10, digest="abc"))
    ask(node, "start", DIRECTOR)
    ask(node, "promote", DIRECTOR)
    node.seen = Told(active=100, digest="abc")
    ask(node, "monitor", DIRECTOR)
    ask(node, "demote", DIRECTOR)
    ask(node, "monitor", DIRECTOR)
    told = [line for line in node.log if line.startswith("tell")]

    assert told == ["tell 10:abc", "tell 100:abc", "tell None"]


def test_another_configuration_than_the_promoted_one_s_counts_a_little_less() -> None:
    node = FakeNode(seen=Told(digest="abc"), words=["0:def"])
    ask(node, "start", DIRECTOR)

    assert node.log == ["score 950"]


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
