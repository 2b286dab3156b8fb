"""Announcements and questions, byte for byte as the RFCs have them."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsha.vip.frames import (
    Claim,
    advertisement,
    announcements,
    arp,
    checksum,
    claim,
    discovery_claim,
    question,
)

VIP = IPv4Address("192.0.2.10")
VIP6 = IPv6Address("2001:db8::10")
OURS = bytes.fromhex("020000000001")

FOUR = st.integers(1, 2**32 - 1).map(IPv4Address)
SIX = st.integers(1, 2**128 - 1).map(IPv6Address)
HARDWARE = st.binary(min_size=6, max_size=6)


def test_gratuitous_arp_is_a_request_and_a_reply() -> None:
    request, reply = announcements(VIP, OURS)

    assert request.hex(" ", 2) == (
        "ffff ffff ffff 0200 0000 0001 0806"
        " 0001 0800 0604 0001 0200 0000 0001 c000 020a 0000 0000 0000 c000 020a"
    )
    assert reply.hex(" ", 2) == (
        "ffff ffff ffff 0200 0000 0001 0806"
        " 0001 0800 0604 0002 0200 0000 0001 c000 020a ffff ffff ffff c000 020a"
    )


def test_an_advertisement_goes_to_all_nodes_and_overrides() -> None:
    (frame,) = announcements(VIP6, OURS)

    assert frame.hex(" ", 2) == (
        "3333 0000 0001 0200 0000 0001 86dd 6000 0000 0020 3aff"
        " 2001 0db8 0000 0000 0000 0000 0000 0010 ff02 0000 0000 0000 0000 0000"
        " 0000 0001 8800 f90c 2000 0000 2001 0db8 0000 0000 0000 0000 0000 0010"
        " 0201 0200 0000 0001"
    )


def test_a_router_says_that_it_is_one() -> None:
    frame = advertisement(VIP6, OURS, router=True)

    assert frame[58:62].hex() == "a0000000"


def test_a_question_claims_nothing() -> None:
    probe = question(VIP, OURS)
    solicitation = question(VIP6, OURS)

    assert probe.hex(" ", 2) == (
        "ffff ffff ffff 0200 0000 0001 0806"
        " 0001 0800 0604 0001 0200 0000 0001 0000 0000 0000 0000 0000 c000 020a"
    )
    assert solicitation[:6].hex() == "3333ff000010"
    assert solicitation[22:38] == bytes(16)
    assert solicitation[38:54] == IPv6Address("ff02::1:ff00:10").packed
    assert discovery_claim(solicitation[54:]) is None


def test_who_asks_for_the_same_at_the_same_time_claims_it() -> None:
    assert claim(question(VIP, OURS)) == Claim(VIP, OURS)


@given(FOUR, HARDWARE)
def test_arp_claims_what_it_announces(address: IPv4Address, hardware: bytes) -> None:
    said = [claim(frame) for frame in announcements(address, hardware)]

    assert said == [Claim(address, hardware)] * 2


@given(SIX, HARDWARE)
def test_an_advertisement_claims_what_it_announces(
    address: IPv6Address, hardware: bytes
) -> None:
    (frame,) = announcements(address, hardware)

    assert discovery_claim(frame[54:]) == Claim(address, hardware)


@given(SIX, HARDWARE)
def test_what_is_sent_sums_up_to_nothing(address: IPv6Address, hardware: bytes) -> None:
    for frame in (*announcements(address, hardware), question(address, hardware)):
        said = frame[54:]
        head = frame[22:54] + len(said).to_bytes(4, "big") + b"\0\0\0\x3a"

        assert checksum(head + said) == 0


@given(st.binary(max_size=80))
def test_no_bytes_are_too_strange(frame: bytes) -> None:
    claim(frame)
    claim(arp(1, VIP, OURS)[:14] + frame)
    discovery_claim(frame)


@pytest.mark.parametrize("length", range(42))
def test_half_a_frame_claims_nothing(length: int) -> None:
    assert claim(arp(2, VIP, OURS)[:length]) is None
