"""Requests to the IPVS family, as bytes: operations, dumps, daemons, timeouts.

Answers are read in :mod:`lvsha.ipvs.answers`. A request is written for one
family id, which the kernel hands out when its module is loaded, and one
sequence number, by which its answer is known.
"""

import sys
from functools import lru_cache
from ipaddress import IPv4Address
from struct import Struct
from typing import Final

from lvsha import netlink
from lvsha.identity import Endpoint, Fwmark, ServiceKey
from lvsha.ipvs.counters import Daemon, Role, Timeouts
from lvsha.ipvs.numbers import (
    ADDRESS_FAMILY,
    EVERY_FLAG,
    FAMILY,
    FAMILY_VERSION,
    ONE_PACKET,
    PERSISTENT,
    Command,
    DaemonAttribute,
    Dest,
    Svc,
    Top,
)
from lvsha.ipvs.plan import (
    AddDestination,
    AddService,
    DeleteDestination,
    DeleteService,
    EditDestination,
    EditService,
    Operation,
)
from lvsha.ipvs.table import Destination, Settings
from lvsha.netlink import Flag

# GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME and ..._FAMILY_ID.
CONTROLLER: Final = 0x10
GET_FAMILY: Final = 3
FAMILY_NAME: Final = 2
FAMILY_ID: Final = 1
FAMILY_NAMED: Final = netlink.text(FAMILY_NAME, FAMILY)

# NLMSG_NOOP.
NOTHING: Final = 1

COMMANDS: Final[dict[type[Operation], Command]] = {
    AddService: Command.NEW_SERVICE,
    EditService: Command.SET_SERVICE,
    DeleteService: Command.DEL_SERVICE,
    AddDestination: Command.NEW_DEST,
    EditDestination: Command.SET_DEST,
    DeleteDestination: Command.DEL_DEST,
}

_U8: Final = Struct("=B")
_U16: Final = Struct("=H")
_U32: Final = Struct("=I")
_BE16: Final = Struct(">H")


def _head(size: int, kind: int) -> int:
    """Return an attribute's header of *size* payload bytes as one number.

    Written as a 32-bit number it is ``length, type`` in native order, so that
    one ``Struct`` packs a whole row.
    """
    return int.from_bytes(netlink.ATTRIBUTE.pack(4 + size, kind), sys.byteorder)


_DESTINATION: Final = Struct("=I16sI2s2xIH2xIIIIIIII")
_TUNNEL: Final = Struct("=IB3xI2s2xIH2x")
_ADDR: Final = _head(16, Dest.ADDR)
_PORT: Final = _head(2, Dest.PORT)
_ADDR_FAMILY: Final = _head(2, Dest.ADDR_FAMILY)
_FWD_METHOD: Final = _head(4, Dest.FWD_METHOD)
_WEIGHT: Final = _head(4, Dest.WEIGHT)
_U_THRESH: Final = _head(4, Dest.U_THRESH)
_L_THRESH: Final = _head(4, Dest.L_THRESH)
_TUN_TYPE: Final = _head(1, Dest.TUN_TYPE)
_TUN_PORT: Final = _head(2, Dest.TUN_PORT)
_TUN_FLAGS: Final = _head(2, Dest.TUN_FLAGS)


def request(
    family: int, command: int, sequence: int, flags: int, payload: bytes = b""
) -> bytes:
    """Return one whole generic netlink message."""
    size = netlink.HEADER.size + len(payload)
    return (
        netlink.HEADER.pack(
            size, family, Flag.REQUEST | flags, sequence, 0, command, FAMILY_VERSION, 0
        )
        + payload
    )


def end(sequence: int) -> bytes:
    """Return a message that does nothing but be acknowledged.

    It tells that everything before it was worked through. Without it a
    request the kernel abandons with EINTR, such as to stop a sync daemon that
    has not begun to run, would never be answered (``netlink_rcv_skb``).
    """
    flags = Flag.REQUEST | Flag.ACK
    return netlink.NETLINK.pack(netlink.NETLINK.size, NOTHING, flags, sequence, 0)


def operation_payload(operation: Operation) -> bytes:
    """Return the attributes of *operation*; :data:`COMMANDS` has its command."""
    match operation:
        case AddDestination(key, endpoint, destination) | EditDestination(
            key, endpoint, destination
        ):
            return service_named(key) + _destination(endpoint, destination)
        case AddService(key, settings) | EditService(key, settings):
            inner = _named(key) + _settings(key, settings)
            return netlink.nested(Top.SERVICE, inner)
        case DeleteDestination(key, endpoint):
            return service_named(key) + _destination_named(endpoint)
        case DeleteService(key):
            return service_named(key)


@lru_cache(maxsize=16384)
def service_named(key: ServiceKey) -> bytes:
    """Return the attribute that names a service: delete, zero, get, dump of one."""
    return netlink.nested(Top.SERVICE, _named(key))


