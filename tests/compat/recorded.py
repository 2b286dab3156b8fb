"""A server ldirectord was recorded with, and our verdict on such a server."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from lvsha.identity import Protocol
from lvsha.model import Check, CheckType, Verdict
from tests.certificates import certificate, presenting
from tests.checks_peers import (
    BASE,
    SOON,
    Script,
    black_hole,
    datagrams,
    http_check,
    refusing,
    serving,
    silent,
    verdict,
)

UP, DOWN, HANGS, DIES = "up", "down", "hangs", "the daemon dies"


def nobody() -> AbstractContextManager[int]:
    """Be a port nobody listens on."""
    return nullcontext(refusing())


def nowhere() -> AbstractContextManager[int]:
    """Be no port at all."""
    return nullcontext(0)


@dataclass(frozen=True)
class Datagrams:
    """Answers each datagram; empty is no answer."""

    answer: Callable[[bytes], bytes]


@dataclass(frozen=True)
class Sealed:
    """Serves by *script* within TLS, with a certificate nobody vouches for."""

    script: Script


@dataclass(frozen=True)
class Program:
    """A program that checks; *called* is what its file's name is put into."""

    text: str
    mode: int = 0o755
    called: str = "{}"


Port = Callable[[], AbstractContextManager[int]]
Peer = Script | Port | Datagrams | Sealed | Program


@dataclass(frozen=True)
class Case:
    """One server, ldirectord's verdict on it, and ours where it is another one."""

    name: str
    service: str
    peer: Peer
    recorded: str
    settings: Mapping[str, object] = field(default_factory=dict)
    ours: str = ""
    why: str = ""
    hangs: bool = False

    @property
    def here(self) -> str:
        """What we say."""
        return self.ours or self.recorded

    @property
    def soon(self) -> bool:
        """Whether the check ends by its deadline, which must come soon then."""
        waits = self.hangs or self.peer in (silent, black_hole)
        return waits and self.here == DOWN


# Those who give a port and say nothing.
_QUIET: Final = (silent, black_hole, nobody, nowhere)
_KINDS: Final = {kind.value: kind for kind in CheckType}


async def seen(case: Case, folder: Path) -> Verdict:
    """Return our verdict on the server of *case*, whose files are in *folder*."""
    async with _standing(case.peer, folder) as where:
        return await verdict(_asks(case, where))


def _asks(case: Case, where: Mapping[str, object]) -> Check:
    kind = _KINDS.get(case.service, CheckType.NEGOTIATE)
    seconds = SOON if case.soon else BASE.negotiatetimeout
    times = {"negotiatetimeout": seconds, "checktimeout": seconds}
    fields = {"kind": kind, "service": case.service, **where, **times, **case.settings}
    if case.service.startswith("http"):
        return http_check(**fields)  # type: ignore[arg-type]
    return replace(BASE, **fields)  # type: ignore[arg-type]


@asynccontextmanager
async def _standing(peer: Peer, folder: Path) -> AsyncIterator[dict[str, object]]:
    """Have *peer* serve; gives what a check must know to find it."""
    if isinstance(peer, Program):
        file = folder / "program"
        file.write_text(peer.text)
        file.chmod(peer.mode)
        yield {"command": peer.called.format(file)}
    elif isinstance(peer, Datagrams):
        async with datagrams(peer.answer) as port:
            yield {"port": port, "transport": Protocol.UDP}
    elif isinstance(peer, Sealed):
        context = presenting(certificate(folder))
        async with serving(peer.script, tls=context) as port:
            yield {"port": port}
    elif peer in _QUIET:
        with peer() as port:
            yield {"port": port}
    else:
        async with serving(peer) as port:  # type: ignore[arg-type]
            yield {"port": port}
