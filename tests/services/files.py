"""Files: vsftpd."""

from typing import Final

from tests.services.daemons import HERE, Daemon, everywhere
from tests.services.rows import DOWN, FAULTS, UP, Cell, Outcome, Row

_CONF: Final = """\
background=NO
anonymous_enable=NO
local_enable=YES
local_root=PLACE/files
chroot_local_user=YES
allow_writeable_chroot=YES
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
"""

_SEALED: Final = """\
listen_port=990
ssl_enable=YES
implicit_ssl=YES
rsa_cert_file=TLS/cert.pem
rsa_private_key_file=TLS/key.pem
"""

# "correct", as openssl passwd -6 writes it.
_HASH: Final = (
    "$6$lvsha$Pih/yApkFVLB2iX5L6i2Ast9p8FXVnZfz8aVOPWL5"
    "2rgelCvmZA3.9ZUffWLSidwZHfCsh4..TRAo85N3BbBm1"
)

VSFTPD: Final = Daemon(
    "vsftpd",
    ("vsftpd", "PLACE/four.conf"),
    (*everywhere(21), f"{HERE}:990"),
    files={
        "four.conf": f"{_CONF}listen=YES\nlisten_address={HERE}\n",
        "six.conf": f"{_CONF}listen_ipv6=YES\nlisten_address6=::1\n",
        "sealed.conf": f"{_CONF}{_SEALED}listen=YES\nlisten_address={HERE}\n",
        "files/hello.txt": "still alive\n",
    },
    prepare=(
        ("mkdir", "-p", "/var/run/vsftpd/empty"),
        ("useradd", "-d", "PLACE/files", "-s", "/bin/sh", "-p", _HASH, "files"),
    ),
    besides=(("vsftpd", "PLACE/six.conf"), ("vsftpd", "PLACE/sealed.conf")),
)

_LOGIN: Final = {"login": '"files"', "passwd": '"correct"'}
_WRONG: Final = {"passwd": '"wrong"'}
_ALWAYS: Final = Cell(DOWN, original=UP, because="B8: always up without receive")
_SENSELESS: Final = frozenset({Outcome.CERTIFICATE, Outcome.PLAIN})

ROWS: Final = (
    Row(
        "ftp",
        "ftp",
        21,
        VSFTPD,
        {
            Outcome.UP: Cell(UP),
            Outcome.IPV6: Cell(UP),
            Outcome.WRONG: Cell(DOWN, directives={"receive": '"dead"'}),
            Outcome.PASSWORD: Cell(DOWN, directives=_WRONG),
            Outcome.SEALED: Cell(DOWN, f"{HERE}:990"),
            **FAULTS,
        },
        {**_LOGIN, "request": '"hello.txt"', "receive": '"alive"'},
        senseless=_SENSELESS,
    ),
    Row(
        "ftp, no receive",
        "ftp",
        21,
        VSFTPD,
        {
            Outcome.UP: Cell(UP),
            Outcome.IPV6: Cell(UP),
            Outcome.WRONG: Cell(
                DOWN,
                directives={"request": '"missing.txt"'},
                original=UP,
                because=_ALWAYS.because,
            ),
            Outcome.PASSWORD: Cell(
                DOWN, directives=_WRONG, original=UP, because=_ALWAYS.because
            ),
            Outcome.REFUSED: _ALWAYS,
            Outcome.SILENT: _ALWAYS,
            Outcome.GARBAGE: _ALWAYS,
            Outcome.RESET: _ALWAYS,
        },
        {**_LOGIN, "request": '"hello.txt"'},
        senseless=_SENSELESS,
    ),
)
