"""Names: unbound."""

from typing import Final

from tests.services.daemons import HERE, Daemon, everywhere
from tests.services.rows import DATAGRAM_FAULTS, DOWN, FAULTS, UP, Cell, Outcome, Row

_UNBOUND: Final = f"""\
server:
  interface: {HERE}
  interface: ::1
  username: ""
  chroot: ""
  directory: PLACE
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  do-not-query-localhost: no
  access-control: 0.0.0.0/0 allow
  access-control: ::/0 allow
  module-config: "iterator"
  local-zone: "example.org." static
  local-data: "www.example.org. A 192.0.2.1"
  local-data: "www.example.org. A 192.0.2.2"
  local-data: "six.example.org. AAAA 2001:db8::1"
  local-data-ptr: "192.0.2.1 www.example.org"
  local-zone: "broken.example." refuse
forward-zone:
  name: "lost.example."
  forward-addr: 127.0.0.1@9
"""

UNBOUND: Final = Daemon(
    "unbound",
    ("unbound", "-d", "-c", "PLACE/unbound.conf"),
    everywhere(53),
    files={"unbound.conf": _UNBOUND},
)

_WWW: Final = {"request": '"www.example.org"', "receive": r'"192\.0\.2\.2"'}
_PTR: Final = {"request": '"192.0.2.1"', "receive": r'"^www\.example\.org$"'}
_AAAA: Final = {"request": '"six.example.org"', "receive": '"2001:db8"'}
_NOBODY: Final = {"request": '"nobody.example.org"', "receive": '"."'}
_REFUSED: Final = {"request": '"www.broken.example"', "receive": '"."'}
_LOST: Final = {"request": '"www.lost.example"', "receive": '"."'}
_ANOTHER: Final = {"receive": r'"192\.0\.2\.9"'}
_SENSELESS: Final = frozenset(
    {Outcome.PASSWORD, Outcome.CERTIFICATE, Outcome.PLAIN, Outcome.SEALED}
)
_DATAGRAM_SENSELESS: Final = _SENSELESS | {Outcome.HALFWAY, Outcome.RESET}


def _one(name: str, directives: dict[str, str], cell: Cell) -> Row:
    """Return a row of one question."""
    outcome = Outcome.UP if cell.ours is UP else Outcome.WRONG
    cells = {outcome: cell}
    return Row(
        name,
        "dns",
        53,
        UNBOUND,
        cells,
        directives,
        udp=True,
        senseless=_DATAGRAM_SENSELESS,
    )


_CELLS: Final = {
    Outcome.UP: Cell(UP),
    Outcome.IPV6: Cell(UP),
    Outcome.WRONG: Cell(DOWN, directives=_ANOTHER),
}

ROWS: Final = (
    Row(
        "dns",
        "dns",
        53,
        UNBOUND,
        {**_CELLS, **DATAGRAM_FAULTS},
        _WWW,
        udp=True,
        senseless=_DATAGRAM_SENSELESS,
    ),
    Row(
        "dns, TCP",
        "dns",
        53,
        UNBOUND,
        {**_CELLS, **FAULTS},
        _WWW,
        senseless=_SENSELESS,
        middle=20,
    ),
    _one("dns, name of an address", _PTR, Cell(UP)),
    _one(
        "dns, IPv6 address",
        _AAAA,
        Cell(UP, original=DOWN, because="it looks at IPv4 addresses only (B17)"),
    ),
    _one("dns, NXDOMAIN", _NOBODY, Cell(DOWN)),
    _one("dns, REFUSED", _REFUSED, Cell(DOWN)),
    _one("dns, SERVFAIL", _LOST, Cell(DOWN)),
    _one("dns, no receive", {"request": '"www.example.org"'}, Cell(DOWN)),
)
