"""The web: nginx."""

from collections.abc import Mapping
from typing import Final

from tests.services.daemons import ANOTHER, HERE, SELF_SIGNED, Daemon, everywhere
from tests.services.rows import DIES, DOWN, FAULTS, UP, Cell, Outcome, Row

_CONF: Final = f"""\
user root;
daemon off;
worker_processes 1;
pid PLACE/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    ssl_certificate TLS/cert.pem;
    ssl_certificate_key TLS/key.pem;
    server {{
        listen {HERE}:80;
        listen [::1]:80;
        listen {HERE}:443 ssl;
        listen [::1]:443 ssl;
        location / {{ return 200 "still alive\\n"; }}
        location /elsewhere {{ return 302 /; }}
        location /chunked {{ ssi on; default_type text/html; return 200 "alive"; }}
        location /closed {{ keepalive_timeout 0; return 200 "alive"; }}
        location /missing {{ return 404 "still alive\\n"; }}
        location /slow {{ root PLACE; limit_rate 10k; }}
    }}
    server {{
        listen {SELF_SIGNED}:443 ssl;
        ssl_certificate TLS/self.pem;
        ssl_certificate_key TLS/self.key;
        location / {{ return 200 "still alive\\n"; }}
    }}
    server {{
        listen {ANOTHER}:80;
        listen {ANOTHER}:443 ssl;
        location / {{ return 500 "still alive\\n"; }}
    }}
}}
"""

NGINX: Final = Daemon(
    "nginx",
    ("nginx", "-e", "stderr", "-c", "PLACE/nginx.conf"),
    everywhere(80, 443),
    files={"nginx.conf": _CONF, "slow": "alive" * 200_000},
)

_ALIVE: Final = {"receive": '"alive"'}
_NO_IPV6: Final = "B11: it misses a module of Perl's, and ends"


def _one(path: str, cell: Cell, directives: Mapping[str, str] = _ALIVE) -> Row:
    """Return a row of one page."""
    return Row(
        f"http, {path}",
        "http",
        80,
        NGINX,
        {Outcome.UP if cell.ours is UP else Outcome.WRONG: cell},
        {**directives, "request": f'"{path}"'},
        senseless=frozenset({Outcome.PASSWORD, Outcome.CERTIFICATE, Outcome.PLAIN}),
    )


_PART: Final = "B15: what came of a page until the deadline is enough"

ROWS: Final = (
    Row(
        "http",
        "http",
        80,
        NGINX,
        {
            Outcome.UP: Cell(UP),
            Outcome.IPV6: Cell(UP, original=DIES, because=_NO_IPV6),
            Outcome.WRONG: Cell(DOWN, f"{ANOTHER}:80"),
            Outcome.SEALED: Cell(DOWN, f"{HERE}:443"),
            **FAULTS,
        },
        _ALIVE,
        senseless=frozenset({Outcome.PASSWORD, Outcome.CERTIFICATE, Outcome.PLAIN}),
        middle=10,
    ),
    Row(
        "https",
        "https",
        443,
        NGINX,
        {
            Outcome.UP: Cell(UP),
            Outcome.IPV6: Cell(UP, original=DIES, because=_NO_IPV6),
            Outcome.WRONG: Cell(DOWN, f"{ANOTHER}:443"),
            Outcome.CERTIFICATE: Cell(DOWN, f"{SELF_SIGNED}:443"),
            Outcome.PLAIN: Cell(DOWN, f"{HERE}:80"),
            **FAULTS,
        },
        _ALIVE,
        senseless=frozenset({Outcome.PASSWORD, Outcome.SEALED}),
        middle=100,
    ),
    _one("elsewhere", Cell(UP)),
    _one("chunked", Cell(UP)),
    _one("closed", Cell(UP)),
    _one("missing", Cell(DOWN)),
    _one("slow", Cell(DOWN, original=UP, because=_PART), {}),
)
