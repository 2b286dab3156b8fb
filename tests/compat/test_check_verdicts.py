"""What ldirectord was seen to say of scripted servers, and what we say of them.

Recorded with ldirectord 1.186. Where a verdict is another one here there is a reason,
and the table in docs/compatibility.md has it. Services that need a library are held
to their recorded verdicts in their own tests.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pytest

from lvsha.model import Check, CheckType, Credentials, Verdict
from tests.checks_peers import (
    BASE,
    SOON,
    Script,
    answering,
    black_hole,
    http_check,
    refusing,
    serving,
    silent,
    stalling,
    verdict,
)

COMPATIBILITY: Final = Path(__file__).parents[2] / "docs" / "compatibility.md"
UP, DOWN, HANGS = "up", "down", "hangs"
ME: Final = Credentials("me", "correct")

Peer = Script | Callable[[], AbstractContextManager[int]]


def talking(*words: bytes) -> Script:
    """Return a script that greets with the first of *words*, then a word a line."""

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        for answer in words:
            writer.write(answer)
            await writer.drain()
            await reader.readline()
        await reader.read()

    return script


async def moved(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send who asks for the root elsewhere, where all is well."""
    asked = await reader.readuntil(b"\r\n\r\n")
    if asked.startswith(b"GET / "):
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /there\r\n")
        writer.write(b"Content-Length: 0\r\nConnection: close\r\n\r\n")
    else:
        writer.write(page(b"still alive"))
    await writer.drain()


def hearing_out(words: bytes) -> Script:
    """Return a script that answers *words* once nothing more is said."""

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.read()
        writer.write(words)
        await writer.drain()

    return script


