"""Oracle: what its client is to ask, and what it said. No database is spoken to here.

The client is a program: see :mod:`lvsha.checks.oracle_client`.
"""

import json
import sys
from pathlib import Path
from typing import Final

from lvsha.checks.dial import reason_of
from lvsha.checks.dialogue import CheckFailed
from lvsha.checks.program import Program
from lvsha.checks.sql import NO_ROW, address, refused, statement
from lvsha.model import Check

# Without its folder among the modules: it holds a dns.py and an ldap.py.
_CLIENT: Final = (
    sys.executable,
    "-P",
    str(Path(__file__).with_name("oracle_client.py")),
)


def oracle(check: Check) -> Program:
    """Check that the request yields, or changes, at least one row.

    ``database`` is the SID.
    """
    request = statement(check)
    known = check.credentials
    if not known.database:
        raise CheckFailed("an Oracle database needs a SID in database")
    host, port = address(check)
    asked = {
        "user": known.login,
        "password": known.passwd,
        "host": host,
        "port": port,
        "sid": known.database,
        "request": request,
        "tcp_connect_timeout": check.negotiatetimeout,
    }
    return Program(_CLIENT, json.dumps(asked).encode(), _failure)


def _failure(told: bytes) -> str:
    """Return what the client *told* of a check that failed."""
    try:
        failure = json.loads(told)
    except ValueError:
        return "the client for Oracle failed"
    if failure["errno"]:
        return f"connect: {reason_of(failure['errno'])}"
    if not failure["words"]:
        return NO_ROW
    return str(refused(failure["at"], failure["words"]))
