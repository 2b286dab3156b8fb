"""Stand-ins for what the director talks to, obeying a script instead of the world."""

import asyncio
from collections.abc import Callable
from collections.abc import Set as AbstractSet

from lvsha.engine.maintenance import Maintenance
from lvsha.events import Event
from lvsha.identity import ServiceKey
from lvsha.model import AGENT, Check, DaemonState, Verdict


class Servers:
    """Real servers that are up or down as told, asked like the real ones."""

    def __init__(self, *, delay: float = 0.01) -> None:
        self.down: set[str] = set()
        self.hanging: set[str] = set()
        # What is down on a server that is up, by address and port; what agents say.
        self.broken: set[tuple[str, int | None]] = set()
        self.agents: dict[str, str] = {}
        self.asked: list[Check] = []
        self.delay = delay

    def start(
        self, check: Check, done: Callable[[Verdict], None]
    ) -> Callable[[], None]:
        self.asked.append(check)
        address = str(check.address)
        passed = address not in self.down and (address, check.port) not in self.broken
        delay = self.delay
        if address in self.hanging:
            passed, delay = False, check.negotiatetimeout
        verdict = Verdict(passed, "" if passed else "refused", delay)
        if check.service == AGENT and passed:
            said = self.agents.get(address, "")
            verdict = Verdict(bool(said), said or "agent: nobody", delay)
        return asyncio.get_running_loop().call_later(delay, done, verdict).cancel


def nameless() -> Maintenance:
    """Return a view of maintenance that asks no resolver for names."""
    return Maintenance(lambda _: "", (20.0, 20.0))


class Record:
    """A record of owned rows that forgets when the test ends."""

    def __init__(self, keys: AbstractSet[ServiceKey] = frozenset()) -> None:
        self.keys = frozenset(keys)
        self.kept: frozenset[ServiceKey] = frozenset()

    def read(self) -> frozenset[ServiceKey]:
        return self.keys

    def write(
        self, keys: AbstractSet[ServiceKey], kept: AbstractSet[ServiceKey] = frozenset()
    ) -> None:
        self.keys = frozenset(keys)
        self.kept = frozenset(kept)


class Told:
    """Remembers every event and the state it was told in."""

    def __init__(self) -> None:
        self.events: list[tuple[Event, DaemonState]] = []

    def __call__(self, event: Event, state: DaemonState) -> None:
        self.events.append((event, state))

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event, _ in self.events if isinstance(event, kind)]
