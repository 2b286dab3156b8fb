"""News: leafnode, started by socat for each connection."""

from typing import Final

from tests.services.daemons import ANOTHER, HERE, Daemon, everywhere
from tests.services.rows import DOWN, FAULTS, UP, Cell, Outcome, Row

_AS_NEWS: Final = ("install", "-o", "news", "-g", "news")
# It serves whoever is on its own networks, and looks at its socket for that.
_LEAFNODE: Final = "EXEC:/usr/sbin/leafnode,nofork"
_APART: Final = "EXEC:/usr/sbin/leafnode"

LEAFNODE: Final = Daemon(
    "leafnode",
    ("socat", f"TCP4-LISTEN:119,bind={HERE},reuseaddr,fork", _LEAFNODE),
    (*everywhere(119), f"{HERE}:563", f"{ANOTHER}:119"),
    files={
        "groups": "",
        "config": "server = news.lvsha.internal\nhostname = news.lvsha.internal\n",
    },
    prepare=(
        ("install", "-m", "640", "-g", "news", "PLACE/config", "/etc/news/leafnode"),
        # The groups it has; it serves nobody without such a list.
        (*_AS_NEWS, "-m", "664", "PLACE/groups", "/var/spool/news/leaf.node/groupinfo"),
    ),
    besides=(
        # Behind a pipe nobody is on its networks, and it says 502.
        ("socat", f"TCP4-LISTEN:119,bind={ANOTHER},reuseaddr,fork", _APART),
        ("socat", "TCP6-LISTEN:119,bind=[::1],reuseaddr,fork", _LEAFNODE),
        (
            "socat",
            f"OPENSSL-LISTEN:563,bind={HERE},fork,cert=TLS/cert.pem,key=TLS/key.pem,verify=0",
            _APART,
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
            Outcome.UP: Cell(UP),
            Outcome.IPV6: Cell(UP),
            Outcome.WRONG: Cell(DOWN, f"{ANOTHER}:119"),
            Outcome.SEALED: Cell(DOWN, f"{HERE}:563"),
            **FAULTS,
            # A greeting is judged by its first letter.
            Outcome.HALFWAY: Cell(UP),
        },
        senseless=frozenset({Outcome.PASSWORD, Outcome.CERTIFICATE, Outcome.PLAIN}),
    ),
)
