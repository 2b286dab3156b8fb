"""Mailboxes: dovecot."""

from dataclasses import replace
from typing import Final

from tests.services.daemons import ANOTHER, HERE, SELF_SIGNED, Daemon
from tests.services.rows import DOWN, FAULTS, HANGS, UP, Cell, Outcome, Row

_DOVECOT: Final = f"""\
protocols = imap pop3
listen = {HERE}, ::1
base_dir = PLACE/run
log_path = PLACE/log
ssl = yes
ssl_cert = <TLS/cert.pem
ssl_key = <TLS/key.pem
disable_plaintext_auth = no
passdb {{
  driver = static
  args = password=correct
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home=PLACE/mail/%u
}}
mail_location = maildir:PLACE/mail/%u
# a process for many, not for each: starting one is what takes time in a node
service imap-login {{
  service_count = 0
}}
service pop3-login {{
  service_count = 0
}}
service imap {{
  service_count = 1000
}}
service pop3 {{
  service_count = 1000
}}
# a wrong password slows nobody down
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
# to whom asks for the other protocol
service imap-login {{
  inet_listener another {{
    address = {ANOTHER}
    port = 110
  }}
  inet_listener another_sealed {{
    address = {ANOTHER}
    port = 995
    ssl = yes
  }}
  inet_listener unknown {{
    address = {SELF_SIGNED}
    port = 993
    ssl = yes
  }}
  inet_listener unknown_later {{
    address = {SELF_SIGNED}
    port = 143
  }}
}}
service pop3-login {{
  inet_listener another {{
    address = {ANOTHER}
    port = 143
  }}
  inet_listener another_sealed {{
    address = {ANOTHER}
    port = 993
    ssl = yes
  }}
  inet_listener unknown {{
    address = {SELF_SIGNED}
    port = 995
    ssl = yes
  }}
  inet_listener unknown_later {{
    address = {SELF_SIGNED}
    port = 110
  }}
}}
local {SELF_SIGNED} {{
  ssl_cert = <TLS/self.pem
  ssl_key = <TLS/self.key
}}
"""

DOVECOT: Final = Daemon(
    "dovecot",
    ("dovecot", "-F", "-c", "PLACE/dovecot.conf"),
    tuple(
        f"{host}:{port}" for host in (HERE, "[::1]") for port in (110, 143, 993, 995)
    ),
    files={"dovecot.conf": _DOVECOT},
    prepare=(("install", "-d", "-m", "1777", "PLACE/mail"),),
)

_LOGIN: Final = {"login": '"me"', "passwd": '"correct"'}
_WRONG: Final = {"passwd": '"wrong"'}

_NO_IPV6: Final = "its library has no IPv6"
_NO_PORT: Final = "B22: its library goes to the usual port, whatever is written"
_NO_LIMIT: Final = "its library waits for ever for the end of a line"
_NO_STARTTLS: Final = "it knows no STARTTLS"

# What its library does not wait for.
_QUICK: Final = (Outcome.REFUSED, Outcome.GARBAGE, Outcome.RESET)

_IN_THE_CLEAR: Final = frozenset({Outcome.CERTIFICATE, Outcome.PLAIN})

# Its library reads lines without a deadline: what does not end one stops everything.
_WAITS: Final = Cell(DOWN, original=HANGS, because=_NO_LIMIT)

_IMAP: Final = {
    Outcome.UP: Cell(UP),
    Outcome.IPV6: Cell(UP, original=DOWN, because=_NO_IPV6),
    Outcome.WRONG: Cell(DOWN, f"{ANOTHER}:143"),
    Outcome.PASSWORD: Cell(DOWN, directives=_WRONG),
    **FAULTS,
    Outcome.HALFWAY: _WAITS,
    Outcome.FLOOD: _WAITS,
}
_POP: Final = {
    Outcome.UP: Cell(UP),
    Outcome.IPV6: Cell(UP, original=DOWN, because=_NO_IPV6),
    Outcome.WRONG: Cell(DOWN, f"{ANOTHER}:110"),
    Outcome.PASSWORD: Cell(DOWN, directives=_WRONG),
    Outcome.SEALED: replace(_WAITS, server=f"{HERE}:995"),
    **FAULTS,
    Outcome.SILENT: _WAITS,
    Outcome.HALFWAY: _WAITS,
    Outcome.FLOOD: _WAITS,
}
_ALWAYS: Final = Cell(DOWN, original=UP, because="B7: always up without a login")

