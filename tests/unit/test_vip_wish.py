"""A VIP resource's parameters, and what a node is worth."""

from collections.abc import Mapping
from ipaddress import ip_address
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsha.ocf.environment import Environment, Malformed
from lvsha.ocf.realserver_words import METADATA as REALSERVER
from lvsha.ocf.syncd_words import METADATA as SYNCD
from lvsha.ocf.vip_score import Told, View, news, same, score, share
from lvsha.ocf.vip_wish import Wish
from lvsha.ocf.vip_words import METADATA as VIP_METADATA

VIP = ip_address("192.0.2.10")
VIP6 = ip_address("2001:db8::10")


def wish(**parameters: str) -> Wish:
    given = {f"OCF_RESKEY_{name}": value for name, value in parameters.items()}
    return Wish.of(Environment.of(given))


@pytest.mark.parametrize(
    "words",
    [
        "192.0.2.10 2001:db8::10",
        "192.0.2.10,2001:db8::10",
        "192.0.2.10/32 , 2001:DB8::10",
    ],
)
def test_addresses_are_separated_by_whatever_people_write(words: str) -> None:
    assert wish(vip=words).addresses == ((VIP, 32), (VIP6, 128))


def test_an_address_s_own_prefix_is_nearer_than_the_common_one() -> None:
    both = wish(vip="192.0.2.10/26 192.0.2.11", prefix="255.255.255.0")

    assert [prefix for _, prefix in both.addresses] == [26, 24]


def test_an_ipv6_address_has_no_label() -> None:
    named = wish(vip="192.0.2.10", label="vip")

    assert named.grant(VIP, 32, "eth0").label == "eth0:vip"
    assert named.grant(VIP6, 128, "eth0").label == ""


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "'vip' is missing"),
        ({"vip": "127.0.0.1"}, "127.0.0.1 cannot be a VIP"),
        ({"vip": "0.0.0.0"}, "0.0.0.0 cannot be a VIP"),
        ({"vip": "web"}, "expected addresses, got 'web'"),
        ({"vip": "192.0.2.10", "nic": "a/b"}, "is no interface's name"),
        ({"vip": "192.0.2.10", "nic": "x" * 16}, "is no interface's name"),
        ({"vip": "192.0.2.10", "label": "x" * 16}, "at most 15 characters"),
        ({"vip": "192.0.2.10", "sync_interface": "x" * 16}, "longer than 15"),
        (
            {"vip": "192.0.2.10", "sync_interface": "e", "sync_maxlen": "9"},
            "96 or more",
        ),
        (
            {"vip": "192.0.2.10", "sync_interface": "e", "sync_group": "10.0.0.1"},
            "multi",
        ),
        ({"vip": "192.0.2.10", "dad": "perhaps"}, "expected true or false"),
    ],
)
def test_what_cannot_be_used_is_named(given: Mapping[str, str], reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        wish(**given)


@pytest.mark.parametrize("metadata", [VIP_METADATA, SYNCD, REALSERVER])
def test_no_parameter_begins_with_another_s_name(metadata: object) -> None:
    # crmsh's templates would give the one the other's value as well.
    names = [parameter.name for parameter in getattr(metadata, "parameters")]  # noqa: B009

    assert not [pair for pair in permutations(names, 2) if pair[0].startswith(pair[1])]


SHARES = st.floats(0, 1)


@given(SHARES, SHARES, st.booleans(), st.booleans())
def test_who_sees_more_is_worth_more(
    one: float,
    other: float,
    synchronised: bool,  # noqa: FBT001
    promoted: bool,  # noqa: FBT001
) -> None:
    low, high = sorted((one, other))
    seen = [
        score(View(synchronised=synchronised, lost=share), promoted=promoted)
        for share in (high, low)
    ]

    assert seen == sorted(seen)
    assert seen[0] > 0


@given(SHARES)
def test_two_that_see_the_same_never_change_places(share: float) -> None:
    view = View(lost=share)

    assert score(view, promoted=True) - score(view, promoted=False) == 100


@pytest.mark.parametrize("view", [View(carrier=False), View(director=False)])
def test_who_cannot_serve_is_worth_nothing(view: View) -> None:
    assert score(view, promoted=True) == score(view, promoted=False) == 0


@pytest.mark.parametrize("promoted", [False, True])
def test_a_configuration_decides_who_is_promoted_and_moves_nobody(
    promoted: bool,  # noqa: FBT001
) -> None:
    good, poor = View(), View(outdated=True)

    assert score(good, promoted=promoted) > score(poor, promoted=promoted)
    assert score(good, promoted=False) < score(poor, promoted=True)


def test_who_is_new_waits_even_where_it_is_preferred_but_not_for_a_blind_one() -> None:
    new = score(View(strange=True), promoted=False)

    assert new + 400 < score(View(), promoted=True)
    assert new > score(View(lost=1.0), promoted=True)


def told(active: int, digest: str = "abc") -> Told:
    return Told(active=active, digest=digest)


@pytest.mark.parametrize(
    ("active", "words", "has"),
    [
        (8, ["10:abc", "", "3:abc"], 0.8),
        (30, ["10:abc"], 1.0),
        (0, ["0:abc"], 1.0),
        (8, [], None),
        (8, ["", "nonsense"], None),
    ],
)
def test_the_share_is_one_of_what_the_busiest_peer_tells(
    active: int, words: list[str], has: float | None
) -> None:
    assert share(told(active), words) == has


def test_a_configuration_is_another_where_a_peer_tells_and_none_has_it() -> None:
    assert same(told(1), []) is same(told(1), ["5:abc"]) is True
    assert same(told(1), ["5:def", ""]) is False


@pytest.mark.parametrize(
    ("word", "before", "differs"),
    [
        ("100:abc", "", True),
        ("100:abc", "95:abc", False),
        ("100:abc", "89:abc", True),
        ("100:abc", "100:def", True),
        ("0:abc", "0:abc", False),
    ],
)
def test_a_word_is_news_from_a_tenth_on(
    word: str, before: str, *, differs: bool
) -> None:
    assert news(word, before) is differs


@pytest.mark.parametrize("answer", [{}, {"lost": "much"}, {"lost": 0.1}])
def test_what_does_not_answer_the_question_tells_nothing(
    answer: Mapping[str, object],
) -> None:
    assert Told.of(answer) is None
