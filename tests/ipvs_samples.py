"""Keys, settings and destinations that the tests of the kernel's table share."""

from ipaddress import ip_address
from random import Random

from lvsha.identity import Endpoint, Forwarding, Fwmark, Protocol, ServiceKey, Vip
from lvsha.ipvs.plan import (
    AddDestination,
    AddService,
    DeleteDestination,
    DeleteService,
    EditDestination,
    EditService,
    Operation,
)
from lvsha.ipvs.table import (
    HOST_MASK,
    Destination,
    Scheduling,
    Service,
    Settings,
    Table,
    Tunnel,
    TunnelFlag,
)


def at(address: str, port: int) -> Endpoint:
    return Endpoint(ip_address(address), port)


def vip(address: str, port: int, protocol: Protocol = Protocol.TCP) -> Vip:
    return Vip(protocol, at(address, port))


WEB = vip("192.0.2.10", 80)
WEB6 = vip("2001:db8::10", 80)
KEYS: list[ServiceKey] = [
    WEB,
    WEB6,
    vip("192.0.2.10", 80, Protocol.UDP),
    vip("192.0.2.10", 80, Protocol.SCTP),
    vip("192.0.2.11", 0),
    vip("10.1.2.3", 65535),
    vip("2001:db8::10", 0, Protocol.UDP),
    Fwmark(1),
    Fwmark(1, 6),
    Fwmark(2**32 - 1),
]
SIX = HOST_MASK[6]
REAL = at("10.0.0.2", 80)
REAL6 = at("2001:db8::2", 80)
SCHEDULERS = ["rr", "wrr", "lc", "wlc", "sed", "nq", "sh", "mh", "dh", "fo", "none"]

SETTINGS = [
    Settings(),
    Settings("wlc", persistent=600),
    Settings("rr", persistent=1, netmask=0xFFFFFF00),
    Settings("rr", persistent=86400 * 30, netmask=0xFF00FF00),
    Settings("rr", netmask=0),
    Settings("rr", one_packet=True),
    Settings("sh", flags=Scheduling.FLAG_1 | Scheduling.FLAG_2),
    Settings("mh", flags=Scheduling.FLAG_2),
    Settings("wlc", flags=Scheduling.FLAG_3),
    Settings("none"),
    Settings("rr", engine="sip", persistent=60, one_packet=True),
]
DESTINATIONS = [
    Destination(),
    Destination(Forwarding.MASQ, weight=0),
    Destination(Forwarding.LOCAL),
    Destination(Forwarding.IPIP, weight=2**31 - 1),
    Destination(weight=65535, upper=2**32 - 1, lower=2**32 - 1),
    Destination(upper=10),
    Destination(upper=10, lower=7),
    Destination(Forwarding.IPIP, tunnel=Tunnel.GUE, tunnel_port=6080),
    Destination(
        Forwarding.IPIP,
        tunnel=Tunnel.GUE,
        tunnel_port=1,
        tunnel_flags=TunnelFlag.REMCSUM,
    ),
    Destination(Forwarding.IPIP, tunnel=Tunnel.GRE, tunnel_flags=TunnelFlag.CSUM),
    Destination(Forwarding.GATE, tunnel=Tunnel.GRE),
    Destination(Forwarding.GATE, tunnel_port=99),
]
ADDRESSES = [
    at("10.0.0.2", 80),
    at("10.0.0.2", 0),
    at("127.0.0.1", 80),
    at("127.200.0.1", 65535),
    at("0.1.2.3", 80),
    at("240.0.0.1", 80),
]

GUE = Destination(Forwarding.IPIP, tunnel=Tunnel.GUE)
CROSSED = Destination(lower=3, upper=2)
HEAVY = Destination(weight=2**31)
HAVE = (AddService(WEB, Settings()), AddDestination(WEB, REAL, Destination()))
HAVE6 = (AddService(WEB6, Settings(netmask=SIX)),)


def fitting(key: ServiceKey, settings: Settings) -> Settings:
    """Return *settings* with a mask that fits the family of *key*."""
    if key.version == 4:
        return settings
    return Settings(
        settings.scheduler,
        {0xFFFFFF00: 64, 0xFF00FF00: 1}.get(settings.netmask, SIX),
        settings.persistent,
        settings.one_packet,
        settings.flags,
        settings.engine,
    )


def random_settings(random: Random, key: ServiceKey) -> Settings:
    return fitting(key, random.choice(SETTINGS))


def random_destination(random: Random, key: ServiceKey) -> tuple[Endpoint, Destination]:
    mixed = random.random() < 0.1
    version = key.version if not mixed else 10 - key.version
    tail = random.randrange(1, 6)
    address = f"10.0.0.{tail}" if version == 4 else f"2001:db8::{tail}"
    destination = random.choice(DESTINATIONS)
    if mixed:
        destination = Destination(Forwarding.IPIP, weight=random.randrange(5))
    return at(address, random.choice([0, 80, 8080])), destination


def random_table(random: Random) -> Table:
    table: dict[ServiceKey, Service] = {}
    for key in random.sample(KEYS, random.randrange(len(KEYS) + 1)):
        rows = dict(random_destination(random, key) for _ in range(random.randrange(6)))
        table[key] = Service(random_settings(random, key), rows)
    return table


def random_operation(random: Random) -> Operation:
    """Return an operation over few rows, so that some of them are refused."""
    key = random.choice(KEYS[:3])
    endpoint, destination = random_destination(random, key)
    endpoint = Endpoint(endpoint.address, 80)
    broken = random.choice([CROSSED, HEAVY, GUE])
    if random.random() < 0.1:
        destination = broken
    settings = random_settings(random, key)
    if random.random() < 0.1:
        settings = random.choice([Settings("nosuch"), Settings(netmask=0)])
    match random.randrange(9):
        case 0 | 1:
            return AddService(key, settings)
        case 2:
            return EditService(key, settings)
        case 3:
            return DeleteService(key)
        case 4 | 5 | 6:
            return AddDestination(key, endpoint, destination)
        case 7:
            return EditDestination(key, endpoint, destination)
    return DeleteDestination(key, endpoint)
