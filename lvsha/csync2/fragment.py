"""The configuration of csync2 for a file that directors share. Pure.

It is a configuration of its own (``csync2 -C lvsha``), beside whatever else the
machine synchronises.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lvsha.csync2.places import Places

_HOST: Final = re.compile(r"[a-z0-9][a-z0-9.-]*")
_HOSTS: Final = re.compile(r"^\s*host ([^;]*);", re.MULTILINE)
CSYNC2: Final = "csync2"
SSH: Final = "ssh"
_CARRIED: Final = "# Brought by ssh."
_LIVE: Final = re.compile(r'^\s*include "([^"]*)";\s*# the configuration', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Group:
    """The directors by name, the file they share, and what brings it to them."""

    hosts: tuple[str, ...]
    places: Places
    carrier: str = CSYNC2

    def called(self, nodename: str) -> str:
        """Return what the director *nodename* is called here, empty if it is not."""
        whole = nodename.lower()
        names = (whole, whole.partition(".")[0])
        return next((name for name in names if name in self.hosts), "")


class BadGroup(ValueError):
    """These cannot be a group; the message says why."""


def group(hosts: Sequence[str], places: Places, carrier: str = CSYNC2) -> Group:
    """Return the group of *hosts*; raise BadGroup when there cannot be one."""
    names = tuple(dict.fromkeys(host.lower() for host in hosts))
    wrong = [name for name in names if not _HOST.fullmatch(name)]
    if wrong:
        raise BadGroup(f"not a host name: {', '.join(wrong)}")
    if len(names) < 2:  # noqa: PLR2004 - it takes two
        raise BadGroup("a group needs two directors or more")
    if not places.live.is_absolute() or re.search(r'["\s;*?\[]', str(places.live)):
        raise BadGroup(f"cannot be synchronised under this name: {places.live}")
    return Group(names, places, carrier)


def text(of: Group, key: Path, program: str) -> str:
    """Return the file that csync2 reads; *program* is run when something came."""
    places = of.places
    return f"""\
# One configuration on all directors. Written by 'lvsha csync2 setup'.
# Send it with 'lvsha csync2 push': that validates everywhere before anything changes.
group {of.places.live.stem.replace(".", "_").replace("-", "_")} {{
    host {" ".join(of.hosts)};
    key "{key}";
    include "{places.live}";  # the configuration
    include "{places.offer}";
    include "{places.receipts}";
    # Nobody wins a conflict by chance: 'lvsha csync2 push' says what to do.
    auto none;
    # An offer is only validated; what takes the configuration's place is followed.
    action {{
        pattern "{places.offer}";
        exec "{program} csync2 received --offer {places.live}";
    }}
    action {{
        pattern "{places.live}";
        exec "{program} csync2 received {places.live}";
    }}
}}
"""


def plain(of: Group) -> str:
    """Return the file that says who shares what where there is no csync2."""
    return f"""\
# One configuration on all directors. Written by 'lvsha csync2 setup'.
{_CARRIED}
    host {" ".join(of.hosts)};
    include "{of.places.live}";  # the configuration
"""


def read(content: str) -> Group:
    """Return the group that *content* is about, as :func:`text` or `plain` has it."""
    hosts, live = _HOSTS.search(content), _LIVE.search(content)
    if hosts is None or live is None:
        raise BadGroup("not written by 'lvsha csync2 setup'")
    carrier = SSH if _CARRIED in content else CSYNC2
    return group(hosts[1].split(), Places(Path(live[1])), carrier)
