"""Host names become addresses without the loop waiting for it. Effects."""

import socket
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final

from lvsha.checks.pump import Pump

# Name servers that do not answer can hold up this many questions at once.
THREADS: Final = 8

# The addresses of a name, best first, or why there are none.
Found = list[str] | str
Answer = Callable[[Found], None]


class Resolver:
    """Asks the C library, which blocks, in a few threads of its own.

    The threads are daemons, so that a silent name server cannot keep the
    director from stopping.
    """

    def __init__(self, pump: Pump) -> None:
        """Answer by way of *pump*; the threads start with the first question."""
        self._pump = pump
        self._questions: SimpleQueue[tuple[str, Answer] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def resolve(self, host: str, answer: Answer) -> None:
        """Look *host* up and call *answer* from the loop."""
        if len(self._threads) < THREADS:
            name = f"lvsha-resolver-{len(self._threads)}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()
        self._questions.put((host, answer))

    def close(self) -> None:
        """Let the threads go when they are done."""
        for _ in self._threads:
            self._questions.put(None)

    def _work(self) -> None:
        while (question := self._questions.get()) is not None:
            host, answer = question
            found = _look_up(host)
            self._pump.soon_threadsafe(lambda a=answer, f=found: a(f))  # type: ignore[misc]


def _look_up(host: str) -> Found:
    try:
        rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as reason:
        return (reason.strerror if isinstance(reason, OSError) else "") or "no name"
    return [str(row[4][0]) for row in rows]
