"""Telephony: kamailio."""

from collections.abc import Mapping
from typing import Final

from tests.services.daemons import HERE, Daemon, everywhere
from tests.services.rows import DATAGRAM_FAULTS, DOWN, FAULTS, UP, Cell, Outcome, Row

_CONF: Final = f"""\
#!KAMAILIO
debug=0
log_stderror=yes
children=1
tcp_children=1
disable_tcp=no
auto_aliases=no
dns=no
rev_dns=no
listen=udp:{HERE}:5060
listen=tcp:{HERE}:5060
listen=udp:[::1]:5060
listen=tcp:[::1]:5060
loadmodule "sl.so"
loadmodule "pv.so"
request_route {{
    if (method == "OPTIONS" && $rU == "me") {{
        sl_send_reply("200", "OK");
        exit;
    }}
    sl_send_reply("404", "Not Found");
    exit;
}}
"""

KAMAILIO: Final = Daemon(
    "kamailio",
    ("kamailio", "-DD", "-E", "-m", "64", "-M", "8", "-f", "PLACE/kamailio.cfg"),
    everywhere(5060),
    files={"kamailio.cfg": _CONF},
)

_LOGIN: Final = {"login": '"me@example.com"'}
_NOBODY: Final = {"login": '"you@example.com"'}
_SENSELESS: Final = frozenset(
    {Outcome.PASSWORD, Outcome.CERTIFICATE, Outcome.PLAIN, Outcome.SEALED}
)
_CELLS: Final[Mapping[Outcome, Cell]] = {
    Outcome.UP: Cell(UP),
    Outcome.IPV6: Cell(UP),
    Outcome.WRONG: Cell(DOWN, directives=_NOBODY),
}

ROWS: Final = (
    Row(
        "sip",
        "sip",
        5060,
        KAMAILIO,
        {**_CELLS, **FAULTS},
        _LOGIN,
        senseless=_SENSELESS,
        middle=40,
    ),
    Row(
        "sip, udp",
        "sip",
        5060,
        KAMAILIO,
        {**_CELLS, **DATAGRAM_FAULTS},
        _LOGIN,
        udp=True,
        senseless=_SENSELESS | {Outcome.HALFWAY, Outcome.RESET},
    ),
)
