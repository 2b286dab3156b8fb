"""IMAP, POP3 and SMTP as dialogues."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from lvsha.checks.dialogue import (
    Call,
    CheckFailed,
    Dialogue,
    Hidden,
    StartTls,
)
from lvsha.checks.imap import imap, imaps
from lvsha.checks.pop import pop, pops
from lvsha.checks.smtp import smtp
from lvsha.model import Check, Credentials
from tests.checks_peers import BASE, rehearse

Service = Callable[[Check], Dialogue]
ME = replace(BASE, port=7, credentials=Credentials("me", "p w"))
NOBODY = replace(ME, credentials=Credentials())


def said(dialogue: Dialogue, *heard: bytes) -> list[bytes]:
    """Return what is said after the call, the farewell included."""
    words, satisfied = rehearse(dialogue, heard)
    spoken = [word for word in words[1:] if isinstance(word, bytes) and word]
    return [*spoken, satisfied.farewell]


@pytest.mark.parametrize("greeting", [b"* OK hi\r\n", b"* preauth\r\n"])
def test_imap_greets_and_leaves(greeting: bytes) -> None:
    assert said(imap(NOBODY), greeting) == [b"3 LOGOUT\r\n"]


def test_imap_logs_in_between_what_else_is_told() -> None:
    check = replace(ME, credentials=Credentials('m"e', "p\\w"))
    heard = [b"* OK\r\n", b"* CAPABILITY\r\n* x\r\n", b"2 ok done\r\n"]

    assert said(imap(check), *heard) == [
        b'2 LOGIN "m\\"e" "p\\\\w"\r\n',
        b"3 LOGOUT\r\n",
    ]


@pytest.mark.parametrize(
    "heard",
    [
        [b"* BYE\r\n"],
        [b"+OK\r\n"],
        [b"\r\n"],
        [b"* OK\r\n", b"2 NO\r\n"],
        [b"* OK\r\n", b"1 OK\r\n"],
        [b"* OK\r\n", b"\r\n"],
        [b"* OK\r\n"],
    ],
)
def test_imap_anything_else_is_down(heard: Sequence[bytes]) -> None:
    with pytest.raises(CheckFailed):
        rehearse(imap(ME), heard)


@pytest.mark.parametrize("service", [imaps, pops])
def test_b62_the_name_for_tls_is_virtualhosts(
    service: Service,
) -> None:
    check = replace(ME, virtualhost="mail.example.com:993")

    assert next(service(check)) == Call(
        "127.0.0.1", 7, sealed=True, name="mail.example.com"
    )


def test_b7_pop_without_login_needs_a_greeting() -> None:
    assert said(pop(NOBODY), b"+OK hi\r\n") == [b"QUIT\r\n"]
    for greeting in (b"-ERR busy\r\n", b"hello\r\n"):
        with pytest.raises(CheckFailed, match=r"greeting: expected '\+OK'"):
            rehearse(pop(NOBODY), [greeting])
    with pytest.raises(CheckFailed, match="connection closed"):
        rehearse(pop(NOBODY), [])


def test_pop_logs_in() -> None:
    heard = [b"+OK\r\n", b"-ERR what\r\n", b"+OK\r\n", b"+ok\r\n"]

    assert said(pop(ME), *heard) == [
        b"CAPA\r\n",
        b"USER me\r\n",
        b"PASS p w\r\n",
        b"QUIT\r\n",
    ]


def test_pop_shows_no_password_where_it_need_not() -> None:
    """RFC 1939, 7 and RFC 2195, 2, whose examples these are."""
    check = replace(ME, credentials=Credentials("mrose", "tanstaaf"))
    stamp = b"+OK <1896.697170952@dbc.mtview.ca.us>\r\n"

    digest = said(pop(check), stamp, b"+OK\r\n")[0]
    assert digest == b"APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n"
    assert isinstance(digest, Hidden)

    check = replace(ME, credentials=Credentials("tim", "tanstaaftanstaaf"))
    challenge = b64encode(b"<1896.697170952@postoffice.reston.mci.net>")
    heard = [
        b"+OK\r\n",
        b"+OK\r\nUSER\r\nSASL PLAIN CRAM-MD5\r\n.\r\n",
        b"+ %b\r\n" % challenge,
        b"+OK\r\n",
    ]
    proof = said(pop(check), *heard)[2]
    assert proof == b64encode(b"tim b913a602c7eda7a495b4e6e7334d3890") + b"\r\n"
    assert isinstance(proof, Hidden)


def test_pop_tries_the_password_where_nothing_else_helps() -> None:
    heard = [
        b"+OK <a@b>\r\n",
        b"-ERR no\r\n",
        b"+OK\r\nSASL CRAM-MD5\r\n.\r\n",
        b"-ERR no\r\n",
        b"+OK\r\n",
        b"-ERR wrong\r\n",
    ]

    with pytest.raises(CheckFailed, match="PASS: expected"):
        rehearse(pop(ME), heard)


def test_pop_a_challenge_that_is_none_is_down() -> None:
    heard = [b"+OK\r\n", b"+OK\r\nSASL CRAM-MD5\r\n.\r\n", b"+ a\r\n"]

    with pytest.raises(CheckFailed, match="AUTH: no challenge"):
        rehearse(pop(ME), heard)


def test_smtp_says_hello_and_leaves() -> None:
    heard = [b"220-a\r\n220 b\r\n", b"250-x\r\n", b"250 y\r\n"]

    assert said(smtp(NOBODY), *heard) == [
        b"EHLO localhost.localdomain\r\n",
        b"QUIT\r\n",
    ]


def test_smtp_says_hello_as_in_the_old_days() -> None:
    heard = [b"220\r\n", b"502 no\r\n", b"250\r\n"]

    assert said(smtp(NOBODY), *heard)[1] == b"HELO localhost.localdomain\r\n"


@pytest.mark.parametrize(
    "heard",
    [
        [b"554 no\r\n"],
        [b"hello\r\n"],
        [b"220\r\n", b"500\r\n", b"500\r\n"],
        [b"220\r\n", b"421 bye\r\n"],
        [b"220-for ever\r\n"] * 3,
    ],
)
def test_smtp_anything_else_is_down(heard: Sequence[bytes]) -> None:
    with pytest.raises(CheckFailed):
        rehearse(smtp(NOBODY), heard)


ASKED = replace(NOBODY, starttls=True, virtualhost="mail.example.com")
AGREED: dict[Service, list[bytes]] = {
    imap: [b"* OK\r\n", b"1 OK go\r\n"],
    pop: [b"+OK\r\n", b"+OK go\r\n"],
    smtp: [b"220\r\n", b"250 hi\r\n", b"220 go\r\n"],
}


def up_to_tls(dialogue: Dialogue, heard: Sequence[bytes]) -> object:
    """Return what is said to the last of *heard*."""
    assert isinstance(next(dialogue), Call)
    dialogue.send(b"")
    for words in heard[:-1]:
        dialogue.send(words)
    return dialogue.send(heard[-1])


@pytest.mark.parametrize("service", AGREED)
def test_starttls_goes_on_in_tls_for_the_virtualhosts_name(
    service: Service,
) -> None:
    dialogue = service(ASKED)

    assert up_to_tls(dialogue, AGREED[service]) == StartTls("mail.example.com")


@pytest.mark.parametrize("service", AGREED)
def test_starttls_takes_no_word_from_before_for_one_within_tls(
    service: Service,
) -> None:
    heard = [*AGREED[service][:-1], AGREED[service][-1] + b"* OK injected\r\n"]

    with pytest.raises(CheckFailed, match="TLS: said before it began"):
        up_to_tls(service(ASKED), heard)


@pytest.mark.parametrize("service", AGREED)
def test_starttls_that_is_refused_is_down(
    service: Service,
) -> None:
    refusals: dict[Service, bytes] = {
        imap: b"1 BAD\r\n",
        pop: b"-ERR\r\n",
        smtp: b"454 no\r\n",
    }

    with pytest.raises(CheckFailed, match=r"(STARTTLS|STLS): expected"):
        up_to_tls(service(ASKED), [*AGREED[service][:-1], refusals[service]])


@pytest.mark.parametrize("evil", ["x\r\nDELE 1", "x\rDELE 1", "x\nDELE 1", "x\0"])
@pytest.mark.parametrize("service", [imap, pop])
def test_a_login_smuggles_no_command(service: Service, evil: str) -> None:
    greetings: dict[Service, list[bytes]] = {
        imap: [b"* OK\r\n"],
        pop: [b"+OK\r\n", b"-ERR\r\n", b"+OK\r\n"],
    }

    for credentials in (Credentials(evil, "p"), Credentials("me", evil)):
        with pytest.raises(CheckFailed, match="a line break has no place in it"):
            rehearse(service(replace(ME, credentials=credentials)), greetings[service])
