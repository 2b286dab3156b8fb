"""What was installed, on record: a JSON file below ``/var/lib``. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

PATH: Final = "/var/lib/lvsha/installed.json"


class Unreadable(ValueError):
    """The record cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Files with the marks they may have, directories we made, ldirectord's fate.

    *takeover* is how ``/usr/sbin/ldirectord`` was taken over, and by which program;
    empty if it was not.
    """

    files: Mapping[str, frozenset[str]] = field(default_factory=dict)
    directories: frozenset[str] = frozenset()
    takeover: str = ""

    @property
    def empty(self) -> bool:
        """Tell whether nothing is installed."""
        return self == Manifest()


def rendered(manifest: Manifest) -> str:
    """Return *manifest* as text."""
    content = {
        "files": {
            path: sorted(manifest.files[path]) for path in sorted(manifest.files)
        },
        "directories": sorted(manifest.directories),
        "takeover": manifest.takeover,
    }
    return json.dumps(content, indent=1) + "\n"


def parsed(text: str) -> Manifest:
    """Return what *text* records; raises Unreadable."""
    try:
        content = json.loads(text)
        return Manifest(
            {
                str(path): frozenset(str(mark) for mark in marks)
                for path, marks in content["files"].items()
            },
            frozenset(str(path) for path in content["directories"]),
            str(content["takeover"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"{PATH} is damaged: {error}") from error
