"""How openSUSE Leap 15 names what the lab's recipe asks Debian for. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from lvsha.lab.drill.machines import Step

PYTHON: Final = "python3.11"
"""Its own ``python3`` is older than what lvsha needs."""

_SAME: Final = (
    *("procps", "iproute2", "nftables", "tcpdump", "strace", "socat", "curl"),
    *("ipvsadm", "ldirectord", "keepalived", "perl", "pacemaker", "corosync"),
    *("crmsh", "resource-agents", "csync2"),
)
_OTHER: Final[Mapping[str, str]] = {
    "iputils-ping": "iputils",
    "iputils-arping": "iputils",
    "conntrack": "conntrack-tools",
    "nginx-light": "nginx",
    "python3": "python311",
    "python3-click": "python311-click",
    "python3-rich": "python311-rich",
    "python3-pytest": "python311-pytest",
    "python3-hypothesis": "python311-hypothesis",
    "libxml2-utils": "libxml2-tools",
}
_THERE: Final = frozenset({"systemd-sysv", "dbus", "kmod", "mount"})
"""What no system is without there."""
_MISSED: Final = frozenset({"python3-prometheus-client"})
"""What is not packaged there; no node of a cluster needs it."""

_SHEBANG: Final = "1s|/usr/bin/python3 |/usr/bin/python3.11 |"
_PATHS: Final = (
    ("/usr/lib/python3/dist-packages", "/usr/lib/python3.11/site-packages"),
    ("#!/usr/bin/python3 ", "#!/usr/bin/python3.11 "),
    ("/lib/systemd/system/", "/usr/lib/systemd/system/"),
    ("python3 -I ", "python3.11 -I "),
    # its agents and the lab's begin with the interpreter's path
    (
        "chmod 755 $agents/*",
        f"chmod 755 $agents/* && sed -i '{_SHEBANG}' $agents/*",
    ),
)
_AGENT: Final = "/usr/sbin/fence_lvsha_lab"


def packages(debian: Sequence[str]) -> list[str]:
    """Return Leap's names of *debian*'s packages, each once.

    Raise `KeyError` for one that nobody has translated.
    """
    known = {**{name: name for name in _SAME}, **_OTHER}
    wanted = [name for name in debian if name not in _THERE | _MISSED]
    return list(dict.fromkeys(known[name] for name in wanted))


def translated(step: Step) -> tuple[Step, ...]:
    """Return *step* as it is done there."""
    words = tuple(_there(word) for word in step.argv)
    found = replace(step, argv=words, given=_there(step.given))
    if words[:1] == ("chmod",) and words[-1] == _AGENT:
        return found, Step(("sed", "-i", _SHEBANG, _AGENT))
    return (found,)


def _there(text: str) -> str:
    for ours, theirs in _PATHS:
        text = text.replace(ours, theirs)
    return text
