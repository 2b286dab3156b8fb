"""``lvsha lab exec``: joins our input and output to a command in a node."""

import base64
import contextlib
import json
import os
import shutil
import signal
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from types import FrameType
from typing import BinaryIO

from lvsha.lab import named
from lvsha.lab.errors import LabError

_PIECE = 1 << 15
_SIGNALLED = 128


def executed(name: str, request: dict[str, object]) -> int:
    """Run what *request* says in lab *name*; return its status as a shell has it."""
    raw = bool(request["terminal"]) and sys.stdin.isatty()
    with named.conversation(name, request) as stream, _terminal(raw=raw):
        speaking = threading.Lock()

        def say(words: dict[str, object]) -> None:
            with speaking, contextlib.suppress(OSError, ValueError):
                stream.write(json.dumps(words).encode() + b"\n")
                stream.flush()

        def interrupted(number: int, _frame: FrameType | None) -> None:
            # in a thread of its own: the lock may be held by whom this interrupts
            threading.Thread(target=say, args=({"signal": number},)).start()

        before = signal.signal(signal.SIGINT, interrupted)
        threading.Thread(target=_send_input, args=(say,), daemon=True).start()
        try:
            return _receive(stream)
        finally:
            signal.signal(signal.SIGINT, before)


def terminal_words() -> dict[str, str]:
    """Return what a program must know of our terminal, as environment."""
    size = shutil.get_terminal_size()
    return {
        "TERM": os.environ.get("TERM", "dumb"),
        "LINES": str(size.lines),
        "COLUMNS": str(size.columns),
    }


def _send_input(say: object) -> None:
    assert callable(say)  # noqa: S101 - a closure of ours
    with contextlib.suppress(OSError):
        while content := os.read(0, _PIECE):
            say({"input": base64.b64encode(content).decode()})
    say({"end": True})


def _receive(stream: BinaryIO) -> int:
    for line in stream:
        words = json.loads(line)
        if "error" in words:
            raise LabError(words["error"])
        if "status" in words:
            status = int(words["status"])
            return status if status >= 0 else _SIGNALLED - status
        for word, descriptor in (("output", 1), ("errors", 2)):
            view = memoryview(base64.b64decode(words.get(word, "")))
            while view:
                view = view[os.write(descriptor, view) :]
    raise LabError("the lab went down")


@contextlib.contextmanager
def _terminal(*, raw: bool) -> Iterator[None]:
    """Pass keys on as they are pressed, if *raw*."""
    if not raw:
        yield
        return
    before = termios.tcgetattr(0)
    try:
        tty.setraw(0)
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
