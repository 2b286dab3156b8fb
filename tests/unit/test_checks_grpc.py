"""gRPC health as a dialogue, against the server side of the same library."""

import asyncio
from dataclasses import replace

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

from lvsha.checks.dialogue import Call, CheckFailed
from lvsha.checks.grpc import grpc, health, message
from lvsha.model import Check
from tests.checks_peers import BASE, serving, verdict

SERVING = b"\x00\x00\x00\x00\x02\x08\x01"
NOT_SERVING = b"\x00\x00\x00\x00\x02\x08\x02"


class Peer:
    """The server's side of a connection; remembers what it was asked."""

    def __init__(
        self, body: bytes = SERVING, status: str = "0", code: str = "200"
    ) -> None:
        self._held = H2Connection(
            H2Configuration(client_side=False, header_encoding="latin-1")
        )
        self._held.initiate_connection()
        self._body, self._status, self._code = body, status, code
        self.headers: dict[str, str] = {}
        self.asked = b""

    def answer(self, said: bytes) -> bytes:
        """Return what is said in answer to *said*."""
        for event in self._held.receive_data(said):
            if isinstance(event, RequestReceived):
                self.headers = {str(n): str(v) for n, v in event.headers or ()}
            elif isinstance(event, DataReceived):
                self.asked += event.data or b""
            elif isinstance(event, StreamEnded):
                self._respond()
        return self._held.data_to_send()

    def _respond(self) -> None:
        fields = [(":status", self._code), ("content-type", "application/grpc")]
        trailers = [("grpc-status", self._status), ("grpc-message", "why not")]
        if not self._body:
            self._held.send_headers(1, [*fields, *trailers], end_stream=True)
            return
        self._held.send_headers(1, fields)
        self._held.send_data(1, self._body)
        self._held.send_headers(1, trailers, end_stream=True)


def check(**settings: object) -> Check:
    asked = replace(BASE, service="grpc", port=50051)
    return replace(asked, **settings)  # type: ignore[arg-type]


def held(asked: Check, peer: Peer, *, piece: int = 1 << 16) -> str:
    """Hold the dialogue with *peer*, in pieces; return the detail."""
    dialogue = grpc(asked)
    call = next(dialogue)
    assert isinstance(call, Call)
    said = dialogue.send(b"")
    try:
        while True:
            assert isinstance(said, bytes)
            words = peer.answer(said)
            if not words:
                said = dialogue.send(b"")
            for at in range(0, len(words), piece):
                said = dialogue.send(words[at : at + piece])
                if isinstance(said, bytes) and said and at + piece < len(words):
                    peer.answer(said)
    except StopIteration as satisfied:
        return str(satisfied.value.detail)


@pytest.mark.parametrize("piece", [1, 3, 9, 1 << 16])
def test_serving_is_up_in_any_pieces(piece: int) -> None:
    peer = Peer()

    assert held(check(), peer, piece=piece) == "SERVING"
    assert peer.headers[":path"] == "/grpc.health.v1.Health/Check"
    assert peer.headers["te"] == "trailers"
    assert peer.headers[":authority"] == "127.0.0.1:50051"
    assert peer.asked == message(b"")


def test_the_request_names_a_service_and_the_virtualhost_the_authority() -> None:
    peer = Peer()

    held(check(request="/shop.Cart", virtualhost="grpc.example.com"), peer)

    assert peer.asked == b"\x00\x00\x00\x00\x0b\x0a\x09shop.Cart"
    assert peer.headers[":authority"] == "grpc.example.com"


@pytest.mark.parametrize(
    ("peer", "why"),
    [
        (Peer(NOT_SERVING), "health: expected SERVING, got NOT_SERVING"),
        (Peer(b"\x00\x00\x00\x00\x00"), "health: expected SERVING, got UNKNOWN"),
        (Peer(b"\x00\x00\x00\x00\x02\x08\x09"), "health: expected SERVING, got 9"),
        (Peer(b"", "12"), "grpc-status: expected 0, got '12' ('unimplemented')"),
        (Peer(b"", "5"), "grpc-status: expected 0, got '5' ('not found')"),
        (Peer(b"", "14"), "grpc-status: expected 0, got '14' ('why not')"),
        (Peer(b"", code="404"), "status: expected 200, got '404'"),
        (Peer(b"{}"), "answer is no health message"),
        (Peer(b"x" * 5000), "answer is no health message: too long"),
    ],
)
def test_any_other_answer_is_a_failure(peer: Peer, why: str) -> None:
    with pytest.raises(CheckFailed) as failed:
        held(check(), peer)

    assert str(failed.value).startswith(why)


@pytest.mark.parametrize(
    "words", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"220 mail\r\n", b"\x00" * 90]
)
def test_what_is_no_http_2_is_a_failure(words: bytes) -> None:
    dialogue = grpc(check())
    next(dialogue)
    dialogue.send(b"")

    with pytest.raises(CheckFailed, match="not HTTP/2"):
        dialogue.send(words)


def test_a_hang_up_is_a_failure() -> None:
    dialogue = grpc(check())
    next(dialogue)
    dialogue.send(b"")

    with pytest.raises(CheckFailed, match="connection closed before an answer"):
        dialogue.send(b"")


def test_a_long_name_has_a_long_length() -> None:
    assert message(b"x" * 300)[5:8] == b"\x0a\xac\x02"


def test_a_status_of_many_bytes_is_a_number() -> None:
    assert health(b"\x00\x00\x00\x00\x03\x08\xac\x02") == 300


def test_it_runs_over_a_socket() -> None:
    async def answering(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        peer = Peer()
        while said := await reader.read(65536):
            writer.write(peer.answer(said))
            await writer.drain()

    async def run() -> tuple[bool, str]:
        async with serving(answering) as port:
            found = await verdict(check(port=port))
        return found.passed, found.detail

    assert asyncio.run(run()) == (True, "SERVING")
