"""Asking a director, and what it answers.

Light to import, because the resource agents do little else: the other side is
:mod:`lvsha.engine.control`.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Final

VERSION: Final = 1

Answer = dict[str, object]


class Unanswered(OSError):
    """The director could not be asked, or did not answer in time."""


def ask(
    path: str | os.PathLike[str], question: Mapping[str, object], *, seconds: float
) -> Answer:
    """Return the director's answer to *question*.

    Raises Unanswered when nobody listens at *path* or no whole answer came
    within *seconds*.
    """
    # An action that asks nothing goes without them.
    import json  # noqa: PLC0415
    import socket  # noqa: PLC0415
    import time  # noqa: PLC0415

    heard = bytearray()
    deadline = time.monotonic() + seconds
    try:
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(seconds)
            with short(path) as name:
                peer.connect(name)
            peer.sendall(line({"version": VERSION, **question}))
            while not heard.endswith(b"\n"):
                peer.settimeout(max(0.001, deadline - time.monotonic()))
                chunk = peer.recv(1 << 16)
                if not chunk:
                    raise Unanswered(f"the director at {path} hung up")
                heard += chunk
        answer = json.loads(heard)
    except TimeoutError as cause:
        raise Unanswered(
            f"the director at {path} did not answer within {seconds:g} s"
        ) from cause
    except (OSError, ValueError) as cause:
        raise Unanswered(f"cannot ask the director at {path}: {cause}") from cause
    if not isinstance(answer, dict):
        raise Unanswered(f"the director at {path} answered nonsense")
    return answer


@contextlib.contextmanager
def short(path: str | os.PathLike[str]) -> Iterator[str]:
    """Give *path* a name for the block that a socket address has room for.

    An instance is called like its file, and an address holds 107 bytes.
    """
    parent, name = os.path.split(path)
    directory = os.open(parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{name}"
    finally:
        os.close(directory)


def line(value: Mapping[str, object]) -> bytes:
    """Return *value* as a line of the protocol."""
    import json  # noqa: PLC0415 - as above

    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
