"""Oracle, by python-oracledb without a client library of Oracle's. Effects."""

import oracledb

from lvsha.checks.dialogue import CheckFailed, Satisfied
from lvsha.checks.sql import address, insist_on_a_row, refused, statement
from lvsha.model import Check


async def oracle(check: Check) -> Satisfied:
    """Check that the request yields, or changes, at least one row.

    ``database`` is the SID.
    """
    request = statement(check)
    if not check.credentials.database:
        raise CheckFailed("an Oracle database needs a SID in database")
    host, port = address(check)
    known = check.credentials
    try:
        connection = await oracledb.connect_async(
            user=known.login,
            password=known.passwd,
            host=host,
            port=port,
            sid=known.database,
            tcp_connect_timeout=check.negotiatetimeout,
        )
    except oracledb.Error as reason:
        raise refused("login", reason) from reason
    try:
        async with connection:
            with connection.cursor() as cursor:
                cursor.arraysize = cursor.prefetchrows = 1
                await cursor.execute(request)
                if cursor.description is None:
                    found = cursor.rowcount > 0
                else:
                    found = await cursor.fetchone() is not None
    except oracledb.Error as reason:
        raise refused("request", reason) from reason
    insist_on_a_row(found=found)
    return Satisfied()
