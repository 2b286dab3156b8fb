"""PostgreSQL, by asyncpg: log in, ask, count the rows. Effects.

TLS as libpq has it by default: used if the server has it, and nothing of the
certificate is verified.
"""

import asyncio

import asyncpg

from lvsha.checks.dialogue import CheckFailed, Satisfied
from lvsha.checks.ration import Ration, RationedLoop
from lvsha.checks.sql import address, insist_on_a_row, refused, statement
from lvsha.model import Check

# Commands that answer with rows and do not count them.
_UNCOUNTED = ("SHOW", "EXPLAIN")


async def pgsql(check: Check) -> Satisfied:
    """Check that the request yields at least one row."""
    ration = Ration()
    try:
        return await _asked(check, ration)
    except (CheckFailed, OSError) as reason:
        if failed := ration.exceeded:
            raise failed from reason
        raise


async def _asked(check: Check, ration: Ration) -> Satisfied:
    request = statement(check)
    connection = await _connected(check, ration)
    try:
        # On its own, so that being cancelled ends the connection instead: asyncpg
        # would open another one, to a server that may hang, to have it cancelled.
        asked = asyncio.ensure_future(connection.execute(request))
        asked.add_done_callback(_heed)
        told = await asyncio.shield(asked)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as reason:
        raise refused("request", reason) from reason
    finally:
        connection.terminate()
    insist_on_a_row(found=_rows(told))
    return Satisfied()


async def _connected(check: Check, ration: Ration) -> asyncpg.Connection:
    host, port = address(check)
    known = check.credentials
    try:
        return await asyncpg.connect(
            host=host,
            port=port,
            user=known.login,
            password=known.passwd or None,
            database=known.database or None,
            ssl="prefer",
            timeout=check.negotiatetimeout,
            statement_cache_size=0,
            loop=RationedLoop(ration),
        )
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as reason:
        raise refused("login", reason) from reason
    except ConnectionError as reason:
        if reason.errno:
            raise
        raise CheckFailed("login: connection closed") from reason


def _heed(asked: asyncio.Future[str]) -> None:
    """Take note of how it ended, which nobody else does once we are cancelled."""
    if not asked.cancelled():
        asked.exception()


def _rows(told: str) -> bool:
    """Tell whether a command's tag (``SELECT 3``, ``INSERT 0 1``) tells of rows."""
    *command, count = told.split() or [""]
    return (count.isdigit() and int(count) > 0) or (not command and count in _UNCOUNTED)
