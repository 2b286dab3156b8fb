"""gRPC health: one call of ``grpc.health.v1.Health/Check``, over HTTP/2.

The frames are h2's business; the two messages are a field each (health.proto).
"""

from typing import Final

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError

from lvsha import VERSION
from lvsha.checks.dialogue import (
    SILENCE,
    Call,
    CheckFailed,
    Dialogue,
    Satisfied,
    called,
    quoted,
)
from lvsha.model import Check

_PATH: Final = "/grpc.health.v1.Health/Check"
_SERVING: Final = 1
_STATUSES: Final = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")
# What a server without a health service says, and one without this service.
_REASONS: Final = {"12": "unimplemented", "5": "not found", "16": "unauthenticated"}
# RFC 9113, 3.4: what a server says first is a SETTINGS frame. Where a frame has its
# type; h2 would wait for the end of what a line of text looks like.
_TYPE: Final = 3
_SETTINGS: Final = 4
# A health message has two bytes.
_LONGEST: Final = 1 << 12


def grpc(check: Check) -> Dialogue:
    """Check that the server says SERVING of the service the request names, or all."""
    call = called(check, sealed=check.service == "grpcs")
    name = check.request.removeprefix("/").encode("utf-8", "surrogateescape")
    held = H2Connection(H2Configuration(client_side=True, header_encoding="latin-1"))
    stream = 1
    held.initiate_connection()
    held.send_headers(stream, _headers(call, check))
    held.send_data(stream, message(name), end_stream=True)
    answer = Answer()
    opening = b""
    yield call
    heard = yield held.data_to_send()
    while heard:
        if len(opening) <= _TYPE:
            opening += heard
            if opening[_TYPE:] and opening[_TYPE] != _SETTINGS:
                raise CheckFailed(f"not HTTP/2: {quoted(opening)}")
        try:
            events = held.receive_data(heard)
        except ProtocolError as reason:
            why = str(reason) or type(reason).__name__
            raise CheckFailed(f"not HTTP/2: {quoted(heard)} ({why})") from reason
        for event in events:
            if isinstance(event, DataReceived):
                held.acknowledge_received_data(event.flow_controlled_length, stream)
            if answer.take(event):
                return Satisfied("SERVING")
        heard = yield held.data_to_send() or SILENCE
    raise CheckFailed("connection closed before an answer")


def _headers(call: Call, check: Check) -> list[tuple[str, str]]:
    host = f"[{call.host}]" if ":" in call.host else call.host
    return [
        (":method", "POST"),
        (":scheme", "https" if call.sealed else "http"),
        (":path", _PATH),
        (":authority", check.virtualhost or f"{host}:{call.port}"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        ("user-agent", f"lvsha/{VERSION}"),
    ]


def message(name: bytes) -> bytes:
    """Return the request for the service *name*, nothing for the whole server."""
    field = b"\x0a" + _varint(len(name)) + name if name else b""
    return b"\x00" + len(field).to_bytes(4, "big") + field


class Answer:
    """The answer to the call as it arrives."""

    def __init__(self) -> None:
        """Have heard nothing yet."""
        self._body = b""
        self._status = ""
        self._words = ""

    def take(self, event: Event) -> bool:
        """Take in what arrived; tell whether it completes a good answer.

        Raises CheckFailed for an answer that is complete, or broken, and not good.
        """
        match event:
            case ResponseReceived(headers=headers) | TrailersReceived(headers=headers):
                fields = {str(name): str(value) for name, value in headers or ()}
                code = fields.get(":status", "200")
                if code != "200":
                    raise CheckFailed(f"status: expected 200, got {quoted(code)}")
                self._status = fields.get("grpc-status", self._status)
                self._words = fields.get("grpc-message", self._words)
            case DataReceived(data=data):
                self._body += data or b""
                if len(self._body) > _LONGEST:
                    raise CheckFailed("answer is no health message: too long")
            case StreamEnded():
                self._judge()
                return True
            case StreamReset(error_code=code):
                raise CheckFailed(f"the call was reset: error {int(code or 0)}")
            case ConnectionTerminated(error_code=code):
                raise CheckFailed(f"the server hung up: error {int(code or 0)}")
            case _:
                pass
        return False

    def _judge(self) -> None:
        if self._status != "0":
            reason = _REASONS.get(self._status) or self._words
            said = f" ({quoted(reason)})" if reason else ""
            raise CheckFailed(f"grpc-status: expected 0, got {self._status!r}{said}")
        status = health(self._body)
        if status != _SERVING:
            raise CheckFailed(f"health: expected SERVING, got {_word(status)}")


def _word(status: int) -> str:
    return _STATUSES[status] if status < len(_STATUSES) else str(status)


def health(body: bytes) -> int:
    """Return the status in a response's *body*; a field that is not there is 0."""
    size = int.from_bytes(body[1:5], "big")
    if len(body) != 5 + size or body[:1] != b"\x00":
        raise CheckFailed(f"answer is no health message: {quoted(body)}")
    field = body[5:]
    if not field:
        return 0
    if field[0] != 0x08:  # noqa: PLR2004 - field 1, a varint
        raise CheckFailed(f"answer is no health message: {quoted(body)}")
    status = 0
    for at, byte in enumerate(field[1:5]):
        status |= (byte & 0x7F) << (7 * at)
        if byte < 0x80:  # noqa: PLR2004 - the last of the varint
            break
    return status


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
