"""What ldirectord was seen to say of servers that talk in text."""

import asyncio
import gzip
from typing import Final

from lvsha.model import Credentials
from tests.checks_peers import Script, answering, black_hole, silent, stalling
from tests.compat.recorded import (
    DOWN,
    HANGS,
    UP,
    Case,
    Datagrams,
    nobody,
    nowhere,
)

ME: Final = Credentials("me", "correct")


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
    Case(
        "compressed",
        "http",
        answering(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
            + gzip.compress(b"still alive")
        ),
        DOWN,
        ALIVE,
    ),
    Case(
        "a line begins in the middle",
        "http",
        answering(page(b"still\nalive")),
        DOWN,
        {"receive": "^alive"},
    ),
    Case(
        "absolute request",
        "http_proxy",
        answering(page(b"still alive")),
        UP,
        {**ALIVE, "url": "http://site.example/"},
    ),
    Case(
        "relative request",
        "http_proxy",
        answering(page(b"still alive")),
        DOWN,
        {**ALIVE, "url": "/"},
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
        hangs=True,
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
    Case("only a greeting", "simpletcp", answering(b"ok\n", until=b""), UP, LINE),
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
    Case("200 OK, udp", "sip", Datagrams(lambda _: SIP_OK), UP, LOGIN),
    Case("200 Okay", "sip", answering(SIP_OK.replace(b"OK", b"Okay")), DOWN, LOGIN),
    Case("404", "sip", answering(b"SIP/2.0 404 No\r\n\r\n"), DOWN, LOGIN),
    Case("silent", "sip", silent, DOWN, LOGIN),
    Case("refused", "sip", nobody, DOWN, LOGIN),
    Case("accepted", "connect", silent, UP),
    Case("refused", "connect", nobody, DOWN),
    Case("black hole", "connect", black_hole, DOWN),
    Case("no port", "connect", nowhere, DOWN),
)
TEXT: Final = (*HTTP, *MAIL, *OTHERS)
