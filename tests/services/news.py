"""News: leafnode, started by socat for each connection."""

from typing import Final

from tests.services.daemons import HERE, Daemon, everywhere
from tests.services.rows import DOWN, FAULTS, Cell, Outcome, Row

_LEAFNODE: Final = "EXEC:/usr/sbin/leafnode"

LEAFNODE: Final = Daemon(
    "leafnode",
    ("socat", f"TCP4-LISTEN:119,bind={HERE},reuseaddr,fork", _LEAFNODE),
    (*everywhere(119), f"{HERE}:563"),
    files={"config": "server = news.lvsha.test\nhostname = news.lvsha.test\n"},
    prepare=(
        ("install", "-m", "640", "-g", "news", "PLACE/config", "/etc/news/leafnode"),
    ),
    besides=(
        ("socat", "TCP6-LISTEN:119,bind=[::1],reuseaddr,fork", _LEAFNODE),
        (
            "socat",
            f"OPENSSL-LISTEN:563,bind={HERE},fork,cert=TLS/cert.pem,key=TLS/key.pem,verify=0",
            _LEAFNODE,
        ),
    ),
)

ROWS: Final = (
    Row(
        "nntp",
        "nntp",
        119,
        LEAFNODE,
        {
            # A node has no name in the world, and leafnode says so: 503.
            Outcome.WRONG: Cell(DOWN),
            Outcome.SEALED: Cell(DOWN, f"{HERE}:563"),
            **FAULTS,
        },
        senseless=frozenset({Outcome.PASSWORD, Outcome.CERTIFICATE, Outcome.PLAIN}),
    ),
)
