"""The control socket: one JSON object a line, each answered by one.

The director serves it; ``lvsha status`` and the resource agents ask, with
:mod:`lvsha.asking`. An answer within the deadline is what tells a working
director from a frozen one.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from lvsha.asking import VERSION, Answer, Unanswered, ask, line, short

__all__ = ["VERSION", "Answer", "Respond", "Unanswered", "ask", "serving"]

# A question is one short line; an answer for 10,000 real servers is a few MB.
_QUESTION: Final = 64 * 1024
_PATIENCE: Final = 30.0

Respond = Callable[[Mapping[str, object]], Awaitable[Answer]]


@contextlib.asynccontextmanager
async def serving(path: Path, respond: Respond) -> AsyncIterator[None]:
    """Answer questions at *path* while the block runs; the socket is ours alone."""
    path.unlink(missing_ok=True)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while asked := await asyncio.wait_for(reader.readline(), _PATIENCE):
                writer.write(line(await _answer(asked, respond)))
                await asyncio.wait_for(writer.drain(), _PATIENCE)
        except (TimeoutError, ConnectionError, ValueError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    with short(path) as name:
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
