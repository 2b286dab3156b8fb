"""What the IPVS family answers, read from bytes into values.

The hot path is the dump of destinations: a kernel writes every row alike, so
one ``Struct`` reads a whole row when its attribute headers are the expected
ones, and any other row (older and newer kernels) is read attribute by
attribute. Both give the same value; a law holds them together.
"""

import sys
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from struct import Struct
from typing import Final

from lvsha.identity import Endpoint, Forwarding, Fwmark, Protocol, ServiceKey, Vip
from lvsha.ipvs.counters import (
    Counters,
    Daemon,
    DestinationStatistics,
    Role,
    Timeouts,
    Version,
)
from lvsha.ipvs.numbers import (
    ADDRESS_FAMILY,
    COUNTERS,
    ONE_PACKET,
    PERSISTENT,
    SCHEDULER_FLAGS,
    DaemonAttribute,
    Dest,
    Info,
    Svc,
    Top,
)
from lvsha.ipvs.table import Destination, Scheduling, Settings, Tunnel, TunnelFlag
from lvsha.ipvs.wire import FAMILY_ID
from lvsha.netlink import ATTRIBUTE, HEADER, Buffer, attributes

# Where the attributes of a message begin, past struct nlmsghdr and genlmsghdr.
BODY: Final = HEADER.size

Spans = dict[int, tuple[int, int]]

_VERSION_OF: Final = {family: version for version, family in ADDRESS_FAMILY.items()}
_U32: Final = Struct("=I")


def family_number(buffer: Buffer, start: int, end: int) -> int:
    """Return the family id in the controller's answer."""
    return _u16(buffer, attributes(buffer, start, end)[FAMILY_ID])


def service(buffer: Buffer, start: int, end: int) -> tuple[ServiceKey, Settings]:
    """Return the service in an answer whose attributes lie in *start* to *end*."""
    spans = attributes(buffer, *attributes(buffer, start, end)[Top.SERVICE])
    version = _VERSION_OF[_u16(buffer, spans[Svc.AF])]
    key: ServiceKey
    if Svc.FWMARK in spans:
        key = Fwmark(_u32(buffer, spans[Svc.FWMARK]), version)
    else:
        key = Vip(
            Protocol(_u16(buffer, spans[Svc.PROTOCOL])),
            _endpoint(
                _bytes(buffer, spans[Svc.ADDR]),
                _bytes(buffer, spans[Svc.PORT]),
                version,
            ),
        )
    flags, _mask = Struct("=II").unpack_from(buffer, spans[Svc.FLAGS][0])
    netmask = _bytes(buffer, spans[Svc.NETMASK])
    # A service that is not persistent keeps its timeout, but nobody asks for it.
    persistent = _u32(buffer, spans[Svc.TIMEOUT]) if flags & PERSISTENT else 0
    settings = _settings(
        _text(buffer, spans[Svc.SCHED_NAME]),
        int.from_bytes(netmask, "big") if version == 4 else _U32.unpack(netmask)[0],  # noqa: PLR2004
        persistent,
        flags,
        _text(buffer, spans[Svc.PE_NAME]) if Svc.PE_NAME in spans else "",
    )
    return key, settings


def service_counters(buffer: Buffer, start: int, end: int) -> Counters:
    """Return what the service in an answer has counted."""
    spans = attributes(buffer, *attributes(buffer, start, end)[Top.SERVICE])
    return _counters(buffer, spans.get(Svc.STATS64), spans.get(Svc.STATS))


def destination(
    buffer: Buffer, start: int, end: int, version: int
) -> tuple[Endpoint, Destination]:
    """Return the destination in an answer; *version* is its service's.

    A kernel that does not say a destination's family knows no mixed services.
    """
    if end - start >= _ROW.size:
        fields = _ROW.unpack_from(buffer, start)
        if fields[1::2] == _ROW_HEADERS:
            (_, address, port, method, weight, tunnel, tunnel_port, tunnel_flags) = (
                fields[0:16:2]
            )
            upper, lower, *_connections, family = fields[16::2]
            return (
                _endpoint(address, port, _VERSION_OF.get(family, version)),
                _destination(
                    method, weight, upper, lower, tunnel, tunnel_port, tunnel_flags
                ),
            )
    return slow_destination(buffer, start, end, version)