ROWS: Final = (
    Row(
        "imap",
        "imap",
        143,
        DOVECOT,
        {
            **_IMAP,
            Outcome.SEALED: Cell(DOWN, f"{HERE}:993", original=UP, because=_NO_PORT),
        },
        _LOGIN,
        senseless=_IN_THE_CLEAR,
    ),
    Row(
        "imap, STARTTLS",
        "imap",
        143,
        DOVECOT,
        {
            Outcome.UP: Cell(UP),
            Outcome.IPV6: Cell(UP, original=DOWN, because=_NO_IPV6),
            Outcome.WRONG: Cell(DOWN, f"{ANOTHER}:143"),
            Outcome.PASSWORD: Cell(DOWN, directives=_WRONG),
            **{each: FAULTS[each] for each in _QUICK},
            Outcome.SILENT: Cell(DOWN),
            Outcome.CERTIFICATE: Cell(
                DOWN, f"{SELF_SIGNED}:143", original=UP, because=_NO_STARTTLS
            ),
        },
        _LOGIN,
        {"starttls": "yes"},
        senseless=frozenset({Outcome.PLAIN, Outcome.SEALED}),
    ),
    Row("pop", "pop", 110, DOVECOT, _POP, _LOGIN, senseless=_IN_THE_CLEAR),
    Row(
        "pop, no login",
        "pop",
        110,
        DOVECOT,
        {
            Outcome.UP: Cell(UP),
            Outcome.IPV6: Cell(UP),
            Outcome.WRONG: replace(_ALWAYS, server=f"{ANOTHER}:110"),
            Outcome.REFUSED: _ALWAYS,
            Outcome.GARBAGE: _ALWAYS,
            Outcome.RESET: _ALWAYS,
        },
        senseless=_IN_THE_CLEAR | {Outcome.PASSWORD},
    ),
    Row(
        "pop, STARTTLS",
        "pop",
        110,
        DOVECOT,
        {
            Outcome.UP: Cell(UP),
            Outcome.IPV6: Cell(UP, original=DOWN, because=_NO_IPV6),
            Outcome.WRONG: Cell(DOWN, f"{ANOTHER}:110"),
            Outcome.PASSWORD: Cell(DOWN, directives=_WRONG),
            **{each: FAULTS[each] for each in _QUICK},
            Outcome.CERTIFICATE: Cell(
                DOWN, f"{SELF_SIGNED}:110", original=UP, because=_NO_STARTTLS
            ),
        },
        _LOGIN,
        {"starttls": "yes"},
        senseless=frozenset({Outcome.PLAIN, Outcome.SEALED}),
    ),
    Row(
        "imaps",
        "imaps",
        993,
        DOVECOT,
        {
            Outcome.UP: Cell(UP),
            Outcome.IPV6: Cell(UP),
            Outcome.PASSWORD: Cell(DOWN, directives=_WRONG),
            Outcome.WRONG: Cell(DOWN, f"{ANOTHER}:993"),
            Outcome.CERTIFICATE: Cell(DOWN, f"{SELF_SIGNED}:993"),
            Outcome.PLAIN: Cell(DOWN, f"{HERE}:143", original=UP, because=_NO_PORT),
            **FAULTS,
        },
        _LOGIN,
        senseless=frozenset({Outcome.SEALED}),
        middle=100,
    ),
    Row(
        "pops",
        "pops",
        995,
        DOVECOT,
        {
            Outcome.UP: Cell(UP),
            Outcome.IPV6: Cell(UP),
            Outcome.PASSWORD: Cell(DOWN, directives=_WRONG),
            Outcome.WRONG: Cell(DOWN, f"{ANOTHER}:995"),
            Outcome.CERTIFICATE: Cell(DOWN, f"{SELF_SIGNED}:995"),
            Outcome.PLAIN: Cell(
                DOWN,
                f"{HERE}:110",
                original=UP,
                because="its library takes port 110 for 995",
            ),
            **FAULTS,
        },
        _LOGIN,
        senseless=frozenset({Outcome.SEALED}),
        middle=100,
    ),
)
