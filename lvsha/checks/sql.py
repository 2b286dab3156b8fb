"""What the databases' checks have in common: what is asked, and what counts.

No database is spoken to here.
"""

from typing import Final

from lvsha.checks.dialogue import CheckFailed, quoted
from lvsha.model import Check

NO_ROW: Final = "request: not a single row"


def statement(check: Check) -> str:
    """Return the statement to execute: the request without its slash.

    Raises CheckFailed without one, or without anybody to log in as.
    """
    request = check.request.removeprefix("/")
    if not check.credentials.login or not request:
        raise CheckFailed("a database needs a login and a request")
    return request


def address(check: Check) -> tuple[str, int]:
    """Return where the database is; raise CheckFailed if nobody said which port."""
    if check.port is None:
        raise CheckFailed("no port to check: neither checkport nor real gives one")
    return str(check.address), check.port


def insist_on_a_row(*, found: bool) -> None:
    """Raise CheckFailed unless a row was *found*, or changed."""
    if not found:
        raise CheckFailed(NO_ROW)


def refused(at: str, words: object) -> CheckFailed:
    """Return how the database refused *at* this point, in its *words*."""
    return CheckFailed(f"{at}: {quoted(str(words))}")
