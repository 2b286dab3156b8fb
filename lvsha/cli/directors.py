"""Which configuration the directors of a group have, as ``lvsha status`` tells it.

It is quick and never fails: only files of this machine are looked at, and where
directors share nothing by csync2 there is nothing to tell.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from lvsha.cli.wanted import entries, entry, text
from lvsha.csync2.fragment import BadGroup, Group
from lvsha.csync2.holdings import Holdings
from lvsha.csync2.setup import SetupFailed, system
from lvsha.csync2.standing import Standing, following
from lvsha.engine.control import Answer


def directors(status: Answer) -> tuple[Standing, ...]:
    """Return how each director stands beside what the one of *status* follows."""
    found = _group()
    if found is None:
        return ()
    configuration = entry(status, "configuration")
    here = found.called(os.uname().nodename)
    digest = text(configuration, "sha256")
    live = Path(text(configuration, "path"))
    if not (here and digest) or live.resolve() != found.places.live.resolve():
        return ()
    return following(Holdings(found.places, here), found.hosts, digest)


def differing(told: Answer) -> list[Mapping[str, object]]:
    """Return the directors that are known to be wrong, of a status with them.

    Before the first push nothing is known of the others, and nothing is wrong.
    """
    return [
        one
        for one in entries(told, "directors")
        if one.get("seconds_ago") is not None and one.get("wrong")
    ]


def _group() -> Group | None:
    try:
        return system().group()
    except (SetupFailed, BadGroup, OSError):
        return None
