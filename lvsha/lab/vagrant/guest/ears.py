"""Tells of each address that is announced on an interface, one JSON a line.

``ears.py INTERFACE`` prints ``{"at": …, "station": hardware address, "address": …}``
for each gratuitous ARP, which is broadcast, so that any machine hears it.
"""

import json
import socket
import sys
import time

from lvsha.lab.forwarding import announcement

_ARP = 0x0806


def main() -> None:
    """Listen until killed."""
    ears = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ARP))
    ears.bind((sys.argv[1], _ARP))
    while True:
        news = announcement(ears.recv(65536))
        if news is not None:
            words = {"at": time.time(), "station": news.station}
            line = json.dumps({**words, "address": news.address})
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
