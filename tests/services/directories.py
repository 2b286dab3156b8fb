"""Directories: slapd."""

from typing import Final

from tests.services.daemons import HERE, SELF_SIGNED, Daemon, everywhere
from tests.services.rows import DOWN, FAULTS, UP, Cell, Outcome, Row

_SLAPD: Final = """\
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile PLACE/{name}.pid
tlscertificatefile TLS/{certificate}.pem
tlscertificatekeyfile TLS/{key}.key
database mdb
suffix "dc=example,dc=org"
directory PLACE/{name}
"""
_OWN: Final = _SLAPD.format(name="own", certificate="cert", key="KEY").replace(
    "KEY.key", "key.pem"
)
_SELF: Final = _SLAPD.format(name="self", certificate="self", key="self")

_ENTRIES: Final = """\
dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
dc: example
o: example

dn: cn=me,dc=example,dc=org
objectClass: person
cn: me
sn: me
userPassword: correct
"""

_URLS: Final = " ".join(
    f"{scheme}://{host}/" for scheme in ("ldap", "ldaps") for host in (HERE, "[::1]")
)
_SELF_URLS: Final = f"ldap://{SELF_SIGNED}/ ldaps://{SELF_SIGNED}/"
_RUN: Final = (
    f"slapd -d 0 -h '{_SELF_URLS}' -f PLACE/self.conf &"
    f" exec slapd -d 0 -h '{_URLS}' -f PLACE/own.conf"
)

SLAPD: Final = Daemon(
    "slapd",
    ("sh", "-c", _RUN),
    (*everywhere(389, 636), f"{SELF_SIGNED}:389", f"{SELF_SIGNED}:636"),
    files={"own.conf": _OWN, "self.conf": _SELF, "entries": _ENTRIES},
    prepare=(
        ("install", "-d", "PLACE/own", "PLACE/self"),
        ("slapadd", "-f", "PLACE/own.conf", "-l", "PLACE/entries"),
        ("slapadd", "-f", "PLACE/self.conf", "-l", "PLACE/entries"),
    ),
)

_ME: Final = {
    "login": '"cn=me,dc=example,dc=org"',
    "passwd": '"correct"',
    "request": '"dc=example,dc=org"',
    "receive": '"^dc=example,"',
}
_WRONG: Final = {"passwd": '"wrong"'}
_ANOTHER: Final = {"receive": '"^dc=another,"'}
_NOBODY: Final = {"request": '"dc=nobody,dc=org"'}
_COMMON: Final = {
    Outcome.UP: Cell(UP),
    Outcome.IPV6: Cell(UP),
    Outcome.WRONG: Cell(DOWN, directives=_ANOTHER),
    Outcome.PASSWORD: Cell(DOWN, directives=_WRONG),
    **FAULTS,
}

ROWS: Final = (
    Row(
        "ldap",
        "ldap",
        389,
        SLAPD,
        {**_COMMON, Outcome.SEALED: Cell(DOWN, f"{HERE}:636")},
        _ME,
        senseless=frozenset({Outcome.CERTIFICATE, Outcome.PLAIN}),
    ),
    Row(
        "ldap, anonymous",
        "ldap",
        389,
        SLAPD,
        {Outcome.UP: Cell(UP), Outcome.WRONG: Cell(DOWN, directives=_NOBODY)},
        {"receive": '"^$"'},
        senseless=frozenset({Outcome.CERTIFICATE, Outcome.PLAIN, Outcome.PASSWORD}),
    ),
    Row(
        "ldap, STARTTLS",
        "ldap",
        389,
        SLAPD,
        {
            **_COMMON,
            Outcome.CERTIFICATE: Cell(
                DOWN,
                f"{SELF_SIGNED}:389",
                original=UP,
                because="it knows no STARTTLS",
            ),
        },
        _ME,
        {"starttls": "yes"},
        senseless=frozenset({Outcome.PLAIN, Outcome.SEALED}),
    ),
    Row(
        "ldaps",
        "ldaps",
        636,
        SLAPD,
        {
            **_COMMON,
            Outcome.CERTIFICATE: Cell(UP, f"{SELF_SIGNED}:636"),
            Outcome.PLAIN: Cell(DOWN, f"{HERE}:389"),
        },
        _ME,
        senseless=frozenset({Outcome.SEALED}),
        middle=100,
    ),
)
