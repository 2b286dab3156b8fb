"""A director with scripted servers and a table in memory, in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from ipaddress import ip_address

from lvsha.engine.director import Director
from lvsha.engine.state import virtuals
from lvsha.events import (
    Change,
    ServerChanged,
)
from lvsha.identity import Endpoint, Forwarding, Protocol, ServiceKey, Vip
from lvsha.ipvs.memory import MemoryKernel
from lvsha.ipvs.table import Destination, Service, Settings, Table
from lvsha.model import (
    Check,
    CheckType,
    Configuration,
    Fallback,
    RealServer,
    VirtualService,
)
from lvsha.model import Settings as Daemon
from tests.scripted import Record, Servers, Told, nameless
from tests.virtual_time import run

VIP = Vip(Protocol.TCP, Endpoint(ip_address("192.0.2.10"), 80))
OTHER = Vip(Protocol.TCP, Endpoint(ip_address("192.0.2.11"), 80))
LAST = Endpoint(ip_address("127.0.0.1"), 80)
FALLBACK = str(LAST.address)
A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"


def at(address: str) -> Endpoint:
    return Endpoint(ip_address(address), 80)


def real(address: str, weight: int = 1, **check: object) -> RealServer:
    asked = Check(
        CheckType.NEGOTIATE, "http", Protocol.TCP, ip_address(address), 80, 3, 3
    )
    return RealServer(
        at(address),
        Forwarding.GATE,
        weight,
        replace(asked, **check),  # type: ignore[arg-type]
    )


def virtual(
    *reals: RealServer, key: ServiceKey = VIP, **more: object
) -> VirtualService:
    return replace(
        VirtualService(
            key, reals, service="http", checkinterval=5, fallback=Fallback(LAST)
        ),
        **more,  # type: ignore[arg-type]
    )


def configuration(*virtuals: VirtualService, **settings: object) -> Configuration:
    return Configuration(Daemon(**settings), virtuals)  # type: ignore[arg-type]


class Stage:
    """A director with everything it talks to in reach."""

    def __init__(self, table: Table | None = None) -> None:
        self.kernel = MemoryKernel(table)
        self.servers = Servers()
        self.told = Told()
        self.record = Record()
        self.director = Director(
            self.kernel, self.record, self.servers, self.told, nameless()
        )

    def weights(self, key: ServiceKey = VIP) -> dict[str, int]:
        rows = self.kernel.read()[key].destinations
        return {str(endpoint.address): row.weight for endpoint, row in rows.items()}

    def changes(self) -> list[tuple[Change, str]]:
        return [
            (event.change, str(event.server.address))
            for event, _ in self.told.events
            if isinstance(event, ServerChanged)
        ]


def play(
    scene: Callable[[Stage], Awaitable[None]], table: Table | None = None
) -> Stage:
    async def main() -> Stage:
        stage = Stage(table)
        await scene(stage)
        return stage

    return run(main())


def serving(*addresses: str, weight: int = 1) -> Table:
    rows = {at(address): Destination(weight=weight) for address in addresses}
    return {VIP: Service(Settings(), rows)}


async def down_and_up(stage: Stage, *addresses: str) -> None:
    stage.servers.down |= set(addresses)
    await asyncio.sleep(10)
    stage.servers.down -= set(addresses)


def shown(stage: Stage) -> dict[str, object]:
    (one,) = virtuals(stage.director.ledger, stage.kernel.read(), {}, 0.0)
    return one
