"""The virtual services that are ours, on record in a file.

The kernel's table is shared and does not say whose a row is. The record lets
a director that was killed take back what it added, and lets a stop without a
configuration remove exactly that.
"""

import json
import os
from collections.abc import Collection
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Final

from lvsha.identity import Endpoint, Fwmark, Protocol, ServiceKey, Vip

VERSION: Final = 1


class OwnedRows:
    """The record at *path*; *problem* tells why the last reading found nothing."""

    def __init__(self, path: Path) -> None:
        """Use *path*; its directory has to be there."""
        self.path = path
        self.problem = ""

    def read(self) -> frozenset[ServiceKey]:
        """Return what is on record; nothing, and a *problem*, if it is not readable.

        Without a file there is nothing on record, and no problem.
        """
        self.problem = ""
        try:
            return decoded(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return frozenset()
        except (OSError, ValueError) as error:
            self.problem = f"cannot read the owned rows in {str(self.path)!r}: {error}"
            return frozenset()

    def write(self, keys: Collection[ServiceKey]) -> None:
        """Put *keys* on record: after a crash the file is the old or the new one."""
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            with fresh.open("w", encoding="utf-8") as file:
                file.write(encoded(keys))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)
        except OSError:
            with suppress(OSError):
                fresh.unlink()
            raise
        directory = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def encoded(keys: Collection[ServiceKey]) -> str:
    """Return *keys* as text, sorted, one a line."""
    rows = ",\n ".join(json.dumps(_fields(key)) for key in sorted(keys, key=str))
    return f'{{"version": {VERSION}, "services": [\n {rows}\n]}}\n'


def decoded(text: str) -> frozenset[ServiceKey]:
    """Return the keys in *text*; raises *ValueError* when it is not such a text."""
    record: object = json.loads(text)
    if not isinstance(record, dict) or record.get("version") != VERSION:
        raise ValueError(f"not a record of version {VERSION}")
    match record.get("services"):
        case [*rows]:
            return frozenset(map(_key, rows))
    raise ValueError("it lists no services")


def _fields(key: ServiceKey) -> dict[str, str | int]:
    if isinstance(key, Fwmark):
        return {"fwmark": key.mark, "version": key.version}
    return {
        "protocol": key.protocol.name.lower(),
        "address": str(key.endpoint.address),
        "port": key.endpoint.port,
    }


def _key(row: object) -> ServiceKey:
    match row:
        case {"fwmark": int(mark), "version": 4 | 6 as version}:
            return Fwmark(mark, version)
        case {"protocol": str(protocol), "address": str(address), "port": int(port)}:
            if protocol.upper() not in Protocol.__members__ or not 0 <= port <= 65535:  # noqa: PLR2004
                raise ValueError(f"not a virtual service: {row!r}")
            where = ip_address(address)
            if isinstance(where, IPv6Address) and where.scope_id:
                raise ValueError(f"not a virtual service: {row!r}")
            return Vip(Protocol[protocol.upper()], Endpoint(where, port))
    raise ValueError(f"not a virtual service: {row!r}")