def slow_destination(
    buffer: Buffer, start: int, end: int, version: int
) -> tuple[Endpoint, Destination]:
    """Return the same as *destination*, for a row in any order of attributes."""
    spans = attributes(buffer, *attributes(buffer, start, end)[Top.DEST])
    typed = Dest.TUN_TYPE in spans
    return (
        _endpoint_of(buffer, spans, version),
        _destination(
            _u32(buffer, spans[Dest.FWD_METHOD]),
            _u32(buffer, spans[Dest.WEIGHT]),
            _u32(buffer, spans[Dest.U_THRESH]),
            _u32(buffer, spans[Dest.L_THRESH]),
            buffer[spans[Dest.TUN_TYPE][0]] if typed else 0,
            _bytes(buffer, spans[Dest.TUN_PORT]) if typed else b"\0\0",
            _u16(buffer, spans[Dest.TUN_FLAGS]) if Dest.TUN_FLAGS in spans else 0,
        ),
    )


def destination_statistics(
    buffer: Buffer, start: int, end: int, version: int
) -> tuple[Endpoint, DestinationStatistics]:
    """Return what the destination in an answer has counted."""
    spans = attributes(buffer, *attributes(buffer, start, end)[Top.DEST])
    return _endpoint_of(buffer, spans, version), DestinationStatistics(
        active=_u32(buffer, spans[Dest.ACTIVE_CONNS]),
        inactive=_u32(buffer, spans[Dest.INACT_CONNS]),
        persistent=_u32(buffer, spans[Dest.PERSIST_CONNS]),
        counters=_counters(buffer, spans.get(Dest.STATS64), spans.get(Dest.STATS)),
    )


def timeouts(buffer: Buffer, start: int, end: int) -> Timeouts:
    """Return the timeouts in an answer; without UDP in the kernel, the default."""
    spans = attributes(buffer, start, end)
    kinds = {
        "tcp": Top.TIMEOUT_TCP,
        "tcp_fin": Top.TIMEOUT_TCP_FIN,
        "udp": Top.TIMEOUT_UDP,
    }
    return Timeouts(
        **{
            name: _u32(buffer, spans[kind])
            for name, kind in kinds.items()
            if kind in spans
        }
    )


def version(buffer: Buffer, start: int, end: int) -> Version:
    """Return the version and table size in an answer."""
    spans = attributes(buffer, start, end)
    code = _u32(buffer, spans[Info.VERSION])
    return Version(
        code >> 16 & 0xFF,
        code >> 8 & 0xFF,
        code & 0xFF,
        _u32(buffer, spans[Info.CONN_TAB_SIZE]),
    )


def daemon(buffer: Buffer, start: int, end: int) -> Daemon:
    """Return the sync daemon in an answer."""
    spans = attributes(buffer, *attributes(buffer, start, end)[Top.DAEMON])
    kinds = DaemonAttribute
    group: IPv4Address | IPv6Address | None = None
    if kinds.MCAST_GROUP in spans:
        group = IPv4Address(_bytes(buffer, spans[kinds.MCAST_GROUP]))
    elif kinds.MCAST_GROUP6 in spans:
        group = IPv6Address(_bytes(buffer, spans[kinds.MCAST_GROUP6]))
    lengths, ports = spans.get(kinds.SYNC_MAXLEN), spans.get(kinds.MCAST_PORT)
    ttl = spans.get(kinds.MCAST_TTL)
    return Daemon(
        role=Role(_u32(buffer, spans[kinds.STATE])),
        interface=_text(buffer, spans[kinds.MCAST_IFN]),
        sync_id=_u32(buffer, spans[kinds.SYNC_ID]),
        max_length=_u16(buffer, lengths) if lengths else 0,
        group=group,
        port=_u16(buffer, ports) if ports else 0,
        ttl=buffer[ttl[0]] if ttl else 0,
    )


