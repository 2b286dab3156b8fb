"""Mailboxes and mail: dovecot and postfix."""

from typing import Final

from tests.services.daemons import ANOTHER, HERE, SELF_SIGNED, Daemon
from tests.services.rows import DOWN, FAULTS, UP, Cell, Outcome, Row

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
  inet_listener unknown {{
    address = {SELF_SIGNED}
    port = 993
    ssl = yes
  }}
}}
service pop3-login {{
  inet_listener another {{
    address = {ANOTHER}
    port = 143
  }}
  inet_listener unknown {{
    address = {SELF_SIGNED}
    port = 995
    ssl = yes
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
_NO_LOGIN: Final = {"login": '""'}

_NO_IPV6: Final = "its library has no IPv6"


def _mailbox(name: str, service: str, port: int, another: int) -> Row:
    """Return the row of a mailbox protocol in the clear."""
    return Row(
        name,
        service,
        port,
        DOVECOT,
        {
            Outcome.UP: Cell(UP),
            Outcome.IPV6: Cell(UP, original=DOWN, because=_NO_IPV6),
            Outcome.WRONG: Cell(DOWN, f"{ANOTHER}:{port}"),
            Outcome.PASSWORD: Cell(DOWN, directives=_WRONG),
            Outcome.SEALED: Cell(DOWN, f"{HERE}:{another}"),
            **FAULTS,
        },
        _LOGIN,
        senseless=_IN_THE_CLEAR,
    )


def _sealed(name: str, service: str, port: int, another: int) -> Row:
    """Return the row of a mailbox protocol within TLS."""
    return Row(
        name,
        service,
        port,
        DOVECOT,
        {
            Outcome.UP: Cell(UP),
            Outcome.IPV6: Cell(UP, original=DOWN, because=_NO_IPV6),
            Outcome.PASSWORD: Cell(DOWN, directives=_WRONG),
            Outcome.CERTIFICATE: Cell(DOWN, f"{SELF_SIGNED}:{port}"),
            Outcome.PLAIN: Cell(DOWN, f"{HERE}:{another}"),
            **FAULTS,
        },
        _LOGIN,
        senseless=frozenset({Outcome.SEALED}),
        middle=100,
    )


_IN_THE_CLEAR: Final = frozenset({Outcome.CERTIFICATE, Outcome.PLAIN})

ROWS: Final = (
    _mailbox("imap", "imap", 143, 993),
    _mailbox("pop", "pop", 110, 995),
    _sealed("imaps", "imaps", 993, 143),
    _sealed("pops", "pops", 995, 110),
)
