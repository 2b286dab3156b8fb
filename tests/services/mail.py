"""Mail servers: postfix."""

from typing import Final

from tests.services.daemons import ANOTHER, HERE, SELF_SIGNED, Daemon, everywhere
from tests.services.rows import DOWN, FAULTS, UP, Cell, Outcome, Row

_MAIN: Final = """\
compatibility_level = 3.6
inet_protocols = all
inet_interfaces = all
myhostname = mail.example.com
mydestination = localhost
alias_maps =
maillog_file = /dev/stdout
smtpd_tls_cert_file = TLS/cert.pem
smtpd_tls_key_file = TLS/key.pem
smtpd_tls_security_level = may
"""

_UNKNOWN: Final = (
    "-o smtpd_tls_cert_file=TLS/self.pem -o smtpd_tls_key_file=TLS/self.key"
)
_REFUSES: Final = "-o smtpd_client_restrictions=reject -o smtpd_delay_reject=no"

_MASTER: Final = "".join(
    f"{line}\n"
    for line in (
        *(
            f"{host}:{port} inet n - n - - smtpd {options}"
            for port in (25, 587)
            for host, options in (
                (HERE, ""),
                ("[::1]", ""),
                (SELF_SIGNED, _UNKNOWN),
                (ANOTHER, _REFUSES),
            )
        ),
        f"{HERE}:465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes",
        "rewrite unix - - n - - trivial-rewrite",
        "cleanup unix n - n - 0 cleanup",
        "tlsmgr unix - - n 1000? 1 tlsmgr",
        "proxymap unix - - n - - proxymap",
        "anvil unix - - n - 1 anvil",
        "postlog unix-dgram n - n - 1 postlogd",
    )
)

POSTFIX: Final = Daemon(
    "postfix",
    ("postfix", "-c", "PLACE/etc", "start-fg"),
    everywhere(25, 587),
    files={"etc/main.cf": _MAIN, "etc/master.cf": _MASTER},
)

_NO_STARTTLS: Final = "it knows no STARTTLS"


def _rows(service: str, port: int) -> tuple[Row, Row]:
    """Return the rows of *service* in the clear, and with STARTTLS."""
    return (
        Row(
            service,
            service,
            port,
            POSTFIX,
            {
                Outcome.UP: Cell(UP),
                Outcome.IPV6: Cell(UP),
                Outcome.WRONG: Cell(DOWN, f"{ANOTHER}:{port}"),
                Outcome.SEALED: Cell(DOWN, f"{HERE}:465"),
                **FAULTS,
            },
            senseless=frozenset({Outcome.PASSWORD, Outcome.CERTIFICATE, Outcome.PLAIN}),
        ),
        Row(
            f"{service}, STARTTLS",
            service,
            port,
            POSTFIX,
            {
                Outcome.UP: Cell(UP),
                Outcome.IPV6: Cell(UP),
                Outcome.CERTIFICATE: Cell(
                    DOWN, f"{SELF_SIGNED}:{port}", original=UP, because=_NO_STARTTLS
                ),
                Outcome.WRONG: Cell(DOWN, f"{ANOTHER}:{port}"),
                **FAULTS,
            },
            own_directives={"starttls": "yes"},
            senseless=frozenset({Outcome.PASSWORD, Outcome.PLAIN, Outcome.SEALED}),
        ),
    )


ROWS: Final = (*_rows("smtp", 25), *_rows("submission", 587))
