"""A real server for UDP: answers ``test`` and ``who``; quits as gracefully as nginx.

``responder.py NAME FOLDER PORT ADDRESS ...`` answers on each address from that very
address. A file ``wrong`` in FOLDER makes every answer wrong, ``unwell`` that to
``test``. After SIGQUIT only those are answered who asked before.
"""

import selectors
import signal
import socket
import sys
from pathlib import Path


def main() -> None:
    """Answer until killed."""
    name, folder, port, *addresses = sys.argv[1:]
    known: set[object] = set()
    leaving = False

    def leave(_number: int, _frame: object) -> None:
        nonlocal leaving
        leaving = True

    signal.signal(signal.SIGQUIT, leave)
    selector = selectors.DefaultSelector()
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        one = socket.socket(family, socket.SOCK_DGRAM)
        one.bind((address, int(port)))
        selector.register(one, selectors.EVENT_READ, one)
    while True:
        for key, _ in selector.select():
            one = key.data
            asked, peer = one.recvfrom(2048)
            if leaving and peer not in known:
                continue
            known.add(peer)
            one.sendto(answer(asked, name, Path(folder)), peer)


def answer(asked: bytes, name: str, folder: Path) -> bytes:
    """Return what *name* says to *asked*."""
    testing = asked.strip() == b"test"
    wrong = (folder / "wrong").exists()
    if wrong or (testing and (folder / "unwell").exists()):
        return b"under construction\n"
    return b"still alive\n" if testing else f"server {name}\n".encode()


if __name__ == "__main__":
    main()