def page(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


def nobody() -> AbstractContextManager[int]:
    return nullcontext(refusing())


@dataclass(frozen=True)
class Case:
    """One server, ldirectord's verdict on it, and ours where it is another one."""

    name: str
    service: str
    peer: Peer
    recorded: str
    settings: Mapping[str, object] = field(default_factory=dict)
    ours: str = ""
    why: str = ""

    @property
    def here(self) -> str:
        return self.ours or self.recorded


ALIVE: Final = {"receive": "alive"}
LOOP: Final = b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"
LOGIN: Final = {"credentials": ME}
LINE: Final = {"request": "/abc", "receive": "ok"}
# To CAPA, which need not be known, and to USER.
WELCOME: Final = (b"+OK hi\r\n", b"-ERR what\r\n", b"+OK who\r\n")
SIP_OK: Final = b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n"
B7, B15 = "B7: a greeting is asked for", "B15: that is no page"

HTTP: Final = (
    Case("200", "http", answering(page(b"still alive")), UP, ALIVE),
    Case("204", "http", answering(b"HTTP/1.1 204 No\r\n\r\n"), UP),
    Case("redirect to 200", "http", moved, UP, ALIVE),
    Case("HTTP/1.0", "http", answering(b"HTTP/1.0 200 OK\r\n\r\nalive"), UP, ALIVE),
    Case("no status line", "http", answering(b"hello\r\n"), UP, {}, DOWN, B15),
    Case("404", "http", answering(page(b"alive", b"404 No")), DOWN, ALIVE),
    Case("500", "http", answering(page(b"alive", b"500 No")), DOWN, ALIVE),
    Case("401", "http", answering(page(b"alive", b"401 No")), DOWN, ALIVE),
    Case("redirect loop", "http", answering(LOOP), DOWN),
    Case(
        "HEAD with receive",
        "http",
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
        DOWN,
        {**ALIVE, "httpmethod": "HEAD"},
    ),
    Case(
        "receive in a header",
        "http",
        answering(b"HTTP/1.1 200 OK\r\nX: alive\r\nContent-Length: 0\r\n\r\n"),
        DOWN,
        ALIVE,
    ),
    Case("another letter case", "http", answering(page(b"ALIVE")), DOWN, ALIVE),
    Case(
        "a pattern across lines",
        "http",
        answering(page(b"still\nalive")),
        DOWN,
        {"receive": "still.alive"},
    ),
    Case("silent", "http", silent, DOWN),
    Case(
        "a page that does not end",
        "http",
        stalling(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nalive"),
        UP,
        {},
        DOWN,
        "B15: what came until the deadline is no page",
    ),
    Case("refused", "http", nobody, DOWN),
    Case("black hole", "http", black_hole, DOWN),
)
MAIL: Final = (
    Case("EHLO", "smtp", talking(b"220 hi\r\n", b"250 ok\r\n"), UP),
    Case("HELO", "smtp", talking(b"220 hi\r\n", b"502 what\r\n", b"250 ok\r\n"), UP),
    Case("554", "smtp", talking(b"554 no\r\n"), DOWN),
    Case("neither", "smtp", talking(b"220 hi\r\n", b"502 a\r\n", b"502 b\r\n"), DOWN),
    Case("silent", "smtp", silent, DOWN),
    Case("no login", "pop", talking(b"+OK hi\r\n"), UP),
    Case("no login, -ERR", "pop", talking(b"-ERR no\r\n"), UP, {}, DOWN, B7),
    Case("no login, refused", "pop", nobody, UP, {}, DOWN, B7),
    Case("no login, silent", "pop", silent, UP, {}, DOWN, B7),
    Case("login", "pop", talking(*WELCOME, b"+OK\r\n"), UP, LOGIN),
    Case("bad", "pop", talking(*WELCOME, b"-ERR\r\n"), DOWN, LOGIN),
    Case("login, refused", "pop", nobody, DOWN, LOGIN),
    Case(
        "greeting, on a port of its own",
        "imap",
        talking(b"* OK hi\r\n"),
        DOWN,
        {},
        UP,
        "B22: what is written is asked",
    ),
    Case("BYE", "imap", talking(b"* BYE\r\n"), DOWN),
    Case("other text", "imap", talking(b"hello\r\n"), DOWN),
    Case("silent", "imap", silent, DOWN),
    Case("refused", "imap", nobody, DOWN),
)
OTHERS: Final = (
    Case("200", "nntp", talking(b"200 hi\r\n"), UP),
    Case("2junk", "nntp", talking(b"2junk\r\n"), UP),
    Case("400", "nntp", talking(b"400 no\r\n"), DOWN),
    Case("hangs up", "nntp", answering(until=b""), DOWN),
    Case("refused", "nntp", nobody, DOWN),
    Case("silent", "nntp", silent, DOWN),
    Case("black hole", "nntp", black_hole, HANGS, {}, DOWN, "B19: at the deadline"),
    Case("2nd line", "simpletcp", hearing_out(b"no\nok\n"), UP, LINE),
    Case("no newline", "simpletcp", hearing_out(b"ok"), UP, LINE),
    Case("mismatch", "simpletcp", hearing_out(b"no\n"), DOWN, LINE),
    Case(
        "over two lines",
        "simpletcp",
        hearing_out(b"a\nb\n"),
        DOWN,
        {"receive": r"a\sb"},
    ),
    Case("empty reply", "simpletcp", hearing_out(b""), DOWN, LINE),
    Case(
        "no receive",
        "simpletcp",
        hearing_out(b"x\n"),
        UP,
        {"request": "/abc"},
    ),
    Case(
        r"no receive, \n in request",
        "simpletcp",
        hearing_out(b"x\n"),
        DOWN,
        {"request": "/abc\\n"},
        UP,
        "B18: any line is a line",
    ),
    Case("no request", "simpletcp", hearing_out(b"x\n"), UP),
    Case("200 OK", "sip", answering(SIP_OK), UP, LOGIN),
    Case("200 Okay", "sip", answering(SIP_OK.replace(b"OK", b"Okay")), DOWN, LOGIN),
    Case("404", "sip", answering(b"SIP/2.0 404 No\r\n\r\n"), DOWN, LOGIN),
    Case("silent", "sip", silent, DOWN, LOGIN),
    Case("refused", "sip", nobody, DOWN, LOGIN),
    Case("accepted", "connect", silent, UP),
    Case("refused", "connect", nobody, DOWN),
    Case("black hole", "connect", black_hole, DOWN),
)
CASES: Final = (*HTTP, *MAIL, *OTHERS)
# Peers that a check waits for until its deadline: it comes soon.
WAITED: Final = frozenset({silent, black_hole})


def asks(case: Case, port: int) -> Check:
    soon = case.peer in WAITED or "does not end" in case.name
    seconds = SOON if soon and case.here == DOWN else BASE.negotiatetimeout
    times = {"negotiatetimeout": seconds, "checktimeout": seconds}
    if case.service == "http":
        return http_check(port, **times, **case.settings)
    kind = CheckType.CONNECT if case.service == "connect" else CheckType.NEGOTIATE
    plain = replace(BASE, kind=kind, service=case.service, port=port)
    return replace(plain, **times, **case.settings)  # type: ignore[arg-type]


async def seen(case: Case) -> Verdict:
    """Return our verdict on the server of *case*."""
    if case.peer in (silent, black_hole, nobody):
        with case.peer() as port:
            return await verdict(asks(case, port))
    async with serving(case.peer) as port:  # type: ignore[arg-type]
        return await verdict(asks(case, port))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.service}, {case.name}")
def test_a_verdict_is_as_recorded_or_there_is_a_reason(case: Case) -> None:
    said = asyncio.run(seen(case))

    assert (UP if said.passed else DOWN) == case.here, said.detail


def test_every_reason_is_in_the_documentation() -> None:
    others = [case for case in CASES if case.ours]
    lines = [
        f"| {each.service}: {each.name} | {each.recorded} | {each.ours} | {each.why} |"
        for each in others
    ]
    counted = f"Of {len(CASES)} recorded verdicts, {len(CASES) - len(others)} are ours"

    text = COMPATIBILITY.read_text()
    assert [line for line in [*lines, counted] if line not in text] == []
