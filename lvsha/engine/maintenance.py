"""Which real servers the operator took out with a file in ``maintenancedir``.

A file named after a real server, by address or by name, with or without its
port, takes it out for as long as it exists.
"""

import re
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from lvsha.desired import reals
from lvsha.engine.lookout import MOMENT, Lookout
from lvsha.health import Seat
from lvsha.identity import Address, ServiceKey, bracketed
from lvsha.model import RealServer, VirtualService

# ldirectord asked the resolver for every real server in every round.
_NAME_KEPT: Final = 300.0
# Who is in maintenance should be known before anybody is given work.
_FIRST: Final = 1.0
_SHORT: Final = re.compile(r"([a-z][a-z0-9-]+)\.", re.IGNORECASE)


def words(real: RealServer, name: str) -> Iterable[str]:
    """Return the file names, lower case, that take *real* out.

    *name* is what its address resolves back to, or empty. The host as written
    in the configuration counts like that name.
    """
    hosts = [bracketed(real.endpoint.address)]
    for host in (name, real.name):
        if host and host not in hosts:
            hosts.append(host)
        if short := _SHORT.match(host):
            hosts.append(short[1])
    for host in hosts:
        yield f"{host}:{real.endpoint.port}".lower()
        yield host.lower()


class Maintenance:
    """Looks into the directory; reverse names are looked up beside the loop."""

    def __init__(
        self,
        lookup: Callable[[Address], str] | None = None,
        seconds: tuple[float, float] = (_FIRST, MOMENT),
    ) -> None:
        """Know no names yet; *lookup* finds one, or an empty one, and may take long.

        *seconds* is what the first look, and what another may take.
        """
        self._lookup = lookup or _reverse
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="reverse-lookup")
        self._present: set[str] = set()
        self._lookout: Lookout[set[str] | None] = Lookout("lvsha-maintenance")
        self._seconds = seconds
        self._asked = False
        self._names: dict[Address, tuple[float, Future[str]]] = {}

    def seats(
        self, directory: str, virtuals: Mapping[ServiceKey, VirtualService]
    ) -> frozenset[Seat]:
        """Return the seats with a file in *directory*; none if there is no such.

        While it cannot be read, or hangs, what it held last counts: a disk in
        trouble must not bring servers back.
        """
        if not directory:
            return frozenset()
        seconds = self._seconds[self._asked]
        self._asked = True
        present = self._lookout.look(lambda: _listed(directory), seconds)
        if present is None:
            present = self._present
        self._present = present
        if not present:
            return frozenset()
        return frozenset(
            (virtual.key, row)
            for virtual in virtuals.values()
            for row, real in reals(virtual).items()
            if not present.isdisjoint(words(real, self._name(real.endpoint.address)))
        )

    def hangs(self) -> bool:
        """Tell, once each time, that the directory's file system does not answer."""
        return self._lookout.hangs()

    def close(self) -> None:
        """Look nothing up any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _name(self, address: Address) -> str:
        """Return the known name of *address*, empty while it is being looked up."""
        now = time.monotonic()
        when, future = self._names.get(address, (-_NAME_KEPT, None))
        if future is None or (future.done() and now - when > _NAME_KEPT):
            future = self._threads.submit(self._lookup, address)
            self._names[address] = (now, future)
        return future.result() if future.done() else ""


def _listed(directory: str) -> set[str] | None:
    """Return what is in *directory*, in small letters; None if it cannot be read."""
    try:
        return {entry.name.lower() for entry in Path(directory).iterdir()}
    except (FileNotFoundError, NotADirectoryError):
        return set()
    except OSError:
        return None


def _reverse(address: Address) -> str:
    try:
        return socket.gethostbyaddr(str(address))[0]
    except OSError:
        return ""
