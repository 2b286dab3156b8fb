import asyncio
import ssl
from dataclasses import replace
from ipaddress import ip_address

import pytest
from pyasn1_modules.rfc2251 import LDAPMessage

from lvsha.checks.ldap import MESSAGE
from lvsha.model import Check, Credentials, Tls, TlsVerify, Verdict
from tests.certificates import certificate, presenting
from tests.checks_peers import (
    BASE,
    SOON,
    Script,
    answering,
    refusing,
    serving,
    stalling,
    verdict,
)
from tests.library_peers import LOGIN, PASSWD, Directory

KNOWN = Credentials(LOGIN, PASSWD)
MONITOR = "cn=monitor,dc=example,dc=org"


def looks(port: int, **how: object) -> Check:
    plain = replace(BASE, service="ldap", port=port, credentials=KNOWN)
    return replace(plain, **how)  # type: ignore[arg-type]


def seen(script: Script, *, host: str = "127.0.0.1", **how: object) -> Verdict:
    async def run() -> Verdict:
        async with serving(script, host=host) as port:
            return await verdict(looks(port, **how))

    return asyncio.run(run())


def test_one_entry_is_up() -> None:
    assert seen(Directory().script).passed


def test_over_ipv6_too() -> None:
    assert seen(Directory().script, host="::1", address=ip_address("::1")).passed


def test_the_entry_s_name_is_matched() -> None:
    directory = Directory((MONITOR,)).script

    assert seen(directory, receive="^cn=monitor,").passed
    assert seen(directory, receive="^cn=other").detail == (
        f"search: '{MONITOR}' does not match '^cn=other'"
    )


def test_it_binds_searches_the_base_and_takes_its_leave() -> None:
    heard: list[LDAPMessage] = []
    left: list[bytes] = []

    assert seen(Directory(heard=heard, left=left).script, request="/dc=example").passed

    kinds = [message["protocolOp"].getName() for message in heard]
    bind = heard[0]["protocolOp"]["bindRequest"]
    search = heard[1]["protocolOp"]["searchRequest"]
    assert kinds == ["bindRequest", "searchRequest"]
    assert left == [b"\x30\x05\x02\x01\x03\x42\0"]
    assert bytes(bind["name"]) == LOGIN.encode()
    assert bytes(search["baseObject"]) == b"dc=example"
    assert int(search["scope"]) == 0


@pytest.mark.parametrize("half", [Credentials(LOGIN), Credentials(passwd=PASSWD)])
def test_half_a_credential_binds_as_nobody(half: Credentials) -> None:
    heard: list[LDAPMessage] = []

    assert seen(Directory(heard=heard).script, credentials=half).passed
    assert bytes(heard[0]["protocolOp"]["bindRequest"]["name"]) == b""


def test_a_wrong_password_is_down_and_not_told() -> None:
    wrong = Credentials(LOGIN, "wrong horse")

    assert seen(Directory().script, credentials=wrong).detail == (
        "bind: invalidCredentials, 'as you say'"
    )


@pytest.mark.parametrize("names", [(), ("a=1", "a=2")])
def test_any_other_number_of_entries_is_down(names: tuple[str, ...]) -> None:
    verdict = seen(Directory(names, done=32).script)

    assert verdict.detail == (
        f"search: expected one entry, got {len(names)} (noSuchObject, 'as you say')"
    )


def test_b21_the_deadline_is_that_of_every_other_service() -> None:
    hung = seen(stalling(b"", until=b""), negotiatetimeout=SOON, checktimeout=9)

    assert hung.detail == "no answer within 0.1 s (waiting for the bind's answer)"


def test_a_hang_in_the_middle_is_down() -> None:
    class Half(Directory):
        def answers(self, message: LDAPMessage) -> list[bytes]:
            return [*super().answers(message)][:1]

    verdict = seen(Half().script, negotiatetimeout=SOON)

    assert verdict.detail == "no answer within 0.1 s (waiting for the search's answer)"


def test_refused_is_down_at_once() -> None:
    assert asyncio.run(verdict(looks(refusing()))).detail == "connect: refused"


@pytest.mark.parametrize(
    "words",
    [
        b"220 hello\r\n",
        b"x" * 1_000_000,
        b"\x30\x80",
        b"\x30\x85\0\0\0\0\0",
        b"\x30\x84\x7f\xff\xff\xff",
        b"\x30\x83" + (MESSAGE + 1).to_bytes(3),
        b"\x30\x03\x02\x01\x01",
        b"\x30\x02\x30\x00",
        b"\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00",
        b"\x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x00\x04\x00\x04\x00",
        b"\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x34\x04\x00\x04\x00",
        b"\x30\x82\x40\x00" + b"\x30\x80" * 8192,
        b"",
    ],
)
def test_anything_else_is_down(words: bytes) -> None:
    assert not seen(answering(words, until=b"")).passed


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return presenting(certificate(tmp_path_factory.mktemp("tls")))


def test_ldaps_verifies_nothing_unless_it_is_told_to(
    self_signed: ssl.SSLContext,
) -> None:
    async def run(verify: TlsVerify) -> Verdict:
        async with serving(Directory().script, tls=self_signed) as port:
            how = {"service": "ldaps", "tls": Tls(verify)}
            return await verdict(looks(port, **how))

    assert asyncio.run(run(TlsVerify.NOTHING)).passed
    assert asyncio.run(run(TlsVerify.CHAIN)).detail.startswith("TLS: certificate: ")


def test_starttls_goes_on_in_tls_and_binds_there(self_signed: ssl.SSLContext) -> None:
    heard: list[LDAPMessage] = []
    directory = Directory(tls=self_signed, heard=heard)
    how = {"starttls": True, "tls": Tls(TlsVerify.NOTHING)}

    assert seen(directory.script, **how).passed  # type: ignore[arg-type]
    assert [one["protocolOp"].getName() for one in heard] == [
        "extendedReq",
        "bindRequest",
        "searchRequest",
    ]


def test_starttls_that_is_refused_is_down_and_no_password_is_said() -> None:
    heard: list[LDAPMessage] = []
    verdict = seen(Directory(heard=heard).script, starttls=True)

    assert verdict.detail == "StartTLS: protocolError, 'as you say'"
    assert len(heard) == 1