def timeouts_payload(timeouts: Timeouts) -> bytes:
    """Return the attributes that set *timeouts*."""
    return (
        netlink.attribute(Top.TIMEOUT_TCP, _U32.pack(timeouts.tcp))
        + netlink.attribute(Top.TIMEOUT_TCP_FIN, _U32.pack(timeouts.tcp_fin))
        + netlink.attribute(Top.TIMEOUT_UDP, _U32.pack(timeouts.udp))
    )


def daemon_payload(daemon: Daemon) -> bytes:
    """Return the attributes that start *daemon*; what is 0 or None is left out."""
    attribute, kinds = netlink.attribute, DaemonAttribute
    inner = (
        attribute(kinds.STATE, _U32.pack(daemon.role))
        + netlink.text(kinds.MCAST_IFN, daemon.interface)
        + attribute(kinds.SYNC_ID, _U32.pack(daemon.sync_id))
    )
    if daemon.max_length:
        inner += attribute(kinds.SYNC_MAXLEN, _U16.pack(daemon.max_length))
    if daemon.group is not None:
        version4 = isinstance(daemon.group, IPv4Address)
        kind = kinds.MCAST_GROUP if version4 else kinds.MCAST_GROUP6
        inner += attribute(kind, daemon.group.packed)
    if daemon.port:
        inner += attribute(kinds.MCAST_PORT, _U16.pack(daemon.port))
    if daemon.ttl:
        inner += attribute(kinds.MCAST_TTL, _U8.pack(daemon.ttl))
    return netlink.nested(Top.DAEMON, inner)


def role_payload(role: Role) -> bytes:
    """Return the attributes that stop the daemon of one *role*."""
    state = netlink.attribute(DaemonAttribute.STATE, _U32.pack(role))
    return netlink.nested(Top.DAEMON, state)


def _named(key: ServiceKey) -> bytes:
    attribute = netlink.attribute
    inner = attribute(Svc.AF, _U16.pack(ADDRESS_FAMILY[key.version]))
    if isinstance(key, Fwmark):
        return inner + attribute(Svc.FWMARK, _U32.pack(key.mark))
    return (
        inner
        + attribute(Svc.PROTOCOL, _U16.pack(key.protocol))
        + attribute(Svc.ADDR, key.endpoint.address.packed.ljust(16, b"\0"))
        + attribute(Svc.PORT, _BE16.pack(key.endpoint.port))
    )


@lru_cache(maxsize=1024)
def _settings_of(version: int, settings: Settings) -> bytes:
    attribute = netlink.attribute
    flags = int(settings.flags)
    if settings.persistent:
        flags |= PERSISTENT
    if settings.one_packet:
        flags |= ONE_PACKET
    # Network byte order for an IPv4 mask; an IPv6 prefix length is a plain number.
    netmask = settings.netmask.to_bytes(4, "big" if version == 4 else sys.byteorder)  # noqa: PLR2004
    encoded = (
        netlink.text(Svc.SCHED_NAME, settings.scheduler)
        + attribute(Svc.FLAGS, _U32.pack(flags) + _U32.pack(EVERY_FLAG))
        + attribute(Svc.TIMEOUT, _U32.pack(settings.persistent))
        + attribute(Svc.NETMASK, netmask)
    )
    # To edit a service without naming its engine takes the engine away.
    if settings.engine:
        encoded += netlink.text(Svc.PE_NAME, settings.engine)
    return encoded


def _settings(key: ServiceKey, settings: Settings) -> bytes:
    return _settings_of(key.version, settings)


def _destination(endpoint: Endpoint, destination: Destination) -> bytes:
    address = endpoint.address
    row = _DESTINATION.pack(
        _ADDR,
        address.packed,  # "16s" pads an IPv4 address with zeros
        _PORT,
        endpoint.port.to_bytes(2, "big"),
        _ADDR_FAMILY,
        ADDRESS_FAMILY[address.version],
        _FWD_METHOD,
        destination.forwarding,
        _WEIGHT,
        destination.weight,
        _U_THRESH,
        destination.upper,
        _L_THRESH,
        destination.lower,
    )
    # Kernels before 5.3 know no tunnel types; what is not named is reset to IPIP.
    if destination.tunnel or destination.tunnel_port or destination.tunnel_flags:
        row += _TUNNEL.pack(
            _TUN_TYPE,
            destination.tunnel,
            _TUN_PORT,
            destination.tunnel_port.to_bytes(2, "big"),
            _TUN_FLAGS,
            destination.tunnel_flags,
        )
    return netlink.nested(Top.DEST, row)


def _destination_named(endpoint: Endpoint) -> bytes:
    address = endpoint.address
    return netlink.nested(
        Top.DEST,
        netlink.attribute(Dest.ADDR, address.packed.ljust(16, b"\0"))
        + netlink.attribute(Dest.PORT, endpoint.port.to_bytes(2, "big"))
        + netlink.attribute(
            Dest.ADDR_FAMILY, _U16.pack(ADDRESS_FAMILY[address.version])
        ),
    )
