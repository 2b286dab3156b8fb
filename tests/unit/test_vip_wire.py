"""What the kernel is told and tells of links and addresses, as bytes."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsha.netlink import attributes
from lvsha.vip import wire
from lvsha.vip.wire import FOREVER, Grant, Held, Link, LinkFlag

VIP = ip_address("192.0.2.10")
VIP6 = ip_address("2001:db8::10")
ADDRESSES = st.one_of(
    st.integers(0, 2**32 - 1).map(IPv4Address),
    st.integers(0, 2**128 - 1).map(IPv6Address),
)


def told(grant: Grant, index: int = 3) -> Held | None:
    said = wire.granted(grant, index)
    return wire.held(said, 0, len(said))


@given(ADDRESSES, st.integers(0, 32), st.integers(0, 2**31 - 1))
def test_what_is_asked_for_reads_as_what_is_held(
    address: IPv4Address | IPv6Address, prefix: int, index: int
) -> None:
    held = told(Grant(address, prefix, source=True), index)

    assert held == Held(address, prefix, index, wire.AddressFlag.NO_DAD)


def test_an_ipv6_address_that_is_no_source_is_past_its_preferred_life() -> None:
    six, four = told(Grant(VIP6, 128)), told(Grant(VIP, 32, "eth0:1"))

    assert six is not None
    assert four is not None
    assert six.preferred == 0
    assert (four.preferred, four.label) == (FOREVER, "eth0:1")


def test_a_withdrawal_says_no_more_than_the_address() -> None:
    said = wire.withdrawn(VIP, 24, 5)

    assert said[:4] == bytes((2, 24, 0, 0))
    assert list(attributes(said, 8, len(said))) == [2]


@pytest.mark.parametrize(
    ("flags", "carrier"),
    [
        (LinkFlag.UP | LinkFlag.LOWER_UP, True),
        (LinkFlag.UP, False),
        (LinkFlag.LOWER_UP, False),
        (0, False),
    ],
)
def test_a_carrier_needs_both_ends(flags: int, carrier: bool) -> None:  # noqa: FBT001
    assert Link(1, "eth0", flags).carrier is carrier


@pytest.mark.parametrize("flag", [LinkFlag.LOOPBACK, LinkFlag.NO_ARP])
def test_an_interface_without_neighbours_announces_nothing(flag: LinkFlag) -> None:
    assert not Link(1, "lo", LinkFlag.UP | LinkFlag.LOWER_UP | flag).announces


def test_an_address_the_kernel_gave_up_is_not_waited_for() -> None:
    failed = Held(VIP6, 128, 1, 0x40 | 0x08)

    assert failed.duplicate
    assert not failed.tentative
