"""A node as a VIP resource sees it: the verbs its actions are made of, for real."""

import contextlib
import os
import time
from collections.abc import Collection
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from lvsha.address import Address
from lvsha.errors import KernelError
from lvsha.ocf import cluster, sync
from lvsha.ocf.protocol import say
from lvsha.ocf.sync import Sync
from lvsha.ocf.vip_light import RETIRED, RUN, WITHOUT, place
from lvsha.ocf.vip_node import Memory
from lvsha.ocf.vip_score import Told
from lvsha.vip import record
from lvsha.vip.addresses import Interfaces
from lvsha.vip.background import Child, Pace, announcing, detached
from lvsha.vip.wire import Grant, Held

if TYPE_CHECKING:
    from lvsha.vip.frames import Claim

# A director that does not tell its status in this time does not work.
_ANSWER_SECONDS: Final = 2.0
# Taking back a score makes Pacemaker think again; a switch under way goes first.
_RETIRE_SECONDS: Final = 1.0
_LOOK_AGAIN: Final = 0.05


class Machine:
    """The node itself, for the resource called *resource*."""

    def __init__(self, resource: str, rundir: str = "") -> None:
        """Remember below *rundir*, or where ``LVSHA_RUNDIR`` says."""
        self._rundir = rundir or os.environ.get("LVSHA_RUNDIR") or RUN
        self._file = place(resource, self._rundir)
        self._resource = resource
        self._interfaces = Interfaces()

    def recall(self) -> Memory | None:
        """Return what was remembered since the last stop, or boot."""
        said = record.read(self._file)
        return None if said is None else _memory(said)

    def remember(self, memory: Memory) -> None:
        """Keep *memory*."""
        content = memory._asdict() | {
            "addresses": [str(address) for address in memory.addresses],
            "daemons": list(memory.daemons),
        }
        # Gone before an address is on, and there after the last is off.
        without = memory.promotable and not memory.promoted
        if not without:
            self._with_addresses()
        record.write(self._file, content)
        if without:
            with open(self._file + WITHOUT, "wb"):
                pass

    def forget(self) -> None:
        """Keep nothing."""
        self._with_addresses()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._file)

    def now(self) -> float:
        """Return the seconds since boot."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def nic_for(self, address: Address) -> str:
        """Return the interface *address* belongs on; raises *KernelError*."""
        return self._interfaces.toward(address).name

    def check_nic(self, nic: str) -> None:
        """Raise *KernelError* when there is no interface *nic*."""
        self._interfaces.link(nic)

    def held(self, addresses: Collection[Address]) -> list[Held]:
        """Return where *addresses* are; on loopback they serve another purpose."""
        loops = {link.index for link in self._interfaces.links() if link.loopback}
        return [
            one
            for one in self._interfaces.held()
            if one.address in addresses and one.index not in loops
        ]

    def has_carrier(self, nic: str, *, within: float = 0.0) -> bool:
        """Tell whether *nic* has a carrier, or gets one *within* seconds."""
        deadline = time.monotonic() + within
        while not self._interfaces.link(nic).carrier:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_LOOK_AGAIN)
        return True

    def owners(
        self, nic: str, addresses: Collection[Address], seconds: float
    ) -> "list[Claim]":
        """Return who else has one of *addresses*; nobody is asked without a link."""
        from lvsha.vip.announce import owners  # noqa: PLC0415 - a monitor asks nobody

        link = self._interfaces.link(nic)
        return owners(link, addresses, seconds=seconds) if link.carrier else []

    def put(self, grant: Grant, nic: str) -> None:
        """Put *grant* on *nic*."""
        self._interfaces.add(grant, self._interfaces.link(nic))

    def settle(self, addresses: Collection[Address], seconds: float) -> None:
        """Wait until *addresses* may be used."""
        self._interfaces.wait_settled(addresses, seconds=seconds)

    def drop(self, address: Address) -> bool:
        """Take *address* off; tell whether it was there."""
        names = {link.name for link in self._interfaces.links() if not link.loopback}
        return bool(self._interfaces.remove(address, within=names))

    def announce(
        self, nic: str, addresses: Collection[Address], pace: Pace
    ) -> Child | None:
        """Announce *addresses* now, and again in the background at *pace*."""
        from lvsha.vip.announce import announce  # noqa: PLC0415 - nor tells anybody

        try:
            announce(self._interfaces.link(nic), addresses)
        except KernelError as error:
            say(f"{error}; it will be tried again")
        return announcing(nic, addresses, pace)

    def silence(self, child: Child) -> None:
        """End the announcements of *child*."""
        child.kill()

    def announces(self, child: Child) -> bool:
        """Tell whether *child* goes on announcing."""
        return child.running()

    def sync_on(self, wanted: Sync, roles: Collection[str]) -> None:
        """Have the sync daemons of *roles* run."""
        with self._alone():
            sync.start(wanted, roles)

    def sync_running(self) -> set[str]:
        """Return the roles whose sync daemon runs."""
        return sync.running()

    def view(self, director: str, addresses: Collection[Address]) -> Told | None:
        """Return what *director* says of its services; None unanswered."""
        from lvsha.asking import Unanswered, ask  # noqa: PLC0415 - not for a demote

        question = {"do": "view", "addresses": [str(one) for one in addresses]}
        place = f"{self._rundir}/{director}/control"
        try:
            answer = ask(place, question, seconds=_ANSWER_SECONDS)
        except OSError as error:
            reason = str(error) if isinstance(error, Unanswered) else "it does not run"
            say(f"no view of the real servers: {reason}")
            return None
        return Told.of(answer)

    def publish(self, score: int) -> None:
        """Tell the cluster the promotion *score* of this node."""
        with self._alone():
            cluster.publish(self._resource, score)

    def retire(self, memory: Memory) -> None:
        """Soon have no sync daemon, score or word of *memory*, unless started again."""
        if memory.daemons or memory.score is not None:
            detached(lambda: self._retire(memory))

    def tell(self, word: str | None) -> None:
        """Let the peers know *word* of this node; None for nothing."""
        cluster.tell(self._resource, word)

    def heard(self) -> list[str]:
        """Return what the nodes have told."""
        return cluster.heard(self._resource)

    def retired(self) -> None:
        """Do as *retire*, for one that was stopped without a look at its memory."""
        said = record.read(self._file + RETIRED)
        os.unlink(self._file + RETIRED)
        self._retire(_memory(said or {}))

    def _with_addresses(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._file + WITHOUT)

    def _retire(self, memory: Memory) -> None:
        time.sleep(_RETIRE_SECONDS)
        with self._alone():
            if os.path.exists(self._file):
                return
            if memory.daemons:
                sync.stop(memory.daemons)
            if memory.score is not None:
                cluster.publish(self._resource, None)
            if memory.word:
                cluster.tell(self._resource, None)

    def _alone(self) -> contextlib.AbstractContextManager[None]:
        """Let nobody start a daemon or tell a score of this resource meanwhile."""
        return record.held(f"{self._file}.score")


def _memory(said: dict[str, object]) -> Memory:
    """Read what *remember* wrote; what is not understood counts as not said."""
    child, score = said.get("child"), said.get("score")
    addresses, daemons = said.get("addresses"), said.get("daemons")
    pair = [n for n in child if isinstance(n, int)] if isinstance(child, list) else []
    return Memory(
        promotable=said.get("promotable") is True,
        promoted=said.get("promoted") is True,
        addresses=tuple(map(ip_address, addresses))
        if isinstance(addresses, list)
        else (),
        daemons=tuple(map(str, daemons)) if isinstance(daemons, list) else (),
        child=Child(*pair) if len(pair) == 2 else None,  # noqa: PLR2004
        score=score if isinstance(score, int) else None,
        published=_seconds(said.get("published")),
        answered=_seconds(said.get("answered")),
        since=_seconds(said.get("since")),
        learned=said.get("learned") is True,
        word=str(said.get("word") or ""),
        told=_seconds(said.get("told")),
        heard=_seconds(said.get("heard")),
        outdated=said.get("outdated") is True,
    )


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
