"""Addresses put on interfaces, announced and asked for, by a real kernel."""

import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import pytest

from lvsha.errors import KernelError
from lvsha.vip import frames
from lvsha.vip.addresses import Interfaces
from lvsha.vip.announce import announce, owners
from lvsha.vip.background import Child, Pace, announcing, detached
from lvsha.vip.frames import Claim
from lvsha.vip.wire import Grant
from tests.kernel.link import Far, ip

VIP = ip_address("192.0.2.10")
OTHER = ip_address("192.0.2.11")
VIP6 = ip_address("2001:db8::10")
GRANT = Grant(VIP, 32)
GRANT6 = Grant(VIP6, 128)


@pytest.fixture
def interfaces(far: Far) -> Iterator[Interfaces]:  # noqa: ARG001 - its namespace
    with Interfaces() as opened:
        yield opened


@contextmanager
def heard_by(far: Far) -> Iterator[socket.socket]:
    """Hear whole frames at the other end, of every kind."""
    with far.here():
        ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        ear.bind(("peer0", 3))
    with ear:
        yield ear


def next_frame(ear: socket.socket, kind: int, holds: bytes) -> bytes:
    while select.select([ear], [], [], 5)[0]:
        frame: bytes = ear.recv(2048)
        if int.from_bytes(frame[12:14], "big") == kind and holds in frame:
            return frame
    raise AssertionError(f"no frame of type {kind:#x} within 5 s")


def test_an_address_is_put_on_once_and_taken_off_once(interfaces: Interfaces) -> None:
    eth0 = interfaces.link("eth0")

    assert interfaces.add(GRANT, eth0)
    assert not interfaces.add(GRANT, eth0)
    assert "inet 192.0.2.10/32 scope global eth0" in ip("addr", "show", "eth0")
    assert [one.index for one in interfaces.remove(VIP)] == [eth0.index]
    assert interfaces.remove(VIP) == []
    assert "192.0.2.10" not in ip("addr")


def test_the_label_is_what_ifconfig_shows(interfaces: Interfaces) -> None:
    interfaces.add(Grant(VIP, 24, "eth0:vip"), interfaces.link("eth0"))

    assert "global eth0:vip" in ip("addr", "show", "eth0")
    assert [h.label for h in interfaces.held() if h.address == VIP] == ["eth0:vip"]


def test_an_ipv6_vip_is_nobodys_source_address(interfaces: Interfaces) -> None:
    ip("addr", "add", "2001:db8::1/64", "dev", "eth0", "nodad")
    interfaces.add(GRANT6, interfaces.link("eth0"))
    route = ip("-6", "route", "get", "2001:db8::99")
    shown = ip("addr", "show", "eth0")

    assert "src 2001:db8::1 " in route
    (line,) = [line for line in shown.splitlines() if "2001:db8::10/128" in line]
    assert {"deprecated", "nodad"} <= set(line.split())


def test_an_address_without_detection_is_never_tentative(
    interfaces: Interfaces,
) -> None:
    interfaces.add(GRANT6, interfaces.link("eth0"))

    assert [one.tentative for one in interfaces.wait_settled([VIP6], seconds=0)] == [
        False
    ]


def test_detection_is_waited_for(interfaces: Interfaces) -> None:
    interfaces.add(Grant(VIP6, 128, dad=True), interfaces.link("eth0"))
    before = [one.tentative for one in interfaces.held() if one.address == VIP6]

    after = interfaces.wait_settled([VIP6], seconds=10)
    assert before == [True]
    assert [one.tentative for one in after] == [False]


def test_detection_on_a_dead_link_ends_with_the_deadline(
    interfaces: Interfaces, far: Far
) -> None:
    with far.here():
        ip("link", "set", "peer0", "down")
    interfaces.add(Grant(VIP6, 128, dad=True), interfaces.link("eth0"))

    with pytest.raises(KernelError, match=r"still tentative after 0\.1 s"):
        interfaces.wait_settled([VIP6], seconds=0.1)


