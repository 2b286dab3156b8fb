"""Prints what a director has on it, as one JSON object: what a soak compares.

Addresses, the kernel's table and sync daemons, lvsha's processes and files, and the
descriptors its engine has open.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

_SECONDS = 20.0
_RUN = Path("/run/lvsha")
_OURS = ("lvsha", "ldirectord", "keepalived")
_LAB = "lvsha.lab."  # the lab's own programs run here, too


def main() -> None:
    """Look and tell."""
    engines = [pid for pid, words in processes().items() if "lvsha run" in words]
    found = {
        "addresses": [
            f"{one['local']}/{one['prefixlen']} {link['ifname']}"
            for link in json.loads(said("ip", "-j", "address"))
            for one in link["addr_info"]
        ],
        "rows": said("ipvsadm", "-Sn").splitlines(),
        "daemons": said("ipvsadm", "-L", "--daemon").splitlines(),
        "processes": Counter(processes().values()),
        "files": sorted(str(path) for path in _RUN.rglob("*") if path.is_file()),
        "descriptors": sum(map(opened, engines)),
        "memory": sum(resident(pid) for pid in engines),
    }
    sys.stdout.write(json.dumps(found) + "\n")


def said(*argv: str) -> str:
    """Return what a command printed."""
    done = subprocess.run(argv, capture_output=True, timeout=_SECONDS, check=False)
    return done.stdout.decode()


def processes() -> dict[int, str]:
    """Return the command lines of what is ours."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        except OSError:
            continue
        line = b" ".join(words).decode(errors="replace")
        if any(name in line for name in _OURS) and _LAB not in line:
            found[int(entry.name)] = line
    return found


def opened(pid: int) -> int:
    """Return how many descriptors *pid* has open."""
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return 0


def resident(pid: int) -> int:
    """Return the kilobytes of memory that *pid* has."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    lines = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(lines[0].split()[1]) if lines else 0


if __name__ == "__main__":
    main()
