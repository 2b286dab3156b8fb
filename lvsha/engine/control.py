"""The control socket: one JSON object a line, each answered by one.

The director serves it; ``lvsha status`` and the resource agents ask. An answer
within the deadline is what tells a working director from a frozen one.
"""

import asyncio
import contextlib
import json
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

VERSION: Final = 1
# A question is one short line; an answer for 10,000 real servers is a few MB.
_QUESTION: Final = 64 * 1024
_PATIENCE: Final = 30.0

Answer = dict[str, object]
Respond = Callable[[Mapping[str, object]], Awaitable[Answer]]


class Unanswered(OSError):
    """The director could not be asked, or did not answer in time."""


@contextlib.asynccontextmanager
async def serving(path: Path, respond: Respond) -> AsyncIterator[None]:
    """Answer questions at *path* while the block runs; the socket is ours alone."""
    path.unlink(missing_ok=True)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await asyncio.wait_for(reader.readline(), _PATIENCE):
                writer.write(_line(await _answer(line, respond)))
                await asyncio.wait_for(writer.drain(), _PATIENCE)
        except (TimeoutError, ConnectionError, ValueError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    with _short(path) as name:
        server = await asyncio.start_unix_server(serve, name, limit=_QUESTION)
    path.chmod(0o600)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)


async def _answer(line: bytes, respond: Respond) -> Answer:
    try:
        question = json.loads(line)
    except (ValueError, RecursionError):
        return {"version": VERSION, "ok": False, "error": "the question is not JSON"}
    if not isinstance(question, dict) or question.get("version") != VERSION:
        return {
            "version": VERSION,
            "ok": False,
            "error": f"the question is not of version {VERSION}",
        }
    return {"version": VERSION, **await respond(question)}


def ask(path: Path, question: Mapping[str, object], *, seconds: float) -> Answer:
    """Return the director's answer to *question*.

    Raises Unanswered when nobody listens at *path* or no whole answer came
    within *seconds*.
    """
    heard = bytearray()
    deadline = time.monotonic() + seconds
    try:
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(seconds)
            with _short(path) as name:
                peer.connect(name)
            peer.sendall(_line({"version": VERSION, **question}))
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
def _short(path: Path) -> Iterator[str]:
    """Give *path* a name for the block that a socket address has room for.

    An instance is called like its file, and an address holds 107 bytes.
    """
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


def _line(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
