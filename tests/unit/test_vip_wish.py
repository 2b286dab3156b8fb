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
from lvsha.ocf.vip_score import View, lost, score
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


def virtual(key: str, *reals: tuple[int, str]) -> dict[str, object]:
    return {
        "id": key,
        "reals": [
            {"weight": weight, "standing": standing, "maintenance": False}
            for weight, standing in reals
        ],
    }


def test_the_share_is_one_of_weight_at_the_addresses() -> None:
    status = {
        "virtuals": [
            virtual("tcp:192.0.2.10:80", (3, "up"), (1, "down")),
            virtual("tcp:[2001:db8::10]:80", (4, "unknown")),
            virtual("tcp:192.0.2.99:80", (100, "down")),
        ]
    }

    assert lost(status, [VIP]) == 0.25
    assert lost(status, [VIP, VIP6]) == 0.125


def test_a_mark_counts_for_every_address() -> None:
    status = {"virtuals": [virtual("fwm:7", (1, "up"), (1, "down"))]}

    assert lost(status, [VIP]) == 0.5


@pytest.mark.parametrize("status", [{}, {"virtuals": None}, {"virtuals": []}])
def test_who_is_told_nothing_has_lost_nothing(status: Mapping[str, object]) -> None:
    assert lost(status, [VIP]) == 0.0
