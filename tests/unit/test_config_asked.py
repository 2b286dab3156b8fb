"""What a configuration file has checked, and how."""

from ipaddress import IPv4Address

import pytest

from lvsha.identity import Protocol
from lvsha.model import CheckType, Credentials, TlsVerify
from tests.unit.reading import check


def test_a_check_knows_everything_its_verdict_depends_on() -> None:
    made = check(
        "service=https",
        'request="index.html"',
        'receive="ok"',
        "httpmethod=head",
        "virtualhost=www.example.org",
        "checkport=8443",
        'login="me"',
        'passwd="pw"',
        'database="db"',
        'secret="s"',
        "tls_verify=full",
        'tls_ca="/etc/ca.pem"',
        "checkcount=3",
    )

    assert made.kind is CheckType.NEGOTIATE
    assert made.transport is Protocol.TCP
    assert made.address == IPv4Address("127.0.0.2")
    assert made.port == 8443
    assert made.url == "https://127.0.0.2:8443/index.html"
    assert made.credentials == Credentials("me", "pw", "db", "s")
    assert (made.tls.verify, made.tls.ca) == (TlsVerify.FULL, "/etc/ca.pem")
    assert (made.httpmethod, made.virtualhost) == ("HEAD", "www.example.org")
    assert (made.request, made.receive) == ("/index.html", "ok")
    assert made.checkcount == 3


def test_reals_that_differ_only_in_credentials_are_checked_apart() -> None:
    """B24."""
    assert check('login="a"', "service=pop") != check('login="b"', "service=pop")


@pytest.mark.parametrize(
    ("service", "verify"),
    [
        ("https", TlsVerify.CHAIN),
        ("pops", TlsVerify.CHAIN),
        ("imaps", TlsVerify.CHAIN),
        ("ldaps", TlsVerify.NOTHING),
    ],
)
def test_certificates_are_verified_as_ldirectord_does(
    service: str, verify: TlsVerify
) -> None:
    assert check(f"service={service}").tls.verify is verify


@pytest.mark.parametrize(
    ("real", "expected"),
    [
        ('127.0.0.2:80 gate "a","b"', "http://127.0.0.2:80/a"),
        ('127.0.0.2:80 gate "http://x.y/z","b"', "http://x.y/z"),
        ("127.0.0.2:80 gate", "http://127.0.0.2:80/"),
    ],
)
def test_the_url_is_the_real_servers_own_if_it_has_one(
    real: str, expected: str
) -> None:
    assert check("service=http", real=real).url == expected


def test_an_external_command_gets_four_arguments() -> None:
    made = check(
        "checktype=external",
        "checkcommand=/bin/check",
        real="[::2]:81 masq",
        header="virtual6=[::1]:80\n",
    )

    assert made.command == "/bin/check"
    assert made.arguments == ("[::1]", "80", "[::2]", "81")


def test_an_external_command_of_a_mark_gets_mark_and_zero() -> None:
    made = check("checktype=external", real="127.0.0.2 gate", header="virtual=7\n")

    assert made.arguments == ("7", "0", "127.0.0.2", "0")


def test_a_combined_check_of_no_service_connects() -> None:
    """B65."""
    made = check("checktype=3", "service=none")

    assert made.kind is CheckType.CONNECT


def test_an_inferred_service_has_its_default_login() -> None:
    """B47."""
    made = check(header="virtual=127.0.1.1:21\n")

    assert made.credentials == Credentials("anonymous", "ldirectord@testhost")


@pytest.mark.parametrize(
    ("directives", "expected"),
    [
        (("service=smtp", "starttls=yes"), (True, TlsVerify.CHAIN)),
        (("service=imap", "starttls=yes", "tls_verify=no"), (True, TlsVerify.NOTHING)),
        (("service=ldap", "starttls=yes", "tls_verify=full"), (True, TlsVerify.FULL)),
        (("service=pop", "starttls=no"), (False, TlsVerify.CHAIN)),
        (("service=imaps", "starttls=yes"), (False, TlsVerify.CHAIN)),
    ],
)
def test_what_begins_in_the_clear_goes_on_in_tls_if_asked(
    directives: tuple[str, ...], expected: tuple[bool, TlsVerify]
) -> None:
    made = check(*directives)

    assert (made.starttls, made.tls.verify) == expected
