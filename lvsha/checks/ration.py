"""What a server may say to a library: so much, and no more. Effects.

A library keeps what it hears until a message is whole, and believes the server how
long that is. Our own dialogues have their limits themselves.
"""

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from lvsha.checks.dialogue import CheckFailed

if TYPE_CHECKING:
    from typing_extensions import Buffer

MOST: Final = 1 << 24
"""A packet of MySQL's; more than anybody asks a database for to see that it is well."""

Connected = tuple[asyncio.Transport, asyncio.BaseProtocol]


class Ration:
    """What is left of one check's MOST bytes."""

    def __init__(self) -> None:
        """Have taken nothing yet."""
        self._left = MOST

    @property
    def exceeded(self) -> CheckFailed | None:
        """Why the check fails, if more was said than it may hear."""
        if self._left >= 0:
            return None
        return CheckFailed(f"answer: more than {MOST >> 20} MiB")

    def take(self, size: int) -> None:
        """Take *size* bytes; raise CheckFailed if there were fewer."""
        self._left -= size
        if failed := self.exceeded:
            raise failed


class RationedLoop:
    """The running loop, but what is connected by it hears no more than a ration."""

    def __init__(self, ration: Ration) -> None:
        """Take what is heard from *ration*."""
        self._loop = asyncio.get_running_loop()
        self._ration = ration

    def __getattr__(self, name: str) -> object:
        """Return what the loop has of this *name*."""
        return getattr(self._loop, name)

    async def create_connection(
        self, protocol: Callable[[], asyncio.BaseProtocol], host: str, port: int
    ) -> Connected:
        """Connect *protocol* to an address, as the loop does."""
        sock = _Rationed(self._ration, host)
        try:
            await self._loop.sock_connect(sock, (host, port))
        except BaseException:
            sock.close()
            raise
        return await self._loop.create_connection(protocol, sock=sock)


class _Rationed(socket.socket):
    """A socket that breaks when the ration is used up."""

    def __init__(self, ration: Ration, host: str) -> None:
        super().__init__(
            socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM
        )
        self.setblocking(False)  # noqa: FBT003 - its name
        self._ration = ration

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        heard = super().recv(bufsize, flags)
        self._take(len(heard))
        return heard

    def recv_into(self, buffer: "Buffer", nbytes: int = 0, flags: int = 0, /) -> int:
        size = super().recv_into(buffer, nbytes, flags)
        self._take(size)
        return size

    def _take(self, size: int) -> None:
        try:
            self._ration.take(size)
        except CheckFailed as failed:
            raise OSError(errno.EMSGSIZE, os.strerror(errno.EMSGSIZE)) from failed
