"""Calls: gRPC's own server, with a health service of a few lines.

Debian has none ready; the protocol is the library's, the two messages are ours.
"""

from typing import Final

from tests.services.daemons import HERE, SELF_SIGNED, Daemon, everywhere
from tests.services.rows import DOWN, FAULTS, UP, Cell, Outcome, Row

_SERVER: Final = f"""\
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc


def check(request, context):
    # What is asked for is a field, its number and type in the first byte.
    if request not in (b"", b"\\n\\x04dead"):
        context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
    return b"\\x08\\x02" if request else b"\\x08\\x01"


def known(key, certificate):
    tls = Path("TLS")
    pair = (tls / key).read_bytes(), (tls / certificate).read_bytes()
    return grpc.ssl_server_credentials([pair])


server = grpc.server(
    ThreadPoolExecutor(4),
    handlers=[
        grpc.method_handlers_generic_handler(
            "grpc.health.v1.Health",
            {{"Check": grpc.unary_unary_rpc_method_handler(check)}},
        )
    ],
)
for host in ("{HERE}", "[::1]"):
    server.add_insecure_port(host + ":50051")
    server.add_secure_port(host + ":50052", known("key.pem", "cert.pem"))
server.add_secure_port("{SELF_SIGNED}:50052", known("self.key", "self.pem"))
server.start()
server.wait_for_termination()
"""

GRPC: Final = Daemon(
    "grpcio",
    ("python3", "PLACE/server.py"),
    (*everywhere(50051, 50052), f"{SELF_SIGNED}:50052"),
    files={"server.py": _SERVER},
)

_DEAD: Final = {"request": '"dead"'}
_COMMON: Final = {
    Outcome.UP: Cell(UP),
    Outcome.IPV6: Cell(UP),
    Outcome.WRONG: Cell(DOWN, directives=_DEAD),
}

ROWS: Final = (
    Row(
        "grpc",
        "grpc",
        50051,
        GRPC,
        {**_COMMON, Outcome.SEALED: Cell(DOWN, f"{HERE}:50052"), **FAULTS},
        alone=True,
        senseless=frozenset({Outcome.PASSWORD, Outcome.CERTIFICATE, Outcome.PLAIN}),
        middle=5,
    ),
    Row(
        "grpcs",
        "grpcs",
        50052,
        GRPC,
        {
            **_COMMON,
            Outcome.CERTIFICATE: Cell(DOWN, f"{SELF_SIGNED}:50052"),
            Outcome.PLAIN: Cell(DOWN, f"{HERE}:50051"),
            **FAULTS,
        },
        alone=True,
        senseless=frozenset({Outcome.PASSWORD, Outcome.SEALED}),
        middle=100,
    ),
)
