"""What ldirectord was seen to say of servers with more than text, and of programs."""

from typing import Final

import dns.rcode
from pyrad.packet import AccessChallenge, AccessReject

from lvsha.identity import Protocol
from lvsha.model import Credentials, Tls, TlsVerify
from tests.checks_peers import Site, answering, black_hole, silent
from tests.compat.recorded import (
    DIES,
    DOWN,
    UP,
    Case,
    Datagrams,
    Program,
    Sealed,
    nobody,
)
from tests.library_peers import (
    LOGIN,
    PASSWD,
    SECRET,
    Directory,
    Mysql,
    Postgres,
    in_stream,
    name_server,
    radius_server,
)

KNOWN: Final = Credentials(LOGIN, PASSWD, database="directors", secret=SECRET)
ALIVE: Final = {"receive": "alive"}
PAGE: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalive"
CHAIN: Final = {**ALIVE, "tls": Tls(TlsVerify.CHAIN)}

TLS: Final = (
    Case("self-signed", "https", Sealed(answering(PAGE)), DOWN, CHAIN),
    Case("plain text", "https", answering(PAGE, until=b""), DOWN, CHAIN),
    Case("hangs in the handshake", "https", silent, DOWN, CHAIN),
    Case(
        "self-signed",
        "ldaps",
        Sealed(Directory().script),
        UP,
        {"tls": Tls(TlsVerify.NOTHING)},
    ),
)

FILE: Final = {"request": "/a.txt", "receive": "alive", "credentials": KNOWN}
ANY: Final = {"request": "/a.txt", "credentials": KNOWN}
B8: Final = "B8: what was asked for must come"
FTP: Final = (
    Case("matches", "ftp", Site(b"still alive").control, UP, FILE),
    Case("mismatch", "ftp", Site(b"dead").control, DOWN, FILE),
    Case("missing", "ftp", Site(None).control, DOWN, FILE),
    Case("no receive", "ftp", Site(b"any").control, UP, ANY),
    Case("no receive, missing", "ftp", Site(None).control, UP, ANY, DOWN, B8),
    Case(
        "no receive, bad login",
        "ftp",
        Site(b"any", knows=False).control,
        UP,
        ANY,
        DOWN,
        B8,
    ),
    Case("no receive, refused", "ftp", nobody, UP, ANY, DOWN, B8),
    Case("no receive, black hole", "ftp", black_hole, UP, ANY, DOWN, B8),
)

ONE: Final = "www.example.org. 60 IN A 192.0.2.1"
TWO: Final = "www.example.org. 60 IN A 192.0.2.2"
SIX: Final = "www.example.org. 60 IN AAAA 2001:db8::1"
NAME: Final = "1.2.0.192.in-addr.arpa. 60 IN PTR www.example.org."
ADDRESS: Final = {"request": "/www.example.org", "receive": r"192\.0\.2\.1"}
STREAM: Final = {**ADDRESS, "transport": Protocol.TCP}
DGRAM: Final = {**ADDRESS, "transport": Protocol.UDP}


def names(*lines: str) -> Datagrams:
    return Datagrams(name_server(lines))


DNS: Final = (
    Case("matches", "dns", names(ONE), UP, ADDRESS),
    Case("second record", "dns", names(ONE, TWO), UP, {**ADDRESS, "receive": "2$"}),
    Case("part of it", "dns", names(ONE), UP, {**ADDRESS, "receive": "2.0"}),
    Case(
        "an address's name",
        "dns",
        names(NAME),
        UP,
        {"request": "/192.0.2.1", "receive": "www"},
    ),
    Case("tcp", "dns", in_stream(name_server([ONE])), UP, STREAM),
    Case("no receive", "dns", names(ONE), DOWN, {"request": "/www.example.org"}),
    Case(
        "NXDOMAIN",
        "dns",
        Datagrams(name_server(rcode=dns.rcode.NXDOMAIN)),
        DOWN,
        ADDRESS,
    ),
    Case(
        "an IPv6 address only",
        "dns",
        names(SIX),
        DOWN,
        {**ADDRESS, "receive": "2001:db8::1"},
        UP,
        "B17: addresses are of both families",
    ),
    Case("silent", "dns", Datagrams(lambda _: b""), DOWN, ADDRESS, hangs=True),
    Case("refused", "dns", nobody, DOWN, DGRAM),
)

