"""A node that remembers, and the VIP agent's actions asked on it."""
# ruff: noqa: ARG002 - the node that remembers needs less than a real one

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from lvsha.address import Address
from lvsha.errors import KernelError
from lvsha.ocf import vip
from lvsha.ocf.environment import Environment
from lvsha.ocf.protocol import Ended, Exit
from lvsha.ocf.sync import Sync
from lvsha.ocf.vip_node import Memory, Node
from lvsha.ocf.vip_score import Told
from lvsha.vip.background import Child, Pace
from lvsha.vip.frames import Claim
from lvsha.vip.wire import Grant, Held

NOTHING = Told()
A, B = ip_address("192.0.2.10"), ip_address("2001:db8::10")
GIVEN = {"vip": f"{A} {B}", "nic": "eth0"}
CLONE = {"promoted_max": "1"}
SYNC = {"sync_interface": "eth1"}
DIRECTOR = {"director": "web"}


@dataclass
class FakeNode:
    """Does what it is told, and writes down in which order."""

    memory: Memory | None = None
    addresses: list[Address] = field(default_factory=list)
    carrier: bool = True
    claims: list[Claim] = field(default_factory=list)
    refused: Address | None = None
    roles: set[str] = field(default_factory=set)
    seen: Told | None = NOTHING
    words: list[str] = field(default_factory=list)
    alive: bool = True
    clock: float = 1000.0
    log: list[str] = field(default_factory=list)

    def recall(self) -> Memory | None:
        return self.memory

    def remember(self, memory: Memory) -> None:
        self.memory = memory

    def forget(self) -> None:
        self.memory = None

    def now(self) -> float:
        return self.clock

    def nic_for(self, address: Address) -> str:
        return "eth0"

    def check_nic(self, nic: str) -> None:
        if nic != "eth0":
            raise KernelError(19, f"no interface is called '{nic}'")

    def held(self, addresses: Collection[Address]) -> list[Held]:
        return [Held(one, 32, 2, 0) for one in self.addresses if one in addresses]

    def has_carrier(self, nic: str, *, within: float = 0.0) -> bool:
        return self.carrier

    def owners(
        self,
        nic: str,
        addresses: Collection[Address],
        seconds: float,
    ) -> list[Claim]:
        return [claim for claim in self.claims if claim.address in addresses]

    def put(self, grant: Grant, nic: str) -> None:
        if grant.address == self.refused:
            raise KernelError(22, f"cannot add {grant.address}")
        self.log.append(f"put {grant.address}")
        self.addresses.append(grant.address)

    def settle(self, addresses: Collection[Address], seconds: float) -> None: ...

    def drop(self, address: Address) -> bool:
        if address not in self.addresses:
            return False
        self.log.append(f"drop {address}")
        self.addresses.remove(address)
        return True

    def announce(
        self,
        nic: str,
        addresses: Collection[Address],
        pace: Pace,
    ) -> Child | None:
        self.log.append("announce")
        return Child(77, 1)

    def silence(self, child: Child) -> None:
        self.log.append("silence")

    def announces(self, child: Child) -> bool:
        return self.alive

    def sync_on(self, wanted: Sync, roles: Collection[str]) -> None:
        self.log.append(f"{' '.join(sorted(roles))} on")
        self.roles |= set(roles)

    def sync_running(self) -> set[str]:
        return self.roles

    def view(self, director: str, addresses: Collection[Address]) -> Told | None:
        return self.seen

    def publish(self, score: int) -> None:
        self.log.append(f"score {score}")

    def retire(self, memory: Memory) -> None:
        self.log.append("retire")
        self.roles -= set(memory.daemons)

    def tell(self, word: str | None) -> None:
        self.log.append(f"tell {word}")

    def heard(self) -> list[str]:
        return self.words


Act = Callable[[Environment, Node], Exit]
ACTS: dict[str, Act] = {
    "start": vip.start,
    "stop": vip.stop,
    "promote": vip.promote,
    "demote": vip.demote,
    "monitor": vip.monitor,
}


def ask(
    node: FakeNode,
    action: str,
    given: Mapping[str, str] | None = None,
    *,
    clone: bool = True,
    interval: float = 10,
) -> Exit:
    parameters = {k: v for k, v in (GIVEN | dict(given or {})).items() if v}
    asked = Environment(
        parameters, CLONE if clone else {}, resource="vip", interval=interval
    )
    try:
        return ACTS[action](asked, node)
    except Ended as end:
        return end.exit


def stopped() -> FakeNode:
    return FakeNode()


def ready() -> FakeNode:
    node = FakeNode()
    ask(node, "start")
    return node


def promoted() -> FakeNode:
    node = ready()
    ask(node, "promote")
    return node


def torn() -> FakeNode:
    """Return a promoted one that lost an address."""
    node = promoted()
    node.addresses.remove(B)
    return node


STATES = {"stopped": stopped, "ready": ready, "promoted": promoted, "torn": torn}
