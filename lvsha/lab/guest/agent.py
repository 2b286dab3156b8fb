"""The agent of a node: runs what the host asks over the serial line, many at once.

It is the first process of a node booted ``light``, and a service under systemd. As
the first process it also adopts and reaps orphans.
"""

import json
import os
import pty
import selectors
import signal
import subprocess
import sys
import termios
import tty
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TypedDict

from . import setup
from .wire import MAGIC, Decoder, Kind, Message, encode, encode_all

_PIECE = 1 << 15
_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "USER": "root",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "PYTHONPATH": "/srv/lvsha",
    # the checkout is read-only: its bytecode is kept on the node's own disk
    "PYTHONPYCACHEPREFIX": "/var/cache/lvsha-lab",
}


class Request(TypedDict):
    """What the host wants run."""

    argv: list[str]
    env: dict[str, str]
    cwd: str
    stdin: bool
    terminal: bool


class Command:
    """One running command: its process id, and the pipes to and from it."""

    def __init__(self, channel: int, pid: int, stdin: int | None) -> None:
        """Take over the descriptor of its standard input."""
        self.channel = channel
        self.pid = pid
        self.stdin = stdin
        self.outputs: dict[int, Kind] = {}
        self.pending = bytearray()
        self.ended = False  # no more input will come


class Agent:
    """Serves the line until it closes."""

    def __init__(self, line: int, said: int | None = None) -> None:
        """Speak on the descriptor *line*, a terminal in raw mode.

        Where a line has two, answers go to *said*.
        """
        self._line = line
        self._said = line if said is None else said
        self._decoder = Decoder(after_magic=False)
        self._selector = selectors.DefaultSelector()
        self._commands: dict[int, Command] = {}
        self._wake, wakeup = os.pipe()
        for descriptor in (self._wake, wakeup):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    def serve(self, hello: Mapping[str, object]) -> None:
        """Say *hello* and do what is asked, until the line closes."""
        self._write(MAGIC + encode(Message(Kind.HELLO, 0, json.dumps(hello).encode())))
        self._selector.register(self._line, selectors.EVENT_READ, self._hear)
        self._selector.register(self._wake, selectors.EVENT_READ, self._reap)
        while self._line in self._selector.get_map():
            for key, _ in self._selector.select():
                if key.fd in self._selector.get_map():
                    key.data()

    def end(self) -> None:
        """Kill all that was started and has not ended, with its children."""
        for command in self._commands.values():
            _signal(command.pid, number=signal.SIGKILL, group=True)

    def _write(self, content: bytes) -> None:
        view = memoryview(content)
        while view:
            view = view[os.write(self._said, view) :]

    def _send(self, kind: Kind, channel: int, content: bytes) -> None:
        self._write(encode(Message(kind, channel, content)))

    def _hear(self) -> None:
        content = os.read(self._line, _PIECE)
        if not content:
            self._selector.unregister(self._line)
            return
        self._send(Kind.TAKEN, 0, str(len(content)).encode())
        for message in self._decoder.feed(content):
            command = self._commands.get(message.channel)
            if message.kind is Kind.SPAWN:
                self._spawn(message.channel, json.loads(message.payload))
            elif command is None:
                continue  # it ended while the message was on its way
            elif message.kind is Kind.INPUT:
                command.pending += message.payload
                command.ended = command.ended or not message.payload
                self._feed(command)
            elif message.kind is Kind.SIGNAL:
                _signal(command.pid, **json.loads(message.payload))

    def _spawn(self, channel: int, request: Request) -> None:
        try:
            command = _started(channel, request)
        except (OSError, ValueError) as error:
            self._send(Kind.REFUSED, channel, str(error).encode())
            return
        self._commands[channel] = command
        for descriptor in command.outputs:
            os.set_blocking(descriptor, False)
            self._selector.register(
                descriptor,
                selectors.EVENT_READ,
                partial(self._pass_on, command, descriptor),
            )
        if command.stdin is not None:
            os.set_blocking(command.stdin, False)

    def _pass_on(self, command: Command, descriptor: int) -> bool:
        """Pass one piece on to the host; false when there is none now."""
        try:
            content = os.read(descriptor, _PIECE)
        except BlockingIOError:
            return False
        except OSError:  # a terminal whose other side closed says EIO
            content = b""
        if not content:
            self._selector.unregister(descriptor)
            del command.outputs[descriptor]
            if descriptor != command.stdin:
                os.close(descriptor)
            return False
        if command.channel in self._commands:
            kind = command.outputs[descriptor]
            self._write(encode_all(kind, command.channel, content))
        return True

    def _feed(self, command: Command) -> None:
        """Write what the command will take of its input; come back for the rest."""
        stdin = command.stdin
        if stdin is None:
            return
        try:
            while command.pending:
                del command.pending[: os.write(stdin, command.pending[:_PIECE])]
        except BlockingIOError:
            self._await_room(command, stdin)
            return
        except OSError:  # it does not want any more
            command.pending.clear()
            command.ended = True
        if stdin in command.outputs:  # a terminal: reading shares the descriptor
            return
        if stdin in self._selector.get_map():
            self._selector.unregister(stdin)
        if command.ended:
            os.close(stdin)
            command.stdin = None

    def _await_room(self, command: Command, stdin: int) -> None:
        if stdin not in self._selector.get_map():
            self._selector.register(
                stdin, selectors.EVENT_WRITE, lambda: self._feed(command)
            )

    def _reap(self) -> None:
        os.read(self._wake, 4096)
        by_pid = {command.pid: command for command in self._commands.values()}
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in by_pid:
                self._end(by_pid[pid], os.waitstatus_to_exitcode(status))

    def _end(self, command: Command, status: int) -> None:
        """Report the exit, after all that the command itself has written.

        Its children may keep the pipes: what they write later is read and dropped.
        """
        for descriptor in list(command.outputs):
            while self._pass_on(command, descriptor):
                pass
        self._send(Kind.EXIT, command.channel, json.dumps({"status": status}).encode())
        del self._commands[command.channel]
        command.pending.clear()
        command.ended = True
        self._feed(command)


