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

    def kept(self) -> frozenset[ServiceKey]:
        """Return those on record that a stop leaves in the table."""
        try:
            return decoded(self.path.read_text("utf-8"), kept=True)
        except (OSError, ValueError):
            return frozenset()

    def write(
        self, keys: Collection[ServiceKey], kept: Collection[ServiceKey] = ()
    ) -> None:
        """Put *keys* on record: after a crash the file is the old or the new one.

        Those in *kept* stay in the table when the director stops.
        """
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            with fresh.open("w", encoding="utf-8") as file:
                file.write(encoded(keys, kept))
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


def encoded(keys: Collection[ServiceKey], kept: Collection[ServiceKey] = ()) -> str:
    """Return *keys* as text, sorted, one a line; those in *kept* are marked."""
    rows = ",\n ".join(
        json.dumps(_fields(key) | ({"keep": True} if key in kept else {}))
        for key in sorted(keys, key=str)
    )
    return f'{{"version": {VERSION}, "services": [\n {rows}\n]}}\n'


def decoded(text: str, *, kept: bool = False) -> frozenset[ServiceKey]:
    """Return the keys in *text*, with *kept* the marked ones alone.

    Raises *ValueError* when it is not such a text.
    """
    record: object = json.loads(text)
    if not isinstance(record, dict) or record.get("version") != VERSION:
        raise ValueError(f"not a record of version {VERSION}")
    match record.get("services"):
        case [*rows]:
            return frozenset(_key(row) for row in rows if not kept or _marked(row))
    raise ValueError("it lists no services")


def _marked(row: object) -> bool:
    return isinstance(row, dict) and row.get("keep") is True


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
