"""Where frames go in the lab's switch, and what faults do to them."""

from itertools import product

import pytest

from lvsha.lab.forwarding import Fabric, Faults, announcement

A, B, C = (bytes([2, 0, 0, 0, 0, number]) for number in (1, 2, 3))
EVERYBODY = b"\xff" * 6
NAMES = ("a", "b", "c")
PAIRS = list(product(NAMES, NAMES))


def frame(target: bytes, source: bytes) -> bytes:
    return target + source + b"\x08\x00" + bytes(46)


@pytest.fixture
def fabric() -> Fabric:
    made = Fabric()
    for name in NAMES:
        made.attach(name, "one")
    made.attach("stranger", "two")
    return made


def never() -> float:
    return 1.0


def test_an_unknown_station_is_looked_for_at_all_other_ports_of_the_network(
    fabric: Fabric,
) -> None:
    assert set(fabric.targets("a", frame(B, A))) == {"b", "c"}


def test_a_station_that_has_spoken_is_known(fabric: Fabric) -> None:
    fabric.targets("b", frame(EVERYBODY, B))

    assert fabric.targets("a", frame(B, A)) == ("b",)


def test_a_broadcast_reaches_everybody_but_its_sender_and_other_networks(
    fabric: Fabric,
) -> None:
    assert set(fabric.targets("a", frame(EVERYBODY, A))) == {"b", "c"}
    assert fabric.targets("stranger", frame(EVERYBODY, A)) == ()


def test_a_station_that_moves_is_found_at_its_new_port(fabric: Fabric) -> None:
    fabric.targets("b", frame(EVERYBODY, B))
    fabric.targets("c", frame(EVERYBODY, B))

    assert fabric.targets("a", frame(B, A)) == ("c",)


def test_a_frame_to_a_station_at_its_own_port_goes_nowhere(fabric: Fabric) -> None:
    fabric.targets("a", frame(EVERYBODY, B))

    assert fabric.targets("a", frame(B, A)) == ()


def test_what_is_too_short_for_a_frame_goes_nowhere(fabric: Fabric) -> None:
    assert fabric.targets("a", b"\xff" * 13) == ()


@pytest.mark.parametrize(("sender", "receiver"), PAIRS)
def test_a_cut_of_one_node_stops_all_its_frames_and_no_others(
    sender: str, receiver: str
) -> None:
    faults = Faults()
    faults.cut("a")

    assert faults.blocked(sender, receiver) == ("a" in {sender, receiver})


@pytest.mark.parametrize(("sender", "receiver"), PAIRS)
def test_a_cut_between_two_stops_only_frames_between_them(
    sender: str, receiver: str
) -> None:
    faults = Faults()
    faults.cut("a", "b")

    assert faults.blocked(sender, receiver) == ({sender, receiver} == {"a", "b"})


@pytest.mark.parametrize("other", ["b", ""])
def test_a_one_way_cut_leaves_the_other_way(other: str) -> None:
    faults = Faults()
    faults.cut("a", other, one_way=True)

    assert faults.blocked("a", "b")
    assert not faults.blocked("b", "a")


def test_healing_a_pair_leaves_other_cuts() -> None:
    faults = Faults()
    faults.cut("a", "b")
    faults.cut("a", "c")
    faults.heal("b", "a")

    assert not faults.blocked("a", "b")
    assert faults.blocked("a", "c")


def test_healing_a_node_takes_back_all_its_cuts() -> None:
    faults = Faults()
    faults.cut("a")
    faults.cut("c", "a", one_way=True)
    faults.cut("b", "c")
    faults.heal("a")

    assert faults.cuts == {("b", "c"), ("c", "b")}


def test_healing_everything_leaves_no_fault_of_any_kind() -> None:
    faults = Faults({("a", "b")}, {"a": 0.5}, {"b": 1.0}, {"c": 1.0})
    faults.heal()

    assert not faults.any()


def test_loss_and_duplication_follow_the_dice_at_both_ends() -> None:
    faults = Faults(losses={"a": 0.5}, duplicates={"b": 0.5})
    dice = iter([0.4, 0.6, 0.4, 0.6, 0.6])

    outcomes = [faults.copies("b", "a", lambda: next(dice)) for _ in range(3)]

    assert outcomes == [0, 2, 1]


def test_a_frame_between_sound_cables_arrives_once_and_at_once() -> None:
    faults = Faults(losses={"c": 1.0}, delays={"c": 1.0})

    assert faults.copies("a", "b", never) == 1
    assert faults.delay("a", "b") == 0


def test_the_delays_of_both_ends_add_up() -> None:
    faults = Faults(delays={"a": 0.25, "b": 0.5})

    assert faults.delay("a", "b") == 0.75


def test_a_gratuitous_arp_is_news_and_a_question_is_not() -> None:
    head = EVERYBODY + A + bytes.fromhex("0806 0001 0800 06 04 0001")
    vip, other = bytes([192, 168, 0, 200]), bytes([192, 168, 0, 1])
    news = announcement(head + A + vip + bytes(6) + vip)

    assert news is not None
    assert (news.station, news.address) == ("02:00:00:00:00:01", "192.168.0.200")
    assert announcement(head + A + vip + bytes(6) + other) is None


def test_a_neighbour_advertisement_is_news() -> None:
    address = bytes.fromhex("fd000077000000000000000000000200")
    ip = bytes.fromhex("60000000 0020 3a ff") + address + bytes(16)
    icmp = bytes.fromhex("88 00 0000 20000000") + address + bytes(8)
    news = announcement(bytes.fromhex("333300000001") + A + b"\x86\xdd" + ip + icmp)

    assert news is not None
    assert news.address == "fd00:77::200"
