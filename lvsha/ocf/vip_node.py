"""What the actions of a VIP resource need of a node, and what they remember there."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from lvsha.address import Address
from lvsha.ocf.sync import Sync
from lvsha.ocf.vip_score import Told
from lvsha.vip.background import Child, Pace
from lvsha.vip.wire import Grant, Held

if TYPE_CHECKING:
    from lvsha.vip.frames import Claim


# Seconds. The cluster forgets what it was told when it restarts without us.
REPEAT: Final = 60.0


class Memory(NamedTuple):
    """What a started resource knows of itself: to be undone, and not to be lost.

    *since* is when it was started; from when it is *learned* it is trusted to
    know the connections. *word* is what its peers were told. Times are those of
    the machine's own clock since boot.
    """

    promotable: bool = False
    promoted: bool = False
    addresses: tuple[Address, ...] = ()
    daemons: tuple[str, ...] = ()
    child: Child | None = None
    score: int | None = None
    published: float = 0.0
    answered: float = 0.0
    since: float = 0.0
    learned: bool = False
    word: str = ""
    told: float = 0.0
    heard: float = 0.0
    outdated: bool = False


class Node(Protocol):
    """A node's addresses, its links, its sync daemons, and its cluster."""

    def recall(self) -> Memory | None:
        """Return what was remembered since the last stop, or boot."""

    def remember(self, memory: Memory) -> None:
        """Keep *memory*."""

    def forget(self) -> None:
        """Keep nothing."""

    def now(self) -> float:
        """Return the seconds since boot."""

    def nic_for(self, address: Address) -> str:
        """Return the interface *address* belongs on; raises *KernelError*."""

    def check_nic(self, nic: str) -> None:
        """Raise *KernelError* when there is no interface *nic*."""

    def held(self, addresses: Collection[Address]) -> list[Held]:
        """Return where *addresses* are; on loopback they serve another purpose."""

    def has_carrier(self, nic: str, *, within: float = 0.0) -> bool:
        """Tell whether *nic* has a carrier, or gets one *within* seconds."""

    def owners(
        self, nic: str, addresses: Collection[Address], seconds: float
    ) -> "list[Claim]":
        """Return who else has one of *addresses*; nobody is asked without a link."""

    def put(self, grant: Grant, nic: str) -> None:
        """Put *grant* on *nic*."""

    def settle(self, addresses: Collection[Address], seconds: float) -> None:
        """Wait until *addresses* may be used."""

    def drop(self, address: Address) -> bool:
        """Take *address* off; tell whether it was there."""

    def announce(
        self, nic: str, addresses: Collection[Address], pace: Pace
    ) -> Child | None:
        """Announce *addresses* now, and again in the background at *pace*."""

    def silence(self, child: Child) -> None:
        """End the announcements of *child*."""

    def announces(self, child: Child) -> bool:
        """Tell whether *child* goes on announcing."""

    def sync_on(self, wanted: Sync, roles: Collection[str]) -> None:
        """Have the sync daemons of *roles* run."""

    def sync_running(self) -> set[str]:
        """Return the roles whose sync daemon runs."""

    def view(self, director: str, addresses: Collection[Address]) -> Told | None:
        """Return what *director* says of its services; None unanswered."""

    def publish(self, score: int) -> None:
        """Tell the cluster the promotion *score* of this node."""

    def retire(self, memory: Memory) -> None:
        """Soon have no sync daemon, score or word of *memory*, unless started again."""

    def tell(self, word: str | None) -> None:
        """Let the peers know *word* of this node; None for nothing."""

    def heard(self) -> list[str]:
        """Return what the nodes have told."""
