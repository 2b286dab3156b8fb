"""The small files that are written at an installation, as text. Pure."""

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Final

from lvsha.identity import Forwarding
from lvsha.ipvs.profile import Site, profile

# The programs, each with the module whose main() it is.
PROGRAMS: Final[Mapping[str, str]] = {
    "lvsha": "lvsha.cli.main",
    "lvsha-ldirectord": "lvsha.cli.ldirectord",
}

TMPFILES: Final = """\
# Locks, sockets and records of the directors: nothing in it outlives a boot.
d /run/lvsha 0750 root root -
"""

MODULES: Final = """\
# Without it net.ipv4.vs has no sysctls when they are set at boot.
ip_vs
"""

_WIDTH: Final = 78
# Below net.ipv4; what IPVS itself needs comes from its profile.
_DIRECTOR: Final = (
    ("net.ipv4.ip_forward = 1", "a director of real servers with masq is their router"),
)
_REAL_SERVER: Final = (
    (
        "net.ipv4.conf.all.arp_ignore = 1",
        "with gate and ipip: answer for no address of another interface",
    ),
    (
        "net.ipv4.conf.all.arp_announce = 2",
        "with gate and ipip: never name the VIP as the sender of a question",
    ),
)


def launcher(name: str, module: str, interpreter: str, site: str) -> str:
    """Return the program *name*, which is main() of *module*."""
    return f'''\
#!{interpreter} -I
"""{name}: see {module}."""

import sys

SITE = {site!r}

if SITE not in sys.path:
    sys.path.append(SITE)
from {module} import main  # noqa: E402

sys.exit(main())
'''


def sysctls() -> str:
    """Return sysctl.d's file: everything with its reason, nothing switched on."""
    return "\n".join(_sysctls()) + "\n"


def _sysctls() -> Iterator[str]:
    yield "# Nothing here is set: take what is yours into a file in /etc/sysctl.d."
    yield "# 'lvsha sync profile --apply' sets net.ipv4.vs until the next boot."
    yield ""
    yield "# Directors"
    for line, reason in _DIRECTOR:
        yield from _setting(line, reason)
    for name, setting in profile(Site(frozenset({Forwarding.GATE}))).items():
        yield from _setting(f"net.ipv4.vs.{name} = {setting.value}", setting.reason)
    yield ""
    yield "# Real servers ('lvsha realserver' sets these while it has a VIP)"
    for line, reason in _REAL_SERVER:
        yield from _setting(line, reason)


def _setting(line: str, reason: str) -> Iterator[str]:
    yield "#"
    yield from (f"# {part}" for part in wrap(reason, _WIDTH))
    yield f"#{line}"
