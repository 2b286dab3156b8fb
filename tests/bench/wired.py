"""A director with wires, measured by the benchmark of checks: one a process.

``python3 -m tests.bench.wired INTERVAL ADDRESS:PORT ...`` checks those for ever,
keeps a table in memory, and prints the moment in which a row leaves it.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from ipaddress import ip_address

from lvsha.checks.prober import Prober
from lvsha.checks.tripwire import Tripwires
from lvsha.engine.director import Director
from lvsha.events import Change, Event, ServerChanged
from lvsha.identity import Endpoint, Forwarding, Protocol, Vip
from lvsha.ipvs.memory import MemoryKernel
from lvsha.model import Configuration, DaemonState, RealServer, VirtualService
from tests.bench.bench_checks import page
from tests.scripted import Record, nameless

VIP = Vip(Protocol.TCP, Endpoint(ip_address("127.0.0.1"), 18090))


def told(event: Event, state: DaemonState) -> None:  # noqa: ARG001 - as Tell has it
    """Say when a real server's row is gone."""
    if isinstance(event, ServerChanged) and event.change is Change.DELETED:
        print(time.monotonic(), "down", event.server.address, flush=True)


async def direct(reals: Sequence[Endpoint], interval: float) -> None:
    """Direct *reals* for ever, with a wire to each."""
    servers = tuple(
        RealServer(at, Forwarding.MASQ, 1, page(str(at.address), at.port))
        for at in reals
    )
    service = VirtualService(
        VIP, servers, service="http", checkinterval=interval, tripwire=True
    )
    director = Director(MemoryKernel(None), Record(), Prober(), told, nameless())
    director.wire(Tripwires())
    director.follow(Configuration(virtuals=(service,)))
    await asyncio.Event().wait()


def main(words: Sequence[str]) -> None:
    """Read the command line."""
    targets = [word.rpartition(":") for word in words[1:]]
    reals = [Endpoint(ip_address(host), int(port)) for host, _, port in targets]
    asyncio.run(direct(reals, float(words[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
