import asyncio
import gc
import ssl
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from lvsha.model import Check, Credentials, Verdict
from tests.certificates import certificate, presenting
from tests.checks_peers import (
    AGES,
    BASE,
    SOON,
    Script,
    answering,
    black_hole,
    refusing,
    serving,
    silent,
    verdict,
)
from tests.library_peers import LOGIN, PASSWD, Mysql, Postgres

KNOWN = Credentials(LOGIN, PASSWD, database="directors")
ALL = ("mysql", "pgsql", "oracle")
OPEN = ("mysql", "pgsql")  # those whose protocol a stand-in speaks

# By service: a server with so many rows, or with something else to say.
ROWS: dict[str, Callable[[int], Script]] = {
    "mysql": lambda rows: Mysql(rows).script,
    "pgsql": lambda rows: Postgres(f"SELECT {rows}").script,
}
REFUSING: dict[str, Callable[[str], Script]] = {
    "mysql": lambda why: Mysql(error=why).script,
    "pgsql": lambda why: Postgres(error=why).script,
}
STALLING: dict[str, Script] = {
    "mysql": Mysql(stall=True).script,
    "pgsql": Postgres(stall=True).script,
}
CHANGING: dict[str, Callable[[int], Script]] = {
    "mysql": lambda rows: Mysql(changed=rows).script,
    "pgsql": lambda rows: Postgres(f"UPDATE {rows}").script,
}


def asks(service: str, port: int, **how: object) -> Check:
    plain = replace(
        BASE,
        service=service,
        port=port,
        request="/select 1 from enabled",
        credentials=KNOWN,
    )
    return replace(plain, **how)  # type: ignore[arg-type]


def seen(
    service: str, script: Script, *, host: str = "127.0.0.1", **how: object
) -> Verdict:
    async def run() -> Verdict:
        async with serving(script, host=host) as port:
            return await verdict(asks(service, port, **how))

    return asyncio.run(run())


@pytest.mark.parametrize("service", OPEN)
@pytest.mark.parametrize("rows", [1, 2001])
def test_a_row_is_up_and_so_are_many(service: str, rows: int) -> None:
    seen_there = seen(service, ROWS[service](rows))

    assert (seen_there.passed, seen_there.detail) == (True, "")


@pytest.mark.parametrize("service", OPEN)
def test_over_ipv6_too(service: str) -> None:
    there = seen(service, ROWS[service](1), host="::1", address=ip_address("::1"))

    assert there.passed


@pytest.mark.parametrize("service", OPEN)
def test_no_row_is_down(service: str) -> None:
    assert seen(service, ROWS[service](0)).detail == "request: not a single row"


@pytest.mark.parametrize("service", OPEN)
@pytest.mark.parametrize("rows", [0, 1])
def test_rows_that_were_changed_count_as_rows(service: str, rows: int) -> None:
    assert seen(service, CHANGING[service](rows)).passed == bool(rows)


@pytest.mark.parametrize(("tag", "passed"), [("SHOW", True), ("SET", False)])
def test_postgresql_shows_a_setting_in_a_row(tag: str, *, passed: bool) -> None:
    assert seen("pgsql", Postgres(tag).script).passed == passed


@pytest.mark.parametrize("service", OPEN)
def test_b12_a_statement_that_is_refused_is_down(service: str) -> None:
    there = seen(service, REFUSING[service]("no table 'enabled'"))

    assert there.detail == "request: \"no table 'enabled'\""


@pytest.mark.parametrize("service", OPEN)
def test_a_wrong_password_is_down_and_not_told(service: str) -> None:
    wrong = Credentials(LOGIN, "wrong horse")
    there = seen(service, ROWS[service](1), credentials=wrong)

    assert not there.passed
    assert there.detail.startswith("login: ")
    assert LOGIN in there.detail
    assert "horse" not in there.detail


@pytest.mark.parametrize("service", ALL)
@pytest.mark.parametrize(
    "missing",
    [{"credentials": Credentials(passwd=PASSWD)}, {"request": "/"}],
    ids=["login", "request"],
)
def test_without_a_login_or_a_request_it_is_down(
    service: str, missing: dict[str, object]
) -> None:
    there = asyncio.run(verdict(asks(service, refusing(), **missing)))

    assert there.detail == "a database needs a login and a request"


@pytest.mark.parametrize("service", ALL)
def test_without_a_port_it_is_down(service: str) -> None:
    there = asyncio.run(verdict(replace(asks(service, 0), port=None)))

    assert there.detail.startswith("no port to check")


def test_oracle_needs_a_sid() -> None:
    known = Credentials(LOGIN, PASSWD)
    there = asyncio.run(verdict(asks("oracle", refusing(), credentials=known)))

    assert there.detail == "an Oracle database needs a SID in database"


@pytest.mark.parametrize("service", ALL)
def test_refused_is_down_at_once(service: str) -> None:
    there = asyncio.run(verdict(asks(service, refusing())))

    assert (there.passed, there.detail) == (False, "connect: refused")


