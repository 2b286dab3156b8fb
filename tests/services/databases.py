"""Databases: mariadb and postgresql."""

from typing import Final

from tests.services.daemons import HERE, Daemon, everywhere
from tests.services.rows import DOWN, FAULTS, HANGS, UP, Cell, Outcome, Row

_TABLE: Final = """\
create database directors;
create table directors.enabled (number int);
insert into directors.enabled values (1), (2);
create user me@'%' identified by 'correct';
grant select on directors.* to me@'%';
"""

# It reserves 8 TB of addresses unless it is told not to; a lab's kernel has fewer.
_SMALL: Final = (
    "--innodb-buffer-pool-size=32M",
    "--innodb-buffer-pool-size-max=32M",
)

MARIADB: Final = Daemon(
    "mariadb",
    (
        "mariadbd",
        "--no-defaults",
        "--user=root",
        "--datadir=PLACE/data",
        "--socket=PLACE/socket",
        "--pid-file=PLACE/pid",
        "--init-file=PLACE/table",
        "--skip-name-resolve",
        f"--bind-address={HERE},::1",
        "--port=3306",
        *_SMALL,
    ),
    everywhere(3306),
    files={"table": _TABLE},
    prepare=(
        (
            "mariadb-install-db",
            "--no-defaults",
            "--user=root",
            "--datadir=PLACE/data",
            "--skip-test-db",
            *_SMALL,
        ),
    ),
)

_BIN: Final = "/usr/lib/postgresql/15/bin"
_AS: Final = ("runuser", "-u", "postgres", "--")

POSTGRESQL: Final = Daemon(
    "postgresql",
    (
        *_AS,
        f"{_BIN}/postgres",
        "-D",
        "PLACE/data",
        "-k",
        "PLACE/data",
        "-c",
        f"listen_addresses={HERE},::1",
        "-c",
        "ssl=on",
        "-c",
        "ssl_cert_file=TLS/cert.pem",
        "-c",
        "ssl_key_file=PLACE/key.pem",
    ),
    everywhere(5432),
    files={"passwd": "correct\n"},
    prepare=(
        ("install", "-d", "-o", "postgres", "PLACE/data"),
        ("install", "-o", "postgres", "-m", "600", "TLS/key.pem", "PLACE/key.pem"),
        (
            *_AS,
            f"{_BIN}/initdb",
            "-D",
            "PLACE/data",
            "--username=me",
            "--pwfile=PLACE/passwd",
            "--auth-host=scram-sha-256",
            "--auth-local=trust",
            "--locale=C.UTF-8",
        ),
    ),
)

_ME: Final = {"login": '"me"', "passwd": '"correct"'}
_WRONG: Final = {"passwd": '"wrong"'}
_NO_TLS: Final = frozenset({Outcome.CERTIFICATE, Outcome.PLAIN, Outcome.SEALED})
_BRACKETS: Final = "it hands the address on in brackets"
_NO_DEADLINE: Final = "its checks of databases have no deadline (B20)"


def _cells(no_row: str, *hanging: Outcome) -> dict[Outcome, Cell]:
    """Return the cells; *hanging* are those that ldirectord waits for, for ever."""
    hangs = Cell(DOWN, original=HANGS, because=_NO_DEADLINE)
    return {
        Outcome.UP: Cell(UP),
        Outcome.IPV6: Cell(UP),
        Outcome.WRONG: Cell(DOWN, directives={"request": f'"{no_row}"'}),
        Outcome.PASSWORD: Cell(DOWN, directives=_WRONG),
        **FAULTS,
        Outcome.SILENT: hangs,
        Outcome.HALFWAY: hangs,
        **dict.fromkeys(hanging, hangs),
    }


ROWS: Final = (
    Row(
        "mysql",
        "mysql",
        3306,
        MARIADB,
        _cells(
            "select number from enabled where number = 9",
            # Read as how long a packet is to come.
            Outcome.GARBAGE,
        ),
        {
            **_ME,
            "database": '"directors"',
            "request": '"select number from enabled"',
        },
        senseless=_NO_TLS,
    ),
    Row(
        "pgsql",
        "pgsql",
        5432,
        POSTGRESQL,
        {
            **_cells("select 1 from pg_database where datname = 'nobody'"),
            Outcome.IPV6: Cell(UP, original=DOWN, because=_BRACKETS),
        },
        {
            **_ME,
            "database": '"postgres"',
            "request": '"select 1 from pg_database"',
        },
        senseless=_NO_TLS,
    ),
)
