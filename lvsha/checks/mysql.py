"""MySQL and MariaDB, by aiomysql: log in, ask, look for a row. Effects."""

import aiomysql

from lvsha.checks.dialogue import CheckFailed, Satisfied
from lvsha.checks.ration import Ration
from lvsha.checks.sql import address, insist_on_a_row, refused, statement
from lvsha.model import Check


async def mysql(check: Check) -> Satisfied:
    """Check that the request yields, or changes, at least one row."""
    request = statement(check)
    connection = await _connected(check)
    try:
        # Unbuffered: one row is enough, however many there are.
        cursor = await connection.cursor(aiomysql.SSCursor)
        await cursor.execute(request)
        if cursor.description is None:
            found = cursor.rowcount > 0
        else:
            found = await cursor.fetchone() is not None
        await connection.ensure_closed()
    except aiomysql.MySQLError as reason:
        raise refused("request", _words(reason)) from reason
    finally:
        connection.close()
    insist_on_a_row(found=found)
    return Satisfied()


class _Connection(aiomysql.Connection):  # type: ignore[misc]
    """A connection that hears no more than a ration.

    These two of its methods have no public names: all versions from 0.1.1 to 0.3
    read by the one, and are connected by the other.
    """

    def __init__(self, **how: object) -> None:
        super().__init__(**how)
        self._ration = Ration()

    async def _read_bytes(self, num_bytes: int) -> bytes:
        self._ration.take(num_bytes)
        heard: bytes = await super()._read_bytes(num_bytes)
        return heard

    async def connected(self) -> "_Connection":
        """Connect, log in, and return this."""
        await self._connect()
        return self


async def _connected(check: Check) -> _Connection:
    host, port = address(check)
    known = check.credentials
    try:
        return await _Connection(
            host=host,
            port=port,
            user=known.login,
            password=known.passwd,
            db=known.database or None,
            autocommit=None,
        ).connected()
    except aiomysql.MySQLError as reason:
        cause = reason.__cause__
        if isinstance(cause, OSError):
            raise _unreached(cause) from reason
        # Until 0.2 whatever happened stood behind an error of aiomysql's.
        if isinstance(cause, CheckFailed):
            raise cause from reason
        told = cause if isinstance(cause, aiomysql.MySQLError) else reason
        raise refused("login", _words(told)) from reason


def _unreached(reason: OSError) -> OSError | CheckFailed:
    return reason if reason.errno else CheckFailed("login: connection closed")


def _words(reason: aiomysql.MySQLError) -> object:
    """Return what the server said, without the number before it."""
    return reason.args[-1] if reason.args else type(reason).__name__