def test_what_the_kernel_detects_is_told(interfaces: Interfaces, far: Far) -> None:
    with far.here():
        ip("addr", "add", "2001:db8::10/64", "dev", "peer0", "nodad")
    interfaces.add(Grant(VIP6, 128, dad=True), interfaces.link("eth0"))

    with pytest.raises(KernelError, match="somebody else on the link of 'eth0' has"):
        interfaces.wait_settled([VIP6], seconds=10)


def test_carrier_is_the_other_end_s_doing(interfaces: Interfaces, far: Far) -> None:
    before = interfaces.link("eth0").carrier
    with far.here():
        ip("link", "set", "peer0", "down")

    assert before
    assert not interfaces.link("eth0").carrier
    assert not interfaces.link("dummy0").carrier


def test_taking_the_first_address_leaves_the_second(interfaces: Interfaces) -> None:
    eth0 = interfaces.link("eth0")
    interfaces.add(Grant(VIP, 24), eth0)
    interfaces.add(Grant(OTHER, 24, "eth0:two"), eth0)
    interfaces.remove(VIP)

    assert "192.0.2.11/24 scope global eth0:two" in ip("addr", "show", "eth0")


def test_what_is_put_back_has_the_life_it_had(interfaces: Interfaces) -> None:
    leased = ip_address("192.0.2.21")
    ip("addr", "add", "192.0.2.20/24", "dev", "eth0")
    life = ["valid_lft", "90000", "preferred_lft", "80000"]
    ip("addr", "add", f"{leased}/24", "dev", "eth0", *life)
    interfaces.remove(ip_address("192.0.2.20"))
    (found,) = [one for one in interfaces.held() if one.address == leased]

    assert 80000 < found.valid <= 90000
    assert 70000 < found.preferred <= 80000


@pytest.mark.parametrize(
    ("grant", "message"),
    [
        (Grant(VIP, 33), r"cannot add 192.0.2.10/33 to 'eth0': EINVAL \(a prefix"),
        (Grant(VIP6, 129), r"cannot add 2001:db8::10/129 to 'eth0': EINVAL"),
    ],
)
def test_a_refusal_names_operation_interface_and_address(
    interfaces: Interfaces, grant: Grant, message: str
) -> None:
    with pytest.raises(KernelError, match=message):
        interfaces.add(grant, interfaces.link("eth0"))


def test_an_interface_that_is_not_there_is_named(interfaces: Interfaces) -> None:
    with pytest.raises(KernelError, match="no interface is called 'eth9'"):
        interfaces.link("eth9")


class TestToward:
    def test_the_interface_that_has_it(self, interfaces: Interfaces) -> None:
        ip("addr", "add", "192.0.2.10/32", "dev", "dummy0")
        ip("addr", "add", "192.0.2.1/24", "dev", "eth0")

        assert interfaces.toward(VIP).name == "dummy0"

    def test_the_interface_in_whose_network_it_is(self, interfaces: Interfaces) -> None:
        ip("addr", "add", "192.0.2.1/24", "dev", "dummy0")

        assert interfaces.toward(VIP).name == "dummy0"

    def test_the_interface_the_route_goes_by(self, interfaces: Interfaces) -> None:
        ip("addr", "add", "198.51.100.1/24", "dev", "eth0")
        ip("route", "add", "192.0.2.0/24", "via", "198.51.100.2")

        assert interfaces.toward(VIP).name == "eth0"

    def test_nowhere(self, interfaces: Interfaces) -> None:
        with pytest.raises(KernelError, match="no interface leads to 192"):
            interfaces.toward(VIP)