def _row() -> tuple[Struct, tuple[int, ...]]:
    """Return how ``ip_vs_genl_fill_dest`` lays out a row, and its headers.

    The fields alternate: a value, the header of the next one. The first value
    is the length of the nest, which varies with the statistics behind the row.
    """
    layout = [
        (Dest.ADDR, "16s", 16),
        (Dest.PORT, "2s2x", 2),
        (Dest.FWD_METHOD, "I", 4),
        (Dest.WEIGHT, "I", 4),
        (Dest.TUN_TYPE, "B3x", 1),
        (Dest.TUN_PORT, "2s2x", 2),
        (Dest.TUN_FLAGS, "H2x", 2),
        (Dest.U_THRESH, "I", 4),
        (Dest.L_THRESH, "I", 4),
        (Dest.ACTIVE_CONNS, "I", 4),
        (Dest.INACT_CONNS, "I", 4),
        (Dest.PERSIST_CONNS, "I", 4),
        (Dest.ADDR_FAMILY, "H2x", 2),
    ]
    headers = tuple(
        _U32.unpack(ATTRIBUTE.pack(ATTRIBUTE.size + size, kind))[0]
        for kind, _, size in layout
    )
    return Struct("=HxxI" + "I".join(form for _, form, _ in layout)), headers


_ROW, _ROW_HEADERS = _row()


@lru_cache(maxsize=65536)
def _endpoint(address: bytes, port: bytes, version: int) -> Endpoint:
    number = int.from_bytes(port, "big")
    if version == 4:  # noqa: PLR2004
        return Endpoint(IPv4Address(address[:4]), number)
    return Endpoint(IPv6Address(address), number)


def _endpoint_of(buffer: Buffer, spans: Spans, version: int) -> Endpoint:
    family = spans.get(Dest.ADDR_FAMILY)
    if family:
        version = _VERSION_OF[_u16(buffer, family)]
    address, port = spans[Dest.ADDR], spans[Dest.PORT]
    return _endpoint(_bytes(buffer, address), _bytes(buffer, port), version)


# A row of somebody else's, or of a newer kernel, may hold what nobody here asks
# for; it must not keep us from reading the others.
_METHODS: Final = {int(method): method for method in Forwarding}
_TUNNELS: Final = {int(tunnel): tunnel for tunnel in Tunnel}


@lru_cache(maxsize=4096)
def _destination(  # noqa: PLR0913, PLR0917 - the row as it lies on the wire
    method: int,
    weight: int,
    upper: int,
    lower: int,
    tunnel: int,
    tunnel_port: bytes,
    tunnel_flags: int,
) -> Destination:
    return Destination(
        _METHODS.get(method, Forwarding.BYPASS),
        weight,
        upper,
        lower,
        _TUNNELS.get(tunnel, Tunnel.IPIP),
        int.from_bytes(tunnel_port, "big"),
        TunnelFlag(tunnel_flags),
    )


@lru_cache(maxsize=1024)
def _settings(
    scheduler: str, netmask: int, persistent: int, flags: int, engine: str
) -> Settings:
    return Settings(
        scheduler=scheduler,
        netmask=netmask,
        persistent=persistent,
        one_packet=bool(flags & ONE_PACKET),
        flags=Scheduling(flags & SCHEDULER_FLAGS),
        engine=engine,
    )


def _counters(
    buffer: Buffer, wide: tuple[int, int] | None, narrow: tuple[int, int] | None
) -> Counters:
    """Return the 64-bit counters, or the 32-bit ones of a kernel before 4.1.

    In the narrow block the bytes are 64 bits wide already.
    """
    span = wide or narrow
    if span is None:
        return Counters()
    found = attributes(buffer, *span)
    return Counters(
        *(
            int.from_bytes(_bytes(buffer, found[kind]), sys.byteorder)
            if kind in found
            else 0
            for kind in range(1, COUNTERS + 1)
        )
    )


def _bytes(buffer: Buffer, span: tuple[int, int]) -> bytes:
    return bytes(buffer[span[0] : span[1]])


def _u16(buffer: Buffer, span: tuple[int, int]) -> int:
    return int.from_bytes(_bytes(buffer, span), sys.byteorder)


def _u32(buffer: Buffer, span: tuple[int, int]) -> int:
    return int.from_bytes(_bytes(buffer, span), sys.byteorder)


def _text(buffer: Buffer, span: tuple[int, int]) -> str:
    return _bytes(buffer, span).split(b"\0", 1)[0].decode("ascii", "replace")
