"""Asks one Oracle database; a program of its own. Effects.

python-oracledb does not survive nonsense: fed with zeros it turns in circles
within a call that can be neither cancelled nor interrupted by a thread. So it is
fed in a process that can be killed (``docs/decisions``). Nothing of lvsha is
imported here; what is asked comes as JSON on standard input, what went wrong
goes as JSON to standard output. Exit status 0 for a row, 1 for anything else.
"""

import json
import re
import resource
import sys

import oracledb

# Seconds of CPU: a login and a question take a tenth of one.
_CPU = 10


def main() -> int:
    """Ask what is on standard input; return the exit status."""
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU, _CPU))
    asked = json.load(sys.stdin)
    request = asked.pop("request")
    at = "login"
    try:
        with oracledb.connect(**asked) as connection:
            at = "request"
            with connection.cursor() as cursor:
                cursor.arraysize = cursor.prefetchrows = 1
                cursor.execute(request)
                if cursor.description is None:
                    found = cursor.rowcount > 0
                else:
                    found = cursor.fetchone() is not None
    except oracledb.Error as reason:
        cause = reason.__cause__
        errno = cause.errno or 0 if isinstance(cause, OSError) else 0
        return _failed(at=at, errno=errno, words=_words(str(reason)))
    return 0 if found else _failed(at=at, errno=0, words="")


def _words(message: str) -> str:
    """Return what a *message* says, without the number of the attempt."""
    return re.sub(r" \(CONNECTION_ID=[^)]*\)", "", message).replace("\n", " ")


def _failed(**why: object) -> int:
    json.dump(why, sys.stdout)
    return 1


if __name__ == "__main__":
    sys.exit(main())
