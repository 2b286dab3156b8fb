"""Watches whether this node holds an address; prints each change, one JSON a line.

``owner.py ADDRESS`` prints ``{"at": seconds since the epoch, "holds": true or false}``.
The kernel tells of every change by itself, so the times are its own.
"""

import itertools
import json
import select
import socket
import sys
import time
from pathlib import Path

_ADDRESSES = 0x10  # RTMGRP_IPV4_IFADDR of linux/rtnetlink.h
_LOOK = 1.0  # seconds until a look without a reason
_LOCAL = "/32 host LOCAL"


def main() -> None:
    """Watch until killed."""
    address = sys.argv[1]
    kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    kernel.bind((0, _ADDRESSES))
    seen: bool | None = None
    while True:
        holds = local(Path("/proc/net/fib_trie").read_text(), address)
        if holds != seen:
            seen = holds
            line = json.dumps({"at": time.time(), "holds": holds})
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        if select.select([kernel], [], [], _LOOK)[0]:
            kernel.recv(65536)


def local(trie: str, address: str) -> bool:
    """Tell whether *trie*, the kernel's routes, has *address* as one of its own."""
    lines = [line.strip() for line in trie.splitlines()]
    leaf = f"|-- {address}"
    return any(
        one == leaf and following == _LOCAL
        for one, following in itertools.pairwise(lines)
    )


if __name__ == "__main__":
    main()
