"""Commands in a node, as the host sees them; nothing here knows how nodes run."""

import json
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from shlex import join

from lvsha.lab.errors import CommandFailed, DeadlineExpired, LabError, NodeDown
from lvsha.lab.guest.wire import Kind, Message

Listener = Callable[[Kind, bytes], None]
"""Told each piece of output as it arrives, from the thread that reads the line."""


def by_line(hear: Callable[[bytes], None]) -> Listener:
    """Return a listener that tells *hear* each whole line of standard output."""
    rest = b""

    def listen(kind: Kind, content: bytes) -> None:
        nonlocal rest
        if kind is Kind.OUTPUT:
            *lines, rest = (rest + content).split(b"\n")
            for line in lines:
                hear(line)

    return listen


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that ended: its status, negative for a signal, and all it wrote."""

    status: int
    stdout: bytes
    stderr: bytes


class Process:
    """A command that runs, or ran, in a node. Safe to use from threads."""

    def __init__(
        self,
        node: str,
        argv: Sequence[str],
        send: Callable[[Kind, bytes], None],
        listener: Listener | None = None,
    ) -> None:
        """Speak through *send* to the agent of *node*, which runs *argv*."""
        self.node = node
        self.argv = tuple(argv)
        self._send = send
        self._listener = listener
        self._changed = threading.Condition()
        self._pieces: dict[Kind, bytearray] = {
            Kind.OUTPUT: bytearray(),
            Kind.ERRORS: bytearray(),
        }
        self._status: int | None = None
        self._failure: str | None = None
        self._lost = False

    @property
    def alive(self) -> bool:
        """Whether it runs, as far as the node has told."""
        with self._changed:
            return not self._over()

    def output(self) -> bytes:
        """Return what it has written to standard output so far."""
        with self._changed:
            return bytes(self._pieces[Kind.OUTPUT])

    def errors(self) -> bytes:
        """Return what it has written to standard error so far."""
        with self._changed:
            return bytes(self._pieces[Kind.ERRORS])

    def write(self, content: bytes) -> None:
        """Send *content* to its standard input, which must have been asked for."""
        if content:
            self._send(Kind.INPUT, content)

    def close_input(self) -> None:
        """Tell it that there is no more input."""
        self._send(Kind.INPUT, b"")

    def signal(self, number: int, *, group: bool = False) -> None:
        """Send it signal *number*; with *group*, also to the children it has."""
        words = {"number": int(number), "group": group}
        self._send(Kind.SIGNAL, json.dumps(words).encode())

    def wait(self, seconds: float, *, check: bool = False) -> Completed:
        """Return how it ended. Raise `DeadlineExpired`, and leave it, if it does not.

        With *check* a status other than 0 is a `CommandFailed`. `NodeDown` if the
        node died meanwhile; `LabError` if the command could not be started.
        """
        with self._changed:
            if not self._changed.wait_for(self._over, seconds):
                raise DeadlineExpired(
                    f"{self.node}: {join(self.argv)} did not end within {seconds:g} s"
                    f"{self._last_words()}"
                )
            return self._completed(check=check)

    def fed(self, stdin: bytes, seconds: float, *, check: bool) -> Completed:
        """Give it *stdin*, if any, and wait as `wait`; kill it at the deadline."""
        if stdin:
            self.write(stdin)
            self.close_input()
        try:
            return self.wait(seconds, check=check)
        except DeadlineExpired:
            self.end()
            raise

    def wait_output(self, text: bytes, seconds: float) -> bytes:
        """Wait until *text* stands in its standard output; return all of that."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while text not in self._pieces[Kind.OUTPUT]:
                if self._over():
                    done = self._completed(check=True)
                    raise CommandFailed(
                        self.node, self.argv, done.status, done.stdout, done.stderr
                    )
                if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                    raise DeadlineExpired(
                        f"{self.node}: {join(self.argv)} did not say {text!r} "
                        f"within {seconds:g} s{self._last_words()}"
                    )
            return bytes(self._pieces[Kind.OUTPUT])

    def end(self) -> None:
        """Kill it and its children; it need not run any more."""
        if self.alive:
            self.signal(signal.SIGKILL, group=True)

    def heard(self, message: Message) -> None:
        """Take in what the agent says about it."""
        if self._listener and message.kind in self._pieces:
            self._listener(message.kind, message.payload)
        with self._changed:
            match message.kind:
                case Kind.OUTPUT | Kind.ERRORS:
                    self._pieces[message.kind] += message.payload
                case Kind.EXIT:
                    self._status = json.loads(message.payload)["status"]
                case Kind.REFUSED:
                    self._failure = message.payload.decode(errors="replace")
                case _:
                    pass
            self._changed.notify_all()

    def lost(self) -> None:
        """Take in that the node is down."""
        with self._changed:
            self._lost = True
            self._changed.notify_all()

    def _over(self) -> bool:
        return self._status is not None or self._failure is not None or self._lost

    def _completed(self, *, check: bool) -> Completed:
        if self._failure is not None:
            raise LabError(
                f"{self.node}: cannot start {join(self.argv)}: {self._failure}"
            )
        if self._status is None:
            raise NodeDown(f"{self.node} went down while it ran {join(self.argv)}")
        stdout, stderr = (
            bytes(self._pieces[kind]) for kind in (Kind.OUTPUT, Kind.ERRORS)
        )
        if check and self._status:
            raise CommandFailed(self.node, self.argv, self._status, stdout, stderr)
        return Completed(self._status, stdout, stderr)

    def _last_words(self) -> str:
        said = bytes(
            self._pieces[Kind.ERRORS][-500:] or self._pieces[Kind.OUTPUT][-500:]
        )
        return f"; it said last {said!r}" if said else ""
