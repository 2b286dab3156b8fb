"""Access: freeradius."""

from typing import Final

from tests.services.daemons import HERE, Daemon
from tests.services.rows import DATAGRAM_FAULTS, DIES, DOWN, UP, Cell, Outcome, Row

_RADIUSD: Final = f"""\
prefix = /usr
libdir = /usr/lib/freeradius
logdir = PLACE
run_dir = PLACE
pidfile = PLACE/pid
log {{
  destination = stdout
}}
security {{
  allow_vulnerable_openssl = yes
  reject_delay = 0
}}
thread pool {{
  start_servers = 1
  max_servers = 4
  min_spare_servers = 1
  max_spare_servers = 2
  max_requests_per_server = 0
}}
modules {{
  files {{
    filename = PLACE/users
  }}
  pap {{
  }}
}}
client four {{
  ipaddr = 127.0.0.0/8
  secret = shared
}}
client six {{
  ipv6addr = ::1
  secret = shared
}}
server default {{
  listen {{
    type = auth
    ipaddr = {HERE}
    port = 1812
  }}
  listen {{
    type = auth
    ipv6addr = ::1
    port = 1812
  }}
  authorize {{
    files
    pap
  }}
  authenticate {{
    pap
  }}
}}
"""

FREERADIUS: Final = Daemon(
    "freeradius",
    ("freeradius", "-f", "-d", "PLACE"),
    files={"radiusd.conf": _RADIUSD, "users": 'me Cleartext-Password := "correct"\n'},
    asked=("sh", "-c", f"ss -lun | grep -q {HERE}:1812"),
)

_ME: Final = {"login": '"me"', "passwd": '"correct"', "secret": '"shared"'}

ROWS: Final = (
    Row(
        "radius",
        "radius",
        1812,
        FREERADIUS,
        {
            Outcome.UP: Cell(UP),
            Outcome.IPV6: Cell(
                UP,
                original=DIES,
                because="B61: its library has no IPv6, and saying so ends the daemon",
            ),
            Outcome.WRONG: Cell(DOWN, directives={"secret": '"another"'}),
            Outcome.PASSWORD: Cell(DOWN, directives={"passwd": '"wrong"'}),
            **DATAGRAM_FAULTS,
        },
        _ME,
        udp=True,
        senseless=frozenset(
            {
                Outcome.CERTIFICATE,
                Outcome.PLAIN,
                Outcome.SEALED,
                Outcome.HALFWAY,
                Outcome.RESET,
            }
        ),
    ),
)
