"""Watches the director's table and its readiness; prints what is new, one JSON a line.

``{"at": seconds since the epoch, "table": [lines of ipvsadm -Sn]}`` when the table
changed, ``{"at": …, "notified": "READY=1"}`` when the engine tells its supervisor
something. The argument is the path of the socket for that.
"""

import json
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

_LOOK = 0.05  # seconds between two looks
_COUNTERS = 2  # the last columns of a destination's line


def main() -> None:
    """Watch until killed."""
    ears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ears.bind(sys.argv[1])
    table = Path("/proc/net/ip_vs")
    seen: list[list[str]] | None = None
    while True:
        now = time.time()
        found = settled(table.read_text())
        if found != seen:
            seen = found
            listing = subprocess.run(
                ["ipvsadm", "-Sn"], capture_output=True, check=True, timeout=10
            )
            tell(at=now, table=listing.stdout.decode().splitlines())
        while select.select([ears], [], [], _LOOK)[0]:
            words = ears.recv(4096).decode(errors="replace").splitlines()
            tell(at=time.time(), notified=words[0] if words else "")


def settled(text: str) -> list[list[str]]:
    """Return the table without what counts connections."""
    lines = [line.split() for line in text.splitlines()[3:]]
    return [
        words[:-_COUNTERS] if words and words[0] == "->" else words for words in lines
    ]


def tell(**words: object) -> None:
    """Print one line."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
