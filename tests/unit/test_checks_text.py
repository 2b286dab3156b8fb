"""NNTP, SIP and FTP as dialogues, and over sockets where they need more than one."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address

import pytest

from lvsha.checks.dialogue import (
    Again,
    Beside,
    Call,
    CheckFailed,
    Dialogue,
    Ourselves,
    Satisfied,
    Word,
)
from lvsha.checks.ftp import ftp
from lvsha.checks.nntp import nntp
from lvsha.checks.sip import sip
from lvsha.identity import Protocol
from lvsha.model import Check, CheckType, Credentials, Verdict
from tests.checks_peers import (
    BASE,
    SOON,
    Site,
    black_hole,
    refusing,
    rehearse,
    serving,
    verdict,
)

ME = replace(BASE, port=7, credentials=Credentials("me", "correct"))


@pytest.mark.parametrize("greeting", [b"200 hi\r\n", b"201", b"2junk"])
def test_nntp_any_greeting_that_begins_with_2_is_up(greeting: bytes) -> None:
    said, satisfied = rehearse(nntp(ME), [greeting])

    assert said == [Call("127.0.0.1", 7, name="127.0.0.1"), b""]
    assert satisfied.farewell == b"QUIT\r\n"


@pytest.mark.parametrize("heard", [[b"400 no\r\n"], [b"* OK\r\n"], []])
def test_nntp_anything_else_is_down(heard: Sequence[bytes]) -> None:
    with pytest.raises(CheckFailed, match="greeting: expected"):
        rehearse(nntp(ME), heard)


def options(
    check: Check, heard: Sequence[bytes], ourselves: bytes = b"127.0.0.1:9"
) -> tuple[list[bytes], Satisfied]:
    """Return the lines asked, and what came of *heard*."""
    dialogue = sip(check)
    assert isinstance(next(dialogue), Call)
    assert dialogue.send(b"") == Ourselves()
    word = dialogue.send(ourselves)
    assert isinstance(word, Again) is (check.transport is Protocol.UDP)
    asked = word.words if isinstance(word, Again) else word
    assert isinstance(asked, bytes)
    try:
        for words in heard:
            dialogue.send(words)
        dialogue.send(b"")
    except StopIteration as satisfied:
        return asked.split(b"\r\n"), satisfied.value
    raise AssertionError("the dialogue went on after the end")


OK = b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n"


def test_sip_asks_as_ldirectord_does() -> None:
    check = replace(ME, credentials=Credentials("me@host"))

    lines, satisfied = options(check, [OK])

    assert lines[0] == b"OPTIONS sip:me@host SIP/2.0"
    assert lines[2:4] == [b"Max-Forwards: 70", b"To: <sip:me@host>"]
    assert lines[4].startswith(b"From: <sip:me@host>;tag=")
    assert len(lines[5]) == len(b"Call-ID: ") + 16
    assert lines[6:] == [
        b"CSeq: 63104 OPTIONS",
        b"Contact: <sip:me@host>",
        b"Accept: application/sdp",
        b"Content-Length: 0",
        b"",
        b"",
    ]
    assert satisfied.status == "SIP/2.0 200 OK"


@pytest.mark.parametrize("transport", [Protocol.TCP, Protocol.UDP])
def test_b48_via_says_how_and_whence_and_is_nobody_elses(transport: Protocol) -> None:
    check = replace(ME, transport=transport)

    lines = [options(check, [OK], b"[::1]:9")[0] for _ in range(2)]

    via = f"Via: SIP/2.0/{transport.name} [::1]:9;branch=z9hG4bK".encode()
    assert all(each[1].startswith(via) for each in lines)
    for differs in (1, 4, 5):
        assert lines[0][differs] != lines[1][differs]


@pytest.mark.parametrize(
    "heard",
    [
        [OK[:9], OK[9:20], OK[20:]],
        [b"SIP/2.0 200 OK\n\n"],
        [b"SIP/2.0 200 OKAY\r\n\r\n"],
        [b"SIP/2.0 100 Trying\r\n\r\n" + OK],
        [b"SIP/2.0 100 Trying\r\n\r\n", OK],
    ],
)
def test_sip_200_ok_is_up(heard: Sequence[bytes]) -> None:
    options(ME, heard)


@pytest.mark.parametrize(
    "heard",
    [
        [b"SIP/2.0 200 Okay\r\n\r\n"],
        [b"SIP/2.0 404 Not Found\r\n\r\n"],
        [b"\r\n\r\n"],
        [b"SIP/2.0 200 OK\r\n"],
        [b"SIP/2.0 100 Trying\r\n\r\n"],
        [b"x" * 600_000] * 2,
        [],
    ],
)
def test_sip_anything_else_is_down(heard: Sequence[bytes]) -> None:
    with pytest.raises(CheckFailed):
        options(ME, heard)


def test_sip_a_datagram_needs_no_end() -> None:
    check = replace(ME, transport=Protocol.UDP)

    options(check, [b"SIP/2.0 200 OK\r\n"])
    with pytest.raises(CheckFailed):
        options(check, [b"x"])


def test_sip_a_login_smuggles_no_header() -> None:
    with pytest.raises(CheckFailed, match="no place"):
        next(sip(replace(ME, credentials=Credentials("me\r\nRoute: x"))))


FILE = replace(ME, request="/a.txt", receive="alive")
IN = [b"220 hi\r\n", b"331 who\r\n", b"230 you\r\n"]
AT = b"227 Entering (10,0,0,9,1,2).\r\n"


def fetched(
    check: Check, heard: Sequence[bytes], file: bytes = b"still alive"
) -> list[Word]:
    """Return what is said in fetching *file*, to the farewell."""
    dialogue: Dialogue = ftp(check)
    said: list[Word] = [next(dialogue), dialogue.send(b"")]
    try:
        for words in heard:
            word = dialogue.send(words)
            said.append(word)
            if isinstance(word, Beside):
                word.into.standing = True
                said.append(dialogue.send(b""))
                word.into.heard += file
                word.into.over = True
        dialogue.send(b"")
    except StopIteration as satisfied:
        return [*said, satisfied.value.farewell]
    raise AssertionError("the dialogue went on after the end")


def test_ftp_fetches_the_file_from_the_real_server() -> None:
    heard = [*IN, b"250\r\n", b"200\r\n", AT, b"150 now\r\n226 done\r\n"]

    said = fetched(FILE, heard)

    assert said[2:7] == [
        b"USER me\r\n",
        b"PASS correct\r\n",
        b"CWD /\r\n",
        b"TYPE I\r\n",
        b"PASV\r\n",
    ]
    beside = said[7]
    assert isinstance(beside, Beside)
    assert (beside.call.host, beside.call.port) == ("127.0.0.1", 258)
    assert said[8:] == [b"RETR /a.txt\r\n", b"QUIT\r\n"]


def test_ftp_asks_for_a_port_of_ipv6_in_its_own_way() -> None:
    check = replace(FILE, address=ip_address("::1"))
    at = b"229 Extended (|||6446|)\r\n"

    said = fetched(check, [*IN, b"250\r\n", b"200\r\n", at, b"150\r\n226\r\n"])

    assert said[6] == b"EPSV\r\n"
    assert isinstance(said[7], Beside)
    assert said[7].call.port == 6446


def test_b8_ftp_without_receive_logs_in() -> None:
    check = replace(ME, request="/")

    assert fetched(check, IN)[-1] == b"QUIT\r\n"
    assert fetched(check, [b"220\r\n", b"230 come in\r\n"])[-1] == b"QUIT\r\n"
    with pytest.raises(CheckFailed, match="login: expected 2xx"):
        fetched(check, [*IN[:2], b"530 no\r\n"])
    with pytest.raises(CheckFailed, match="greeting: expected 2xx"):
        fetched(check, [b"421 busy\r\n"])


def test_b8_ftp_without_receive_fetches_what_was_asked_for() -> None:
    check = replace(FILE, receive="")
    heard = [*IN, b"250\r\n", b"200\r\n", AT]

    fetched(check, [*heard, b"150\r\n226\r\n"], b"")
    with pytest.raises(CheckFailed, match="RETR: expected 1xx, got '550"):
        fetched(check, [*heard, b"550 no such file\r\n"])
    with pytest.raises(CheckFailed, match="RETR: expected 2xx, got '426"):
        fetched(check, [*heard, b"150\r\n426 aborted\r\n"])


@pytest.mark.parametrize(
    "at",
    [
        b"227 (1,2,3)\r\n",
        b"227 (1,2,3,4,256,9)\r\n",
        b"500\r\n",
        b"227 (1,2,3,4,0,0)\r\n",
    ],
)
def test_ftp_nowhere_to_fetch_from_is_down(at: bytes) -> None:
    with pytest.raises(CheckFailed, match="passive mode: no port"):
        fetched(FILE, [*IN, b"250\r\n", b"200\r\n", at])


def test_ftp_another_file_is_down() -> None:
    heard = [*IN, b"250\r\n", b"200\r\n", AT, b"150\r\n226\r\n"]

    with pytest.raises(CheckFailed, match="file: nothing matches 'alive'"):
        fetched(FILE, heard, b"dead")


def test_ftp_smuggles_no_command() -> None:
    for check in (
        replace(FILE, credentials=Credentials("a\rb", "c")),
        replace(FILE, credentials=Credentials("a", "b\nDELE x")),
        replace(FILE, request="/a\r\nDELE x"),
    ):
        with pytest.raises(CheckFailed, match="no place"):
            fetched(check, [*IN, b"250\r\n"])


def visited(site: Site, **settings: object) -> Verdict:
    async def run() -> Verdict:
        async with serving(site.control) as port:
            check = replace(FILE, kind=CheckType.NEGOTIATE, service="ftp", port=port)
            return await verdict(replace(check, **settings))  # type: ignore[arg-type]

    return asyncio.run(run())


def test_ftp_hears_a_second_connection_out() -> None:
    site = Site(b"." * 300_000 + b"alive")

    seen = visited(site)

    assert (seen.passed, seen.detail) == (True, "")
    assert b"RETR /a.txt\r\n" in site.asked


def test_ftp_has_heard_enough_of_an_endless_file() -> None:
    assert visited(Site(b"alive" + b"." * (1 << 20), ends=False)).passed


def test_ftp_a_file_that_does_not_end_is_down_at_the_deadline() -> None:
    seen = visited(Site(b"alive", ends=False), negotiatetimeout=SOON)

    assert seen.detail == "no answer within 0.1 s"


def talked(check: Check, service: str, port: int) -> Verdict:
    """Return the verdict over a socket."""
    made = replace(check, kind=CheckType.NEGOTIATE, service=service, port=port)
    return asyncio.run(verdict(replace(made, negotiatetimeout=SOON)))


@pytest.mark.parametrize("service", ["nntp", "imap", "pop", "smtp", "ftp", "sip"])
def test_b19_who_does_not_answer_a_call_is_down_at_the_deadline(service: str) -> None:
    with black_hole() as port:
        seen = talked(ME, service, port)

    assert seen.detail == "connect: no answer within 0.1 s"


@pytest.mark.parametrize("service", ["imap", "imaps"])
def test_b22_imap_goes_to_the_port_that_is_written_once(service: str) -> None:
    port = refusing()

    seen = talked(ME, service, port)

    assert seen.detail == "connect: refused"


def test_sip_says_over_a_socket_whence_it_comes() -> None:
    heard: list[bytes] = []

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        heard.append(str(writer.get_extra_info("peername")[1]).encode())
        writer.write(OK)

    async def run() -> Verdict:
        async with serving(script) as port:
            made = replace(ME, kind=CheckType.NEGOTIATE, service="sip", port=port)
            return await verdict(made)

    assert asyncio.run(run()).passed
    assert b"Via: SIP/2.0/TCP 127.0.0.1:%b;" % heard[1] in heard[0]
