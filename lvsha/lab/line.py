"""The host's end of a node's serial line: one thread reads, any may speak."""

import contextlib
import json
import socket
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import count

from lvsha.lab.errors import DeadlineExpired, NodeDown
from lvsha.lab.guest.wire import (
    LONGEST,
    WINDOW,
    Decoder,
    Garbled,
    Kind,
    Message,
    encode,
    encode_all,
)
from lvsha.lab.process import Listener, Process


class Line:
    """Commands over one line, for one boot of a node; closed for ever when it dies."""

    def __init__(self, node: str, connection: socket.socket) -> None:
        """Listen on *connection* to the agent of *node*."""
        self._node = node
        self._connection = connection
        self._changed = threading.Condition()
        self._unsent: deque[memoryview] = deque()
        self._room = WINDOW
        self._processes: dict[int, Process] = {}
        self._channels = count(1)
        self._hello: list[str] | None = None
        self._down = False
        self._threads = [
            threading.Thread(target=target, name=f"lab-{node}", daemon=True)
            for target in (self._read, self._speak)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def ready(self) -> bool:
        """Whether the agent has said hello, and the node is not down since."""
        return self._hello is not None and not self._down

    @property
    def down(self) -> bool:
        """Whether the line has closed: the node is no more."""
        return self._down

    def wait_ready(self, seconds: float) -> list[str]:
        """Wait for the agent; return what it could not set up."""
        with self._changed:
            if not self._changed.wait_for(
                lambda: self._hello is not None or self._down, seconds
            ):
                raise DeadlineExpired(
                    f"{self._node}: no agent within {seconds:.0f} s of its boot"
                )
            if self._hello is None:
                raise NodeDown(f"{self._node} went down while it booted")
            return self._hello

    def spawn(
        self,
        argv: Sequence[str],
        request: dict[str, object],
        listener: Listener | None = None,
    ) -> Process:
        """Ask for *argv* to be run, with the other words of *request*."""
        channel = next(self._channels)

        def send(kind: Kind, content: bytes) -> None:
            self._send(encode_all(kind, channel, content) or _empty(kind, channel))

        process = Process(self._node, argv, send, listener)
        with self._changed:
            if not self.ready:
                raise NodeDown(f"{self._node} is down")
            self._processes[channel] = process
        content = json.dumps({"argv": list(argv), **request}).encode()
        self._send(encode(Message(Kind.SPAWN, channel, content)))
        return process

    def close(self) -> None:
        """Hang up, and tell every command that its node is gone."""
        with contextlib.suppress(OSError):  # the other side may be quicker
            self._connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(10)
        self._connection.close()

    def _send(self, content: bytes) -> None:
        """Queue *content*: a node that is frozen must not hold up who speaks to it."""
        with self._changed:
            if self._down:
                raise NodeDown(f"{self._node} is down")
            self._unsent.append(memoryview(content))
            self._changed.notify_all()

    def _speak(self) -> None:
        """Send what is queued, never more than the agent has room for."""
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._down or (self._unsent and self._room)
                )
                if self._down:
                    return
                piece = self._unsent[0][: self._room]
                rest = self._unsent[0][len(piece) :]
                if rest:
                    self._unsent[0] = rest
                else:
                    self._unsent.popleft()
                self._room -= len(piece)
            try:
                self._connection.sendall(piece)
            except OSError:
                return  # the reader notices, too, and says so

    def _read(self) -> None:
        decoder = Decoder(after_magic=True)
        try:
            while content := self._connection.recv(LONGEST):
                for message in decoder.feed(content):
                    self._heard(message)
        except (OSError, Garbled):
            pass  # either way there is nothing more to hear: it is down
        with self._changed:
            self._down = True
            self._changed.notify_all()
            processes = list(self._processes.values())
        for process in processes:
            process.lost()

    def _heard(self, message: Message) -> None:
        if message.kind is Kind.HELLO:
            with self._changed:
                self._hello = json.loads(message.payload)["problems"]
                self._changed.notify_all()
            return
        if message.kind is Kind.TAKEN:
            with self._changed:
                self._room += int(message.payload)
                self._changed.notify_all()
            return
        process = self._processes.get(message.channel)
        if process is None:
            return
        if message.kind in {Kind.EXIT, Kind.REFUSED}:
            with self._changed:
                del self._processes[message.channel]
        process.heard(message)


def wanted(
    env: Mapping[str, str] | None, cwd: str, *, stdin: bool, terminal: bool
) -> dict[str, object]:
    """Return what the agent must know of a command beside its words."""
    return {"env": dict(env or {}), "cwd": cwd, "stdin": stdin, "terminal": terminal}


def _empty(kind: Kind, channel: int) -> bytes:
    return encode(Message(kind, channel))
