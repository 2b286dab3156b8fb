import asyncio
import ssl
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from lvsha.checks.dialogue import CheckFailed
from lvsha.checks.tls import Seal
from lvsha.model import Check, Tls, TlsVerify, Verdict
from tests import certificates
from tests.checks_peers import (
    SOON,
    Script,
    answering,
    http_check,
    serving,
    silent,
    stalling,
    verdict,
)

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nstill alive"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a self-signed certificate for www.example.com, with its key."""
    return certificates.certificate(
        tmp_path_factory.mktemp("tls"), "DNS:www.example.com,IP:127.0.0.2"
    )


@pytest.fixture(scope="module")
def server(certificate: Path) -> ssl.SSLContext:
    return certificates.presenting(certificate)


def on(
    context: ssl.SSLContext | None, script: Script, check: Callable[[int], Check]
) -> Verdict:
    async def run() -> Verdict:
        async with serving(script, tls=context) as port:
            return await verdict(check(port))

    return asyncio.run(run())


def https(port: int, tls: Tls, **settings: object) -> Check:
    return http_check(port, service="https", receive="alive", tls=tls, **settings)


@pytest.mark.parametrize(
    ("verify", "virtualhost", "detail"),
    [
        (TlsVerify.NOTHING, "", ""),
        (TlsVerify.NOTHING, "no.example.com", ""),
        (TlsVerify.CHAIN, "no.example.com", ""),
        (TlsVerify.FULL, "www.example.com", ""),
        (TlsVerify.FULL, "www.example.com:443", ""),
        (TlsVerify.FULL, "no.example.com", "Hostname mismatch"),
        (TlsVerify.FULL, "", "IP address mismatch"),
        (TlsVerify.FULL, "127.0.0.2", ""),
    ],
)
def test_b62_a_certificate_is_verified_as_far_as_asked(
    certificate: Path,
    server: ssl.SSLContext,
    verify: TlsVerify,
    virtualhost: str,
    detail: str,
) -> None:
    tls = Tls(verify, str(certificate))

    seen = on(
        server,
        answering(PAGE),
        lambda port: https(port, tls, virtualhost=virtualhost),
    )

    assert seen.passed is not bool(detail)
    assert detail in seen.detail


def test_a_certificate_nobody_vouches_for_is_down(server: ssl.SSLContext) -> None:
    seen = on(server, answering(PAGE), lambda port: https(port, Tls()))

    assert seen.detail == "TLS: certificate: self-signed certificate"


def test_b62_the_virtualhost_chooses_the_certificate(
    certificate: Path,
) -> None:
    asked: list[str | None] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, f"{certificate}.key")
    context.sni_callback = lambda _sock, name, _context: asked.append(name)
    tls = Tls(TlsVerify.NOTHING)

    for virtualhost in ("www.example.com:8443", "", "[2001:db8::1]:443"):
        on(
            context,
            answering(PAGE),
            lambda port, host=virtualhost: https(port, tls, virtualhost=host),  # type: ignore[misc]
        )

    assert asked == ["www.example.com", None, None]


def test_a_long_page_comes_through(server: ssl.SSLContext) -> None:
    page = b"HTTP/1.0 200 OK\r\n\r\n" + b"." * 3_000_000
    tls = Tls(TlsVerify.NOTHING)

    def check(port: int) -> Check:
        return replace(https(port, tls), receive="")

    assert on(server, answering(page), check).passed


def test_a_server_without_tls_is_down() -> None:
    seen = on(None, answering(b"Hello\r\n", until=b""), lambda p: https(p, Tls()))

    assert seen.detail == "TLS: wrong version number"


def test_a_server_that_hangs_up_in_the_handshake_is_down() -> None:
    seen = on(None, answering(until=b"\x16"), lambda p: https(p, Tls()))

    assert seen.detail.startswith("TLS: connection ")


def test_a_handshake_that_hangs_is_down_at_its_deadline() -> None:
    with silent() as port:
        check = https(port, Tls(), negotiatetimeout=SOON)
        seen = asyncio.run(verdict(check))

    assert seen.detail == "TLS: no answer within 0.1 s"


def test_silence_after_the_handshake_is_not_the_handshakes(
    server: ssl.SSLContext,
) -> None:
    seen = on(
        server,
        stalling(b""),
        lambda p: https(p, Tls(TlsVerify.NOTHING), negotiatetimeout=SOON * 5),
    )

    assert seen.detail == "no answer within 0.5 s (waiting for the status line)"


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.pem"
    with pytest.raises(CheckFailed, match=r"cannot use '.*nothing\.pem': No such file"):
        Seal(Tls(ca=str(nothing)), "h")
    nothing.write_text("not a certificate")
    with pytest.raises(CheckFailed, match=r"cannot use '.*nothing\.pem'"):
        Seal(Tls(ca=str(nothing)), "h")


@pytest.mark.parametrize("name", ["", ".example.com", "a" * 300])
def test_a_name_that_is_none_is_down(name: str) -> None:
    with pytest.raises(CheckFailed, match="is no host name"):
        Seal(Tls(TlsVerify.NOTHING), name)


def test_an_ipv6_server_needs_no_name() -> None:
    assert not Seal(Tls(TlsVerify.NOTHING), str(ip_address("::1"))).ready


def test_what_cannot_be_said_is_the_real_servers_failure() -> None:
    with pytest.raises(CheckFailed, match="TLS: "):
        Seal(Tls(TlsVerify.NOTHING), "h").say(b"before the handshake")


def mailing(context: ssl.SSLContext, *, agrees: bool = True) -> Script:
    """Return a script that speaks SMTP, and goes on in TLS if it *agrees*."""

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"220 hi\r\n")
        while asked := await reader.readline():
            starts = asked.startswith(b"STARTTLS")
            writer.write(b"250 well\r\n" if agrees or not starts else b"454 no\r\n")
            await writer.drain()
            if starts and agrees:
                await writer.start_tls(context)

    return script


def mail(port: int, tls: Tls) -> Check:
    check = https(port, tls, virtualhost="www.example.com")
    return replace(check, service="smtp", starttls=True, port=port)


def test_starttls_goes_on_within_tls(certificate: Path, server: ssl.SSLContext) -> None:
    tls = Tls(TlsVerify.FULL, str(certificate))

    seen = on(None, mailing(server), lambda port: mail(port, tls))

    assert (seen.passed, seen.detail) == (True, "")


def test_starttls_looks_at_the_certificate(server: ssl.SSLContext) -> None:
    seen = on(None, mailing(server), lambda port: mail(port, Tls()))

    assert seen.detail == "TLS: certificate: self-signed certificate"


def test_starttls_that_is_refused_is_down(server: ssl.SSLContext) -> None:
    seen = on(None, mailing(server, agrees=False), lambda port: mail(port, Tls()))

    assert seen.detail == r"STARTTLS: expected 2xx, got '454 no\r\n'"
