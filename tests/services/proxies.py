"""Proxies: squid, before an nginx."""

from typing import Final

from tests.services.daemons import HERE, Daemon, everywhere
from tests.services.rows import DIES, DOWN, FAULTS, UP, Cell, Outcome, Row

_SQUID: Final = f"""\
http_port {HERE}:3128
http_port [::1]:3128
http_access allow all
cache deny all
cache_mem 8 MB
max_filedescriptors 1024
access_log none
cache_log PLACE/log/squid
coredump_dir PLACE/log
pid_filename none
pinger_enable off
dns_nameservers {HERE}
visible_hostname proxy.example.com
shutdown_lifetime 0 seconds
"""

_ORIGIN: Final = f"""\
user root;
daemon off;
worker_processes 1;
pid PLACE/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    server {{
        listen {HERE}:8080;
        location / {{ return 200 "still alive\\n"; }}
        location /dead {{ return 500 "still alive\\n"; }}
    }}
    server {{
        listen {HERE}:3129 ssl;
        ssl_certificate TLS/cert.pem;
        ssl_certificate_key TLS/key.pem;
    }}
}}
"""

SQUID: Final = Daemon(
    "squid",
    ("squid", "-N", "-f", "PLACE/squid.conf"),
    (*everywhere(3128), f"{HERE}:8080", f"{HERE}:3129"),
    files={"squid.conf": _SQUID, "nginx.conf": _ORIGIN},
    prepare=(("install", "-d", "-o", "proxy", "PLACE/log"),),
    besides=(("nginx", "-e", "stderr", "-c", "PLACE/nginx.conf"),),
)

ROWS: Final = (
    Row(
        "http_proxy",
        "http_proxy",
        3128,
        SQUID,
        {
            Outcome.UP: Cell(UP),
            Outcome.IPV6: Cell(
                UP,
                original=DIES,
                because="B11: it misses a module of Perl's, and ends",
            ),
            Outcome.WRONG: Cell(
                DOWN, directives={"request": f'"http://{HERE}:8080/dead"'}
            ),
            Outcome.SEALED: Cell(DOWN, f"{HERE}:3129"),
            **FAULTS,
        },
        {"request": f'"http://{HERE}:8080/"', "receive": '"alive"'},
        senseless=frozenset({Outcome.PASSWORD, Outcome.CERTIFICATE, Outcome.PLAIN}),
        middle=10,
    ),
)
