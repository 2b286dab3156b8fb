"""What the door to the kernel does with rows that come and go while it reads."""

import errno
import socket
from collections.abc import Iterator
from struct import pack

import pytest

from lvsha.errors import KernelError
from lvsha.identity import Fwmark
from lvsha.ipvs import wire
from lvsha.ipvs.channel import Channel
from lvsha.ipvs.kernel import ATTEMPTS, Kernel
from lvsha.ipvs.plan import AddDestination, AddService
from lvsha.ipvs.table import Destination, Service, Settings
from lvsha.netlink import Flag
from tests.ipvs_samples import REAL, WEB
from tests.unit.test_ipvs_channel import FAMILY, Peer

SERVICE = wire.operation_payload(AddService(WEB, Settings()))
MARKED = wire.operation_payload(AddService(Fwmark(7), Settings()))
DESTINATION = wire.operation_payload(AddDestination(WEB, REAL, Destination()))


@pytest.fixture
def ends() -> Iterator[tuple[Kernel, Peer]]:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with here, there:
        here.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, pack("@ll", 0, 1000))
        yield Kernel(Channel(here), FAMILY), Peer(there)


def test_a_disturbed_dump_is_read_again_from_nothing(
    ends: tuple[Kernel, Peer],
) -> None:
    kernel, peer = ends
    peer.row(1, MARKED, Flag.DUMP_INTERRUPTED)
    peer.done(1)
    peer.row(2, SERVICE)
    peer.done(2)
    peer.row(3, DESTINATION)
    peer.done(3)

    assert kernel.read() == {WEB: Service(Settings(), {REAL: Destination()})}


def test_a_table_that_never_rests_is_taken_as_it_is(ends: tuple[Kernel, Peer]) -> None:
    kernel, peer = ends
    for sequence in range(1, ATTEMPTS + 1):
        peer.row(sequence, SERVICE, Flag.DUMP_INTERRUPTED)
        peer.done(sequence)
    peer.row(ATTEMPTS + 1, DESTINATION)
    peer.done(ATTEMPTS + 1)

    assert kernel.read() == {WEB: Service(Settings(), {REAL: Destination()})}


def test_a_service_deleted_while_reading_is_left_out(ends: tuple[Kernel, Peer]) -> None:
    kernel, peer = ends
    peer.row(1, SERVICE)
    peer.row(1, MARKED)
    peer.done(1)
    peer.done(2)  # no destinations of WEB: is it there at all?
    peer.answer(3, errno.ESRCH)
    peer.answer(4, 0)
    peer.done(5)  # nor of the mark
    peer.row(6, MARKED)
    peer.answer(7, 0)

    assert kernel.read() == {Fwmark(7): Service(Settings())}


def test_a_kernel_that_does_not_answer_is_an_error_with_a_name(
    ends: tuple[Kernel, Peer],
) -> None:
    kernel, _ = ends

    with pytest.raises(
        KernelError, match=r"^cannot read the virtual services: ETIMEDOUT"
    ) as caught:
        kernel.read()

    assert caught.value.errno == errno.ETIMEDOUT


def test_who_may_not_read_is_told_what_is_needed(ends: tuple[Kernel, Peer]) -> None:
    kernel, peer = ends
    peer.answer(1, errno.EPERM)

    with pytest.raises(KernelError) as caught:
        kernel.read()

    assert str(caught.value) == (
        "cannot read the virtual services: EPERM (needs CAP_NET_ADMIN)"
    )