@pytest.mark.parametrize("service", ALL)
def test_b20_silence_is_down_at_the_deadline(service: str) -> None:
    with silent() as port:
        there = asyncio.run(verdict(asks(service, port, negotiatetimeout=SOON)))

    assert there.detail == "no answer within 0.1 s"


@pytest.mark.parametrize("service", ALL)
def test_b20_a_black_hole_is_down_at_the_deadline(service: str) -> None:
    with black_hole() as port:
        there = asyncio.run(verdict(asks(service, port, negotiatetimeout=SOON)))

    assert there.detail == "no answer within 0.1 s"


@pytest.mark.parametrize("service", OPEN)
def test_b20_a_hang_in_the_middle_is_down_at_the_deadline(service: str) -> None:
    complaints: list[str] = []

    async def run() -> Verdict:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, how: complaints.append(how["message"]))
        async with serving(STALLING[service]) as port:
            return await verdict(asks(service, port, negotiatetimeout=5 * SOON))

    assert asyncio.run(run()).detail == "no answer within 0.5 s"
    gc.collect()
    assert not [one for one in complaints if "never retrieved" in one]


@pytest.mark.parametrize("service", ALL)
@pytest.mark.parametrize(
    "words",
    [b"", b"220 hello\r\n", b"\0" * 64, b"x" * 1_000_000, b"E\0\0\0\x08ouch", b"S"],
    ids=["hangs up", "a line", "zeros", "a megabyte", "an error", "TLS"],
)
def test_anything_else_is_down(service: str, words: bytes) -> None:
    there = seen(service, answering(words, until=b""), negotiatetimeout=20 * SOON)

    assert not there.passed
    assert there.detail


@pytest.mark.parametrize("service", ALL)
def test_a_reset_is_down(service: str) -> None:
    async def script(_r: asyncio.StreamReader, w: asyncio.StreamWriter) -> None:
        linger = b"\1\0\0\0\0\0\0\0"
        w.get_extra_info("socket").setsockopt(1, 13, linger)

    there = seen(service, script)

    assert not there.passed
    assert there.detail


async def flooding(writer: asyncio.StreamWriter, said: bytes, more: bytes) -> None:
    """Say *said*, and *more* for as long as anybody listens."""
    writer.write(said)
    while not writer.is_closing():
        writer.write(more)
        await writer.drain()
        # Not every transport makes who drains it wait, or tells at once of its end.
        await asyncio.sleep(0)


async def endless_greeting(_: asyncio.StreamReader, w: asyncio.StreamWriter) -> None:
    """Greet as MySQL does, in packets that are always followed by another."""
    number = 0
    while not w.is_closing():
        w.write(Mysql.packet(number, bytes(0xFFFFFF)))
        await w.drain()
        number = (number + 1) % 256


async def endless_message(r: asyncio.StreamReader, w: asyncio.StreamWriter) -> None:
    """Ask for a password, as PostgreSQL does, in a message of 2 GB."""
    await Postgres.startup(r)
    w.write(b"N")
    await Postgres.startup(r)
    await flooding(w, b"R\x7f\xff\xff\xff", bytes(1 << 16))


async def endless_rows(r: asyncio.StreamReader, w: asyncio.StreamWriter) -> None:
    """Let in whoever comes, and answer with one row after the other."""
    await Postgres.startup(r)
    w.write(b"N")
    await Postgres.startup(r)
    w.write(Postgres.message(b"R", bytes(4)))
    w.write(Postgres.message(b"S", b"server_version\x0015.1\0"))
    w.write(Postgres.message(b"K", bytes(8)) + Postgres.message(b"Z", b"I"))
    await Postgres.heard(r)
    column = b"x\0" + bytes(18)
    row = Postgres.message(b"D", b"\0\1\0\0\xff\xff" + bytes(0xFFFF))
    await flooding(w, Postgres.message(b"T", b"\0\1" + column), row)


@pytest.mark.parametrize(
    ("service", "script"),
    [
        ("mysql", endless_greeting),
        ("pgsql", endless_message),
        ("pgsql", endless_rows),
    ],
)
def test_a_server_that_never_ends_is_down_before_it_fills_the_memory(
    service: str, script: Script
) -> None:
    there = seen(service, script)

    assert (there.passed, there.detail) == (False, "answer: more than 16 MiB")
    assert there.seconds < AGES


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """Return a server's side of TLS, with a certificate nobody vouches for."""
    return presenting(certificate(tmp_path))


def test_what_comes_through_tls_is_bounded_as_well(tls: ssl.SSLContext) -> None:
    async def script(r: asyncio.StreamReader, w: asyncio.StreamWriter) -> None:
        await Postgres.startup(r)
        w.write(b"S")
        await w.start_tls(tls)
        await Postgres.startup(r)
        await flooding(w, b"R\x7f\xff\xff\xff", bytes(1 << 16))

    there = seen("pgsql", script)

    assert (there.passed, there.detail) == (False, "answer: more than 16 MiB")
