"""Stores of values: redis, which also answers a line with a line."""

from typing import Final

from tests.services.daemons import HERE, SELF_SIGNED, Daemon, everywhere
from tests.services.rows import DOWN, FAULTS, UP, Cell, Outcome, Row

_REDIS: Final = """\
protected-mode no
tls-port 6380
tls-auth-clients no
tls-ca-cert-file TLS/ca.pem
tls-cert-file TLS/{certificate}.pem
tls-key-file TLS/{key}
save ""
dir PLACE
"""
_OWN: Final = _REDIS.format(certificate="cert", key="key.pem") + (
    f"bind {HERE} ::1\nport 6379\nuser me on >correct ~* &* +@all\n"
)
_SELF: Final = _REDIS.format(certificate="self", key="self.key") + (
    f"bind {SELF_SIGNED}\nport 0\n"
)

REDIS: Final = Daemon(
    "redis",
    ("redis-server", "PLACE/own.conf"),
    (*everywhere(6379, 6380), f"{SELF_SIGNED}:6380"),
    files={"own.conf": _OWN, "self.conf": _SELF},
    besides=(("redis-server", "PLACE/self.conf"),),
)

_ME: Final = {"login": '"me"', "passwd": '"correct"'}
_WRONG: Final = {"passwd": '"wrong"'}
_REPLICA: Final = {"request": '"ROLE"', "receive": '"^slave"'}
_COMMON: Final = {Outcome.UP: Cell(UP), Outcome.IPV6: Cell(UP)}

ROWS: Final = (
    Row(
        "simpletcp",
        "simpletcp",
        6379,
        REDIS,
        {
            **_COMMON,
            Outcome.WRONG: Cell(DOWN, directives={"request": r'"NONSENSE\n"'}),
            Outcome.SEALED: Cell(DOWN, f"{HERE}:6380"),
            **FAULTS,
        },
        {"request": r'"PING\n"', "receive": '"PONG"'},
        senseless=frozenset({Outcome.PASSWORD, Outcome.CERTIFICATE, Outcome.PLAIN}),
        middle=3,
    ),
    Row(
        "redis",
        "redis",
        6379,
        REDIS,
        {
            **_COMMON,
            Outcome.WRONG: Cell(DOWN, directives=_REPLICA),
            Outcome.PASSWORD: Cell(DOWN, directives=_WRONG),
            Outcome.SEALED: Cell(DOWN, f"{HERE}:6380"),
            **FAULTS,
        },
        _ME,
        alone=True,
        senseless=frozenset({Outcome.CERTIFICATE, Outcome.PLAIN}),
        middle=3,
    ),
    Row(
        "rediss",
        "rediss",
        6380,
        REDIS,
        {
            **_COMMON,
            Outcome.WRONG: Cell(DOWN, directives=_REPLICA),
            Outcome.PASSWORD: Cell(DOWN, directives=_WRONG),
            Outcome.CERTIFICATE: Cell(DOWN, f"{SELF_SIGNED}:6380"),
            Outcome.PLAIN: Cell(DOWN, f"{HERE}:6379"),
            **FAULTS,
        },
        _ME,
        alone=True,
        senseless=frozenset({Outcome.SEALED}),
        middle=100,
    ),
)
