"""A channel against a scripted peer: lost, late and foreign answers."""

import errno
import socket
from collections.abc import Iterator
from struct import pack

import pytest

from lvsha import netlink
from lvsha.ipvs import wire
from lvsha.ipvs.channel import Channel, RefusedError
from lvsha.netlink import Flag, Kind

FAMILY = 21


class Peer:
    """The other end: it tells what was asked and queues what it is told to."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def asked(self) -> list[tuple[int, int, int]]:
        """Return kind, flags and sequence of each message of the next send."""
        raw = self.connection.recv(1 << 20)
        return [(m.kind, m.flags, m.sequence) for m in netlink.messages(raw, len(raw))]

    def answer(self, sequence: int, number: int) -> None:
        self.connection.send(error(sequence, number))

    def row(self, sequence: int, payload: bytes, flags: int = 0) -> None:
        size = netlink.HEADER.size + len(payload)
        head = netlink.HEADER.pack(size, FAMILY, flags, sequence, 0, 1, 1, 0)
        self.connection.send(head + payload)

    def done(self, sequence: int, flags: int = 0) -> None:
        head = netlink.NETLINK.pack(20, Kind.DONE, flags, sequence, 0)
        self.connection.send(head + pack("=i", 0))


def error(sequence: int, number: int) -> bytes:
    head = netlink.NETLINK.pack(36, Kind.ERROR, 0, sequence, 0)
    return head + pack("=i", -number) + bytes(16)


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Peer]]:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with here, there:
        # What does not come within this is not coming: all answers are queued before.
        here.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, pack("@ll", 0, 1000))
        yield Channel(here), Peer(there)


def test_a_batch_asks_for_one_acknowledgement_at_its_end(
    ends: tuple[Channel, Peer],
) -> None:
    channel, peer = ends
    peer.answer(4, 0)

    assert channel.perform(FAMILY, [(1, b""), (2, b""), (3, b"")]) == {}
    assert peer.asked() == [
        (FAMILY, Flag.REQUEST, 1),
        (FAMILY, Flag.REQUEST, 2),
        (FAMILY, Flag.REQUEST, 3),
        (wire.NOTHING, Flag.REQUEST | Flag.ACK, 4),
    ]


def test_refusals_are_known_by_their_number(ends: tuple[Channel, Peer]) -> None:
    channel, peer = ends
    peer.answer(1, errno.EEXIST)
    peer.answer(3, errno.ESRCH)
    peer.answer(4, 0)

    refused = channel.perform(FAMILY, [(1, b""), (2, b""), (3, b"")])

    assert refused == {0: errno.EEXIST, 2: errno.ESRCH}


def test_long_plans_go_in_batches_that_fit(ends: tuple[Channel, Peer]) -> None:
    channel, peer = ends
    channel.batch = 2
    peer.answer(1, errno.EEXIST)
    peer.answer(3, 0)
    peer.answer(5, errno.ENOENT)
    peer.answer(6, 0)
    peer.answer(8, 0)

    refused = channel.perform(FAMILY, [(1, b"")] * 5)

    assert refused == {0: errno.EEXIST, 3: errno.ENOENT}
    assert [len(peer.asked()) for _ in range(3)] == [3, 3, 2]


def test_when_the_answers_stop_the_rest_is_unknown(ends: tuple[Channel, Peer]) -> None:
    channel, peer = ends
    peer.answer(1, errno.EEXIST)

    refused = channel.perform(FAMILY, [(1, b""), (2, b""), (3, b"")])

    assert refused == {0: errno.EEXIST, 1: errno.ETIMEDOUT, 2: errno.ETIMEDOUT}


def test_late_answers_to_an_earlier_question_are_passed_over(
    ends: tuple[Channel, Peer],
) -> None:
    channel, peer = ends
    channel.perform(FAMILY, [(1, b"")])  # takes numbers 1 and 2, hears nothing
    rows: list[bytes] = []
    peer.answer(1, errno.EEXIST)
    peer.answer(2, 0)
    peer.row(3, b"four")
    peer.answer(4, 0)

    channel.ask(FAMILY, 1, b"", lambda page, a, b: rows.append(bytes(page[a:b])))

    assert rows == [b"four"]


def test_a_question_refused_is_an_error(ends: tuple[Channel, Peer]) -> None:
    channel, peer = ends
    peer.answer(1, errno.EPERM)
    peer.answer(2, 0)

    with pytest.raises(RefusedError) as caught:
        channel.ask(FAMILY, 1, b"", lambda *_: None)

    assert caught.value.number == errno.EPERM


def test_a_question_abandoned_by_the_kernel_is_done(
    ends: tuple[Channel, Peer],
) -> None:
    channel, peer = ends
    peer.answer(2, 0)

    channel.ask(FAMILY, 1, b"", lambda *_: None)

    assert [sequence for _, _, sequence in peer.asked()] == [1, 2]


def test_a_question_without_an_answer_runs_out_of_time(
    ends: tuple[Channel, Peer],
) -> None:
    channel, _ = ends

    with pytest.raises(RefusedError) as caught:
        channel.ask(FAMILY, 1, b"", lambda *_: None)

    assert caught.value.number == errno.ETIMEDOUT


@pytest.mark.parametrize("where", ["row", "end", "nowhere"])
def test_a_dump_tells_whether_it_was_disturbed(
    ends: tuple[Channel, Peer], where: str
) -> None:
    channel, peer = ends
    rows: list[bytes] = []
    peer.row(1, b"one.", Flag.DUMP_INTERRUPTED if where == "row" else 0)
    peer.row(1, b"two.")
    peer.done(1, Flag.DUMP_INTERRUPTED if where == "end" else 0)

    rested = channel.dump(
        FAMILY, 1, b"", lambda page, a, b: rows.append(bytes(page[a:b]))
    )

    assert rows == [b"one.", b"two."]
    assert rested is (where == "nowhere")
