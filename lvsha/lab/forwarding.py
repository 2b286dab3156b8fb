"""Where a frame goes in the switch, and which faults it meets; no socket here."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

_ETHERNET = 14
_ARP = b"\x08\x06"
_IPV6 = b"\x86\xdd"
_ICMPV6 = 58
_NEIGHBOUR_ADVERTISEMENT = 136


@dataclass(slots=True)
class Faults:
    """What is wrong with the cables: changed by the experimenter, asked each frame.

    A cut has a direction: ``(sender, receiver)``, where ``""`` is everybody.
    """

    cuts: set[tuple[str, str]] = field(default_factory=set)
    losses: dict[str, float] = field(default_factory=dict)
    delays: dict[str, float] = field(default_factory=dict)
    duplicates: dict[str, float] = field(default_factory=dict)

    def any(self) -> bool:
        """Tell whether there is any fault at all."""
        return bool(self.cuts or self.losses or self.delays or self.duplicates)

    def cut(self, one: str, other: str = "", *, one_way: bool = False) -> None:
        """Stop frames from *one* to *other* (to everybody); both ways by default."""
        self.cuts.add((one, other))
        if not one_way:
            self.cuts.add((other, one))

    def heal(self, one: str = "", other: str = "") -> None:
        """Take back cuts: all, those that touch *one*, or those between the two.

        Healing everything takes loss, delay and duplication back, too.
        """
        if not one:
            self.cuts.clear()
            self.losses.clear()
            self.delays.clear()
            self.duplicates.clear()
        elif not other:
            self.cuts = {pair for pair in self.cuts if one not in pair}
        else:
            self.cuts -= {(one, other), (other, one)}

    def blocked(self, sender: str, receiver: str) -> bool:
        """Tell whether a cut lies between *sender* and *receiver*."""
        cuts = self.cuts
        return bool(cuts) and (
            (sender, receiver) in cuts or (sender, "") in cuts or ("", receiver) in cuts
        )

    def copies(self, sender: str, receiver: str, chance: Callable[[], float]) -> int:
        """Return how often a frame arrives: 0 lost, 1 as usual, 2 duplicated.

        *chance* gives numbers from 0 to below 1.
        """
        if self.blocked(sender, receiver):
            return 0
        for name in (sender, receiver):
            if name in self.losses and chance() < self.losses[name]:
                return 0
        for name in (sender, receiver):
            if name in self.duplicates and chance() < self.duplicates[name]:
                return 2
        return 1

    def delay(self, sender: str, receiver: str) -> float:
        """Return how many seconds a frame is on its way: both sides' delays."""
        return self.delays.get(sender, 0.0) + self.delays.get(receiver, 0.0)


class Fabric:
    """A learning switch's memory: ports by network, stations by port."""

    def __init__(self) -> None:
        """Start without ports."""
        self._networks: dict[str, str] = {}
        self._stations: dict[str, dict[bytes, str]] = {}
        self._others: dict[str, tuple[str, ...]] = {}

    def attach(self, port: str, network: str) -> None:
        """Add *port* to *network*; a frame never leaves its network."""
        self._networks[port] = network
        self._stations.setdefault(network, {})
        for name, place in self._networks.items():
            self._others[name] = tuple(
                other
                for other, where in self._networks.items()
                if where == place and other != name
            )

    def targets(self, port: str, frame: bytes) -> Sequence[str]:
        """Learn the sender of *frame*, heard at *port*; return the ports it goes to."""
        if len(frame) < _ETHERNET:
            return ()
        stations = self._stations[self._networks[port]]
        source = frame[6:12]
        if stations.get(source) != port:
            stations[source] = port
        if frame[0] & 1:
            return self._others[port]
        known = stations.get(frame[:6])
        if known is None:
            return self._others[port]
        return (known,) if known != port else ()


@dataclass(frozen=True, slots=True)
class Announcement:
    """A station told everybody that *address* is at *station*."""

    station: str
    address: str


def announcement(frame: bytes) -> Announcement | None:
    """Return the news in a gratuitous ARP or unsolicited neighbour advertisement."""
    kind = frame[12:14]
    if kind == _ARP and len(frame) >= _ETHERNET + 28:
        station, sender, target = struct.unpack_from("!6s4s6x4s", frame, _ETHERNET + 8)
        if sender == target:
            return Announcement(station.hex(":"), str(ip_address(sender)))
    if kind == _IPV6 and len(frame) >= _ETHERNET + 40 + 24:
        protocol, message = frame[_ETHERNET + 6], frame[_ETHERNET + 40]
        if protocol == _ICMPV6 and message == _NEIGHBOUR_ADVERTISEMENT:
            target = frame[_ETHERNET + 48 : _ETHERNET + 64]
            return Announcement(frame[6:12].hex(":"), str(ip_address(target)))
    return None
