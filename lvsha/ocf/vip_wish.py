"""What a VIP resource is configured to be, read from its parameters; pure."""

from ipaddress import ip_interface
from typing import NamedTuple, Self

from lvsha.address import Address
from lvsha.ocf.environment import Environment, Malformed
from lvsha.ocf.sync import Sync
from lvsha.vip.background import Pace
from lvsha.vip.wire import NAME_LENGTH, Grant

# Two questions in this time: a neighbour that has the address answers in a few
# milliseconds, and a failover waits for those that nobody has.
_ASKING = 0.1
_TIMES = 5
_PACE_MILLISECONDS = 200
# Percent and seconds. Who talks is told again within ten seconds; idle ones are
# not, so the share may never be reached, and after some minutes need not be.
FAILBACK_SHARE = 80
FAILBACK_TIME = 300


class Wish(NamedTuple):
    """The addresses of a resource and how they are to be had."""

    addresses: tuple[tuple[Address, int], ...]
    nic: str = ""
    label: str = ""
    dad: bool = False
    source: bool = False
    asking: float = _ASKING
    pace: Pace = Pace()
    carrier: bool = True
    director: str = ""
    sync: Sync | None = None
    learned_share: float = 0.0
    learned_time: float = 0.0

    @classmethod
    def of(cls, environment: Environment) -> Self:
        """Read all parameters; raises Malformed."""
        addresses = every_address(environment)
        if not addresses:
            raise Malformed("parameter 'vip' is missing")
        nic = environment.text("nic")
        if len(nic) > NAME_LENGTH or "/" in nic:
            raise Malformed(f"parameter 'nic': {nic!r} is no interface's name")
        label = environment.text("label", "iflabel")
        if len(label) > NAME_LENGTH or not (label.isascii() and label.isprintable()):
            raise Malformed(
                f"parameter 'label': expected at most {NAME_LENGTH} characters"
            )
        asks = environment.flag("duplicate_test", default=True)
        number = environment.number
        return cls(
            addresses=addresses,
            nic=nic,
            label=label,
            dad=environment.flag("dad", default=False),
            source=environment.flag("source", default=False),
            asking=_ASKING if asks else 0.0,
            pace=Pace(
                number("announce_times", default=_TIMES, least=1, most=1000),
                number("announce_pace", default=_PACE_MILLISECONDS, least=1) / 1000,
                number("announce_refresh", default=0),
            ),
            carrier=environment.flag("carrier", default=True),
            director=_name(environment),
            sync=Sync.of(environment),
            learned_share=number("failback_share", default=FAILBACK_SHARE, most=100)
            / 100,
            learned_time=number("failback_time", default=FAILBACK_TIME),
        )

    def grant(self, address: Address, prefix: int, nic: str) -> Grant:
        """Return *address* as it is to be put on *nic*."""
        label = self.label
        if label and ":" not in label:
            label = f"{nic}:{label}"
        # A label that does not fit is one the kernel would refuse.
        four = address.version == 4  # noqa: PLR2004
        label = label[:NAME_LENGTH] if four else ""
        return Grant(address, prefix, label, dad=self.dad, source=self.source)


def every_address(environment: Environment) -> tuple[tuple[Address, int], ...]:
    """Return the addresses with their prefix lengths; raises Malformed."""
    words = environment.text("vip", "ip").replace(",", " ").split()
    given = environment.text("prefix", "cidr_netmask")
    found = {}
    for word in words:
        try:
            read = ip_interface(word)
        except ValueError:
            raise Malformed(
                f"parameter 'vip': expected addresses, got {word!r}"
            ) from None
        address = read.ip
        prefix = read.network.prefixlen
        if "/" not in word and given:
            prefix = _prefix(address, given)
        if address.is_unspecified or address.is_multicast or address.is_loopback:
            raise Malformed(f"parameter 'vip': {address} cannot be a VIP")
        found[address] = prefix
    return tuple(found.items())


def _prefix(address: Address, given: str) -> int:
    try:
        return ip_interface(f"{address}/{given}").network.prefixlen
    except ValueError:
        raise Malformed(
            f"parameter 'prefix': {given!r} does not fit {address}"
        ) from None


def _name(environment: Environment) -> str:
    name = environment.text("director")
    if "/" in name or name in {".", ".."}:
        raise Malformed(f"parameter 'director': {name!r} is no director's name")
    return name