def _signal(pid: int, *, number: int, group: bool) -> None:
    try:
        if group:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
    except ProcessLookupError:
        pass


def _started(channel: int, request: Request) -> Command:
    environment = _ENVIRONMENT | request["env"]
    if request["terminal"]:
        return _started_on_terminal(channel, request["argv"], environment)
    ends: list[int] = []
    try:
        child = subprocess.Popen(
            request["argv"],
            stdin=_pipe(ends, 0) if request["stdin"] else subprocess.DEVNULL,
            stdout=_pipe(ends, 1),
            stderr=_pipe(ends, 1),
            cwd=request["cwd"],
            env=environment,
            start_new_session=True,
        )
    except (OSError, ValueError):
        for descriptor in ends:
            os.close(descriptor)
        raise
    child.returncode = 0  # the agent reaps; `subprocess` must not
    *stdin, theirs_out, out, theirs_error, error = ends
    for descriptor in (*stdin[:1], theirs_out, theirs_error):
        os.close(descriptor)
    command = Command(channel, child.pid, stdin[1] if stdin else None)
    command.outputs = {out: Kind.OUTPUT, error: Kind.ERRORS}
    return command


def _pipe(ends: list[int], theirs: int) -> int:
    """Return one end of a new pipe; append it and then the other to *ends*."""
    pipe = os.pipe()
    ends += (pipe[theirs], pipe[1 - theirs])
    return pipe[theirs]


def _started_on_terminal(
    channel: int, argv: list[str], environment: dict[str, str]
) -> Command:
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.execvpe(argv[0], argv, environment)  # noqa: S606
        except OSError as error:
            os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
            os._exit(127)
    if "LINES" in environment and "COLUMNS" in environment:
        rows, columns = (int(environment[name]) for name in ("LINES", "COLUMNS"))
        termios.tcsetwinsize(terminal, (rows, columns))
    command = Command(channel, pid, terminal)
    command.outputs = {terminal: Kind.OUTPUT}
    return command


def main() -> None:
    """Make the node ready as its ``node.json`` says, then serve its serial line."""
    os.environ["PATH"] = _ENVIRONMENT["PATH"]
    here = Path(__file__).parent.parent
    settings = json.loads((here / "node.json").read_text())
    problems = setup.prepare(settings, first=os.getpid() == 1)
    line = os.open("/dev/ttyS0", os.O_RDWR | os.O_NOCTTY)
    tty.setraw(line)
    termios.tcflush(line, termios.TCIFLUSH)
    setup.tell_systemd()
    try:
        Agent(line).serve({"boot": settings["boot"], "problems": problems})
    finally:
        sys.stderr.write("the agent ends\n")


if __name__ == "__main__":
    main()
