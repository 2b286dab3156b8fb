"""What the exit statuses mean: one table for the code, the help and the manual."""

import enum
from typing import Final


class Exit(enum.IntEnum):
    """How an ``lvsha`` command ended."""

    DONE = 0
    FAILED = 1
    INVALID = 2
    OTHERWISE = 3


_FAILED: Final = (
    "failed: no kernel support, no permission, no answer in time, already running;"
    " probe: a check failed"
)
# Status, and what it means for which commands.
MEANINGS: Final[tuple[tuple[int, str], ...]] = (
    (0, "done; status: running and well; plan: nothing to change; probe: all passed"),
    (1, _FAILED),
    (2, "the configuration or the command line is wrong"),
    (3, "status, reload: not running; plan: changes to make; vip, realserver: absent"),
)

# The same for lvsha-ldirectord, which has ldirectord's own.
LDIRECTORD_MEANINGS: Final[tuple[tuple[int, str], ...]] = (
    (0, "done; start: already running; stop, try-restart: not running"),
    (1, "failed; reload: not running; status: not running, but a pid file is left"),
    (2, "start, restart, reload: the configuration is wrong"),
    (3, "status: not running"),
    (255, "the command line is wrong"),
)


def table(meanings: tuple[tuple[int, str], ...]) -> str:
    """Return *meanings* as indented lines of text."""
    return "\n".join(f"  {status:<4} {meaning}" for status, meaning in meanings)