BIND: Final = {"credentials": KNOWN}
MONITOR: Final = "cn=monitor,dc=example,dc=org"
BASE_DN: Final = {**BIND, "request": f"/{MONITOR}", "receive": "^cn=monitor"}
LDAP: Final = (
    Case("root", "ldap", Directory().script, UP),
    Case("base and name", "ldap", Directory((MONITOR,)).script, UP, BASE_DN),
    Case(
        "login without passwd",
        "ldap",
        Directory().script,
        UP,
        {"credentials": Credentials(LOGIN)},
    ),
    Case("another name", "ldap", Directory(("cn=other",)).script, DOWN, BASE_DN),
    Case("no entry", "ldap", Directory(()).script, DOWN, BIND),
    Case("two entries", "ldap", Directory(("a=1", "a=2")).script, DOWN, BIND),
    Case("bind refused", "ldap", Directory(bind=49).script, DOWN, BIND),
    Case("refused", "ldap", nobody, DOWN, BIND),
    Case("silent", "ldap", silent, DOWN, BIND),
)

ASKED: Final = {"credentials": KNOWN, "transport": Protocol.UDP}
RADIUS: Final = (
    Case("accept", "radius", Datagrams(radius_server()), UP, ASKED),
    Case("reject", "radius", Datagrams(radius_server(AccessReject)), DOWN, ASKED),
    Case(
        "challenge",
        "radius",
        Datagrams(radius_server(AccessChallenge)),
        DOWN,
        ASKED,
    ),
    Case(
        "bad authenticator",
        "radius",
        Datagrams(radius_server(secret="other")),  # noqa: S106 - not a secret
        DOWN,
        ASKED,
        hangs=True,
    ),
    Case("silent", "radius", Datagrams(lambda _: b""), DOWN, ASKED, hangs=True),
    Case("refused", "radius", nobody, DOWN, ASKED),
)

SELECT: Final = {"request": "/select 1 from enabled", "credentials": KNOWN}
NOBODY: Final = {"request": "/select 1 from enabled"}
NOTHING: Final = {"request": "", "credentials": KNOWN}
B12: Final = "B12: a statement that is refused"
SQL: Final = (
    Case("a row", "mysql", Mysql(1).script, UP, SELECT),
    Case("two rows", "mysql", Mysql(2).script, UP, SELECT),
    Case("no row", "mysql", Mysql(0).script, DOWN, SELECT),
    Case("refused", "mysql", nobody, DOWN, SELECT),
    Case(
        "refused statement", "mysql", Mysql(error="no").script, DIES, SELECT, DOWN, B12
    ),
    Case("no login", "mysql", Mysql(1).script, DOWN, NOBODY),
    Case("no request", "mysql", Mysql(1).script, DOWN, NOTHING),
    Case("a row", "pgsql", Postgres("SELECT 1").script, UP, SELECT),
    Case("two rows", "pgsql", Postgres("SELECT 2").script, UP, SELECT),
    Case("no row", "pgsql", Postgres("SELECT 0").script, DOWN, SELECT),
    Case("refused", "pgsql", nobody, DOWN, SELECT),
    Case(
        "refused statement",
        "pgsql",
        Postgres(error="no").script,
        DIES,
        SELECT,
        DOWN,
        B12,
    ),
    Case("no login", "pgsql", Postgres().script, DOWN, NOBODY),
    Case("no request", "pgsql", Postgres().script, DOWN, NOTHING),
)

SH: Final = "#!/bin/sh\n"
WORDS: Final = {"arguments": ("192.0.2.1", "80", "192.0.2.9", "80")}
PROGRAMS: Final = (
    Case("exit 0", "external", Program(f"{SH}exit 0\n"), UP, WORDS),
    Case("exit 1", "external", Program(f"{SH}exit 1\n"), DOWN, WORDS),
    Case("exit 3", "external", Program(f"{SH}exit 3\n"), DOWN, WORDS),
    Case(
        "killed",
        "external",
        Program(f"{SH}kill -9 $$\n"),
        UP,
        WORDS,
        DOWN,
        "B14: that is no success",
    ),
    Case("missing", "external", Program(SH, called="{}.no"), DOWN, WORDS),
    Case("not executable", "external", Program(SH, mode=0o644), DOWN, WORDS),
    Case("with arguments", "external", Program(SH, called="{} a"), DOWN, WORDS),
    Case("no interpreter", "external", Program("exit 0\n"), UP, WORDS),
    Case("sleeps", "external", Program(f"{SH}sleep 60\n"), DOWN, WORDS, hangs=True),
    Case("exit 0", "external-perl", Program("exit 0;"), UP, WORDS),
    Case("exit 1", "external-perl", Program("exit 1;"), DOWN, WORDS),
    Case("no exit", "external-perl", Program("1;"), UP, WORDS),
    Case("dies", "external-perl", Program("die 'no';"), DOWN, WORDS),
    Case("no Perl", "external-perl", Program("exit 1 +;"), DOWN, WORDS),
    Case("missing", "external-perl", Program("1;", called="{}.no"), DOWN, WORDS),
    Case("sleeps", "external-perl", Program("sleep 60;"), DOWN, WORDS, hangs=True),
)
BEYOND_TEXT: Final = (*TLS, *FTP, *DNS, *LDAP, *RADIUS, *SQL, *PROGRAMS)
