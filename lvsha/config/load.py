"""Reading a configuration file: its bytes, the names in it, the places it writes to.

What the bytes mean is decided in :mod:`lvsha.config.reading`; here is what
needs the machine.
"""

import os
import socket
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from stat import S_IMODE

from lvsha.config.again import Memory
from lvsha.config.document import Line
from lvsha.config.parse import Notes, Parsed, Setting
from lvsha.config.reading import Loaded, loads
from lvsha.config.resolve import Resolver
from lvsha.config.values import Caution, Refused
from lvsha.errors import ConfigError, Problem
from lvsha.identity import Address

__all__ = ["Loaded", "SystemResolver", "load", "loads"]


class SystemResolver:
    """Names as this machine knows them, each asked for once."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._addresses: dict[tuple[str, int], Address | None] = {}
        self._ports: dict[tuple[str, str], int | None] = {}

    def address(self, host: str, version: int) -> Address | None:
        """Return the first address of *host* in the IP *version*."""
        key = host, version
        if key not in self._addresses:
            self._addresses[key] = _looked_up(host, version)
        return self._addresses[key]

    def port(self, service: str, protocol: str) -> int | None:
        """Return the port of *service*; an empty *protocol* is any."""
        key = service, protocol
        if key not in self._ports:
            try:
                self._ports[key] = (
                    socket.getservbyname(service, protocol)
                    if protocol
                    else socket.getservbyname(service)
                )
            except (OSError, ValueError):
                self._ports[key] = None
        return self._ports[key]

    def hostname(self) -> str:
        """Return the environment's HOSTNAME, else the node's name."""
        return self._hostname

    @cached_property
    def _hostname(self) -> str:
        return os.environ.get("HOSTNAME") or os.uname().nodename


def _looked_up(host: str, version: int) -> Address | None:
    family = socket.AF_INET if version == 4 else socket.AF_INET6  # noqa: PLR2004
    try:
        found = socket.getaddrinfo(host, None, family, socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError):
        return None
    if not found:
        return None
    text = str(found[0][4][0]).partition("%")[0]
    return IPv4Address(text) if version == 4 else IPv6Address(text)  # noqa: PLR2004


def load(
    path: Path, *, resolver: Resolver | None = None, memory: Memory | None = None
) -> Loaded:
    """Return the configuration in *path*; raise :exc:`ConfigError` if it has none.

    The *memory* of an earlier load makes a reload quick.
    """
    file = str(path)
    try:
        with path.open("rb") as stream:
            mode = S_IMODE(os.fstat(stream.fileno()).st_mode)
            content = stream.read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            [Problem(file, 0, 0, "cannot-open", f"cannot open {file}: {reason}")]
        ) from error
    return loads(
        content,
        file,
        resolver=resolver or SystemResolver(),
        mode=mode,
        examine=_examine_places,
        memory=memory,
    )


def _examine_places(parsed: Parsed, notes: Notes) -> None:
    logfile = parsed.settings.get("logfile")
    supervised = parsed.settings.get("supervised")
    if logfile and not _before(supervised, logfile.line):
        path = str(logfile.value)
        if path.startswith("/"):
            _examine(path, "logfile", logfile.line, notes)
    for section in parsed.sections:
        monitorfile = section.settings.get("monitorfile")
        if monitorfile:
            path = str(monitorfile.value)
            _examine(path, "monitorfile", monitorfile.line, notes)
    directory = parsed.settings.get("maintenancedir")
    if directory and not _is_directory(str(directory.value)):
        notes.warn(
            directory.line,
            Caution(
                "maintenancedir-missing",
                f"{directory.value} is no directory",
                "make it, or nothing will be in maintenance",
            ),
        )


def _before(supervised: Setting | None, line: Line) -> bool:
    """Whether the log goes to standard output, as said before *line*."""
    return (
        supervised is not None
        and supervised.value == "yes"
        and supervised.line.number < line.number
    )


def _is_directory(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False


def _examine(path: str, name: str, line: Line, notes: Notes) -> None:
    """Note it if *path* cannot be appended to; nothing is created."""
    try:
        place = Path(path)
        if place.is_dir():
            reason = "it is a directory"
        elif place.exists():
            reason = "" if os.access(place, os.W_OK) else "it cannot be written"
        elif not place.parent.is_dir():
            reason = f"there is no directory {place.parent}"
        else:
            reason = "" if os.access(place.parent, os.W_OK) else "no permission"
    except (OSError, ValueError) as error:
        reason = str(error)
    if reason:
        notes.refuse(
            line,
            Refused("cannot-open", f"cannot open {name} {path}: {reason}"),
        )
