"""The words host and agent exchange over a node's serial line; no line is opened here.

A message is a header (kind, channel, length) and that many bytes. A channel is one
command. The agent begins with `MAGIC`, so that whatever the terminal said before it
was set to raw is skipped.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

MAGIC = b"\n\0lvsha lab agent 1\0\n"
LONGEST = 1 << 16
"""The most bytes in one message; longer data goes in several."""

WINDOW = 3000
"""The most bytes the host sends before the agent has taken them.

A terminal's input buffer holds 4096. When it is nearly full the kernel throttles the
line, and user-mode-linux does not take up reading again (`line_throttle` gives up the
interrupt of the descriptor, `line_unthrottle` does not get it back).
"""

_HEADER = struct.Struct("!BII")


class Kind(IntEnum):
    """What a message says."""

    HELLO = 1  # agent: I am here (JSON: boot, problems)
    SPAWN = 2  # host: run this (JSON: argv, env, cwd, stdin, terminal)
    INPUT = 3  # host: bytes for its standard input, or empty for its end
    SIGNAL = 4  # host: JSON: signal, group
    OUTPUT = 5  # agent: bytes it wrote to standard output
    ERRORS = 6  # agent: bytes it wrote to standard error
    EXIT = 7  # agent: JSON: status, negative for the signal that killed it
    REFUSED = 8  # agent: it could not be started (text: why)
    TAKEN = 9  # agent: it has read that many more bytes (text: a number)


class Garbled(ValueError):
    """The line carries something that is no message."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message on *channel*."""

    kind: Kind
    channel: int
    payload: bytes = b""


def encode(message: Message) -> bytes:
    """Return *message* as it goes over the line."""
    if len(message.payload) > LONGEST:
        raise Garbled(f"a message of {len(message.payload)} bytes is too long")
    header = _HEADER.pack(message.kind, message.channel, len(message.payload))
    return header + message.payload


def encode_all(kind: Kind, channel: int, content: bytes) -> bytes:
    """Return *content* as however many messages it takes, none for no content."""
    return b"".join(
        encode(Message(kind, channel, content[start : start + LONGEST]))
        for start in range(0, len(content), LONGEST)
    )


class Decoder:
    """Turns what arrives, in pieces of any size, into messages."""

    def __init__(self, *, after_magic: bool) -> None:
        """Skip everything up to `MAGIC` first if *after_magic*."""
        self._waiting = after_magic
        self._bytes = bytearray()

    def feed(self, content: bytes) -> list[Message]:
        """Return the messages that *content* completes."""
        self._bytes += content
        if self._waiting:
            start = self._bytes.find(MAGIC)
            if start < 0:
                del self._bytes[: -len(MAGIC)]
                return []
            del self._bytes[: start + len(MAGIC)]
            self._waiting = False
        messages = []
        at = 0
        while len(self._bytes) - at >= _HEADER.size:
            kind, channel, length = _HEADER.unpack_from(self._bytes, at)
            if length > LONGEST:
                raise Garbled(f"a message claims to be {length} bytes long")
            end = at + _HEADER.size + length
            if len(self._bytes) < end:
                break
            payload = bytes(self._bytes[at + _HEADER.size : end])
            messages.append(Message(Kind(kind), channel, payload))
            at = end
        del self._bytes[:at]
        return messages
