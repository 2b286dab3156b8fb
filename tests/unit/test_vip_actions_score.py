"""By what the VIP agent tells the cluster what a node is worth: scores, words."""

from collections.abc import Callable

import pytest

from lvsha.ocf import vip
from lvsha.ocf.protocol import Exit
from lvsha.ocf.vip_node import REPEAT
from lvsha.ocf.vip_score import Told
from tests.unit.vip_node import (
    DIRECTOR,
    FakeNode,
    ask,
    promoted,
    ready,
)


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