class TestAnnouncements:
    def test_the_link_hears_gratuitous_arp_as_request_and_reply(
        self, interfaces: Interfaces, far: Far
    ) -> None:
        eth0 = interfaces.link("eth0")
        with heard_by(far) as ear:
            sent = announce(eth0, [VIP])
            heard = [next_frame(ear, frames.ARP_TYPE, VIP.packed) for _ in range(2)]

        assert sent == 2
        assert heard == frames.announcements(VIP, eth0.hardware)

    def test_the_link_believes_gratuitous_arp(
        self, interfaces: Interfaces, far: Far
    ) -> None:
        with far.here():
            ip("addr", "add", "192.0.2.1/24", "dev", "peer0")
            ip("neigh", "add", str(VIP), "lladdr", "02:00:00:00:00:99", "dev", "peer0",
               "nud", "stale")  # fmt: skip
        eth0 = interfaces.link("eth0")
        announce(eth0, [VIP])
        with far.here():
            known = ip("neigh", "show", str(VIP))

        assert eth0.hardware.hex(":") in known

    def test_the_link_believes_an_unsolicited_advertisement(
        self, interfaces: Interfaces, far: Far
    ) -> None:
        with far.here():
            ip("addr", "add", "2001:db8::1/64", "dev", "peer0", "nodad")
            ip("neigh", "add", str(VIP6), "lladdr", "02:00:00:00:00:99", "dev", "peer0",
               "nud", "reachable")  # fmt: skip
        eth0 = interfaces.link("eth0")
        announce(eth0, [VIP6])
        with far.here():
            known = ip("neigh", "show", str(VIP6))

        assert eth0.hardware.hex(":") in known

    def test_an_interface_without_neighbours_is_told_nothing(
        self, interfaces: Interfaces
    ) -> None:
        assert announce(interfaces.link("lo"), [VIP]) == 0

    def test_they_go_on_in_the_background_until_they_are_done(
        self, interfaces: Interfaces, far: Far
    ) -> None:
        interfaces.add(GRANT, interfaces.link("eth0"))
        with heard_by(far) as ear:
            child = announcing("eth0", [VIP], Pace(3, 0.01))
            heard = [next_frame(ear, frames.ARP_TYPE, VIP.packed) for _ in range(4)]

        assert len(heard) == 4
        assert child is not None
        assert ended(child)

    def test_they_end_when_the_address_is_gone(self, interfaces: Interfaces) -> None:
        assert interfaces.held() == [] or VIP not in [
            one.address for one in interfaces.held()
        ]
        child = announcing("eth0", [VIP], Pace(1000, 0.01))

        assert child is not None
        assert ended(child)

    def test_a_refresh_ends_when_it_is_killed(self, interfaces: Interfaces) -> None:
        interfaces.add(GRANT, interfaces.link("eth0"))
        child = announcing("eth0", [VIP], Pace(1, 0.01, 0.01))

        assert child is not None
        assert os.getpgid(child.pid) != os.getpgid(0)
        assert child.kill()
        assert not child.running()
        assert not child.kill()


def ended(child: Child) -> bool:
    """Wait for it, 10 s at most."""
    try:
        descriptor = os.pidfd_open(child.pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 10)[0])
    finally:
        os.close(descriptor)


def idle() -> None:
    select.select([], [], [], 20)


def test_a_child_s_number_with_another_beginning_is_not_killed(
    interfaces: Interfaces,  # noqa: ARG001 - for the namespace
) -> None:
    child = detached(idle)
    assert child is not None
    somebody = Child(child.pid, child.began + 1)

    assert not somebody.kill()
    assert child.running()
    assert child.kill()


class TestOwners:
    def test_nobody(self, interfaces: Interfaces) -> None:
        assert owners(interfaces.link("eth0"), [VIP, VIP6], seconds=0.05) == []

    def test_somebody_has_the_ipv4_address(
        self, interfaces: Interfaces, far: Far
    ) -> None:
        with far.here():
            ip("addr", "add", "192.0.2.10/24", "dev", "peer0")
            with Interfaces() as theirs:
                hardware = theirs.link("peer0").hardware

        found = owners(interfaces.link("eth0"), [OTHER, VIP, VIP6], seconds=5)
        assert found == [Claim(VIP, hardware)]

    def test_somebody_has_the_ipv6_address(
        self, interfaces: Interfaces, far: Far
    ) -> None:
        with far.here():
            ip("addr", "add", "2001:db8::10/64", "dev", "peer0", "nodad")
            with Interfaces() as theirs:
                hardware = theirs.link("peer0").hardware

        found = owners(interfaces.link("eth0"), [VIP, VIP6], seconds=5)
        assert found == [Claim(VIP6, hardware)]

    def test_a_link_that_is_down_is_told(self, interfaces: Interfaces) -> None:
        ip("link", "set", "dummy0", "arp", "on")

        with pytest.raises(KernelError, match="on 'dummy0': ENETDOWN"):
            owners(interfaces.link("dummy0"), [VIP], seconds=5)
