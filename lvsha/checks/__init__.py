"""Is this real server well? One protocol a module.

The negotiate checks by the name ``service =`` gives them. Adding one is a file
with its dialogue and a row here; sockets are lent by
:mod:`lvsha.checks.prober`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from lvsha.checks.dialogue import Dialogue
from lvsha.checks.http import http, http_proxy
from lvsha.checks.simpletcp import simpletcp
from lvsha.model import Check, CheckType

SERVICES: Final[Mapping[str, Callable[[Check], Dialogue]]] = {
    "http": http,
    "https": http,
    "http_proxy": http_proxy,
    "simpletcp": simpletcp,
}

# Up without being asked.
UNCHECKED: Final = "none"


def unsupported(check: Check) -> str:
    """Return why *check* cannot be run yet, or nothing."""
    if check.kind not in (CheckType.NEGOTIATE, CheckType.COMBINED):
        return ""
    if check.service in SERVICES or check.service == UNCHECKED:
        return ""
    return f"service {check.service!r} cannot be checked yet"
