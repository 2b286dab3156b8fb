"""Laws of the codec: what is asked for is what would be read back."""

import sys
from ipaddress import IPv4Address, IPv6Address
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsha import netlink
from lvsha.identity import Endpoint, Forwarding, Fwmark, Protocol, ServiceKey, Vip
from lvsha.ipvs import answers, wire
from lvsha.ipvs.counters import Daemon, Role, Timeouts
from lvsha.ipvs.numbers import HASHED, Dest, Svc, Top
from lvsha.ipvs.plan import AddDestination, AddService, EditDestination, EditService
from lvsha.ipvs.table import Destination, Scheduling, Settings, Tunnel, TunnelFlag
from lvsha.netlink import TruncatedError

addresses = st.one_of(
    st.builds(IPv4Address, st.integers(0, 2**32 - 1)),
    st.builds(IPv6Address, st.integers(0, 2**128 - 1)),
)
ports = st.integers(0, 65535)
endpoints = st.builds(Endpoint, addresses, ports)
numbers = st.integers(0, 2**32 - 1)
keys: st.SearchStrategy[ServiceKey] = st.one_of(
    st.builds(Vip, st.sampled_from(Protocol), endpoints),
    st.builds(Fwmark, st.integers(1, 2**32 - 1), st.sampled_from([4, 6])),
)
names = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=15)
settings = st.builds(
    Settings,
    scheduler=names,
    netmask=numbers,
    persistent=numbers,
    one_packet=st.booleans(),
    flags=st.integers(0, 7).map(lambda bits: Scheduling(bits << 3)),
    engine=st.one_of(st.just(""), names),
)
destinations = st.builds(
    Destination,
    forwarding=st.sampled_from(Forwarding),
    weight=numbers,
    upper=numbers,
    lower=numbers,
    tunnel=st.sampled_from(Tunnel),
    tunnel_port=ports,
    tunnel_flags=st.integers(0, 3).map(TunnelFlag),
)


@given(keys, settings)
def test_a_service_asked_for_reads_back(key: ServiceKey, wanted: Settings) -> None:
    for operation in (AddService(key, wanted), EditService(key, wanted)):
        payload = wire.operation_payload(operation)

        assert answers.service(payload, 0, len(payload)) == (key, wanted)


@given(keys, settings)
def test_the_kernels_own_flag_is_no_setting(key: ServiceKey, wanted: Settings) -> None:
    payload = bytearray(wire.operation_payload(AddService(key, wanted)))
    nest = netlink.attributes(payload, 0, len(payload))[Top.SERVICE]
    start, _ = netlink.attributes(payload, *nest)[Svc.FLAGS]
    (flags,) = answers._U32.unpack_from(payload, start)  # noqa: SLF001

    payload[start : start + 4] = pack("=I", flags | HASHED)

    assert answers.service(payload, 0, len(payload)) == (key, wanted)


@given(keys, endpoints, destinations)
def test_a_destination_asked_for_reads_back(
    key: ServiceKey, endpoint: Endpoint, wanted: Destination
) -> None:
    for kind in (AddDestination, EditDestination):
        payload = wire.operation_payload(kind(key, endpoint, wanted))

        read = answers.destination(payload, 0, len(payload), 4)

        assert read == (endpoint, wanted)


def as_the_kernel_writes(endpoint: Endpoint, row: Destination) -> bytes:
    """Return a row as ``ip_vs_genl_fill_dest`` lays it out, statistics cut short."""

    def number(kind: int, value: int, size: int = 4) -> bytes:
        return netlink.attribute(kind, value.to_bytes(size, sys.byteorder))

    family = 2 if endpoint.address.version == 4 else 10
    inner = (
        netlink.attribute(Dest.ADDR, endpoint.address.packed.ljust(16, b"\0"))
        + netlink.attribute(Dest.PORT, endpoint.port.to_bytes(2, "big"))
        + number(Dest.FWD_METHOD, row.forwarding)
        + number(Dest.WEIGHT, row.weight)
        + number(Dest.TUN_TYPE, row.tunnel, 1)
        + netlink.attribute(Dest.TUN_PORT, row.tunnel_port.to_bytes(2, "big"))
        + number(Dest.TUN_FLAGS, row.tunnel_flags, 2)
        + number(Dest.U_THRESH, row.upper)
        + number(Dest.L_THRESH, row.lower)
        + number(Dest.ACTIVE_CONNS, 1)
        + number(Dest.INACT_CONNS, 2)
        + number(Dest.PERSIST_CONNS, 3)
        + number(Dest.ADDR_FAMILY, family, 2)
        + netlink.nested(Dest.STATS, number(1, 4))
    )
    return netlink.nested(Top.DEST, inner)


@given(endpoints, destinations)
def test_the_quick_and_the_thorough_reader_agree(
    endpoint: Endpoint, row: Destination
) -> None:
    payload = as_the_kernel_writes(endpoint, row)

    quick = answers.destination(payload, 0, len(payload), 4)
    thorough = answers.slow_destination(payload, 0, len(payload), 4)

    assert quick == thorough == (endpoint, row)


@given(endpoints, destinations)
def test_counters_of_a_narrow_block_are_read(
    endpoint: Endpoint, row: Destination
) -> None:
    payload = as_the_kernel_writes(endpoint, row)

    at, counted = answers.destination_statistics(payload, 0, len(payload), 4)

    assert at == endpoint
    assert (counted.active, counted.inactive, counted.persistent) == (1, 2, 3)
    assert counted.counters.connections == 4


daemons = st.builds(
    Daemon,
    role=st.sampled_from(Role),
    interface=names,
    sync_id=st.integers(0, 255),
    max_length=ports,
    group=st.one_of(st.none(), addresses),
    port=ports,
    ttl=st.integers(0, 255),
)


@given(daemons)
def test_a_daemon_asked_for_reads_back(wanted: Daemon) -> None:
    payload = wire.daemon_payload(wanted)

    assert answers.daemon(payload, 0, len(payload)) == wanted


@given(st.builds(Timeouts, numbers, numbers, numbers))
def test_timeouts_asked_for_read_back(wanted: Timeouts) -> None:
    payload = wire.timeouts_payload(wanted)

    assert answers.timeouts(payload, 0, len(payload)) == wanted


@given(st.lists(st.tuples(st.integers(1, 2**14 - 1), st.binary(max_size=40))))
def test_attributes_are_found_where_they_were_put(
    wanted: list[tuple[int, bytes]],
) -> None:
    packed = b"".join(netlink.attribute(kind, value) for kind, value in wanted)

    found = netlink.attributes(packed, 0, len(packed))

    assert {kind: packed[a:b] for kind, (a, b) in found.items()} == dict(wanted)


@given(st.binary(max_size=200))
def test_no_bytes_hang_or_break_the_framing(raw: bytes) -> None:
    for walk in (
        lambda: list(netlink.messages(raw, len(raw))),
        lambda: netlink.attributes(raw, 0, len(raw)),
    ):
        try:
            walk()
        except TruncatedError as error:
            assert "ends behind" in str(error)  # noqa: PT017 - either is right


@pytest.mark.parametrize("cut", range(1, 5))
def test_a_message_cut_short_is_told(cut: int) -> None:
    message = wire.request(20, 1, 7, 0)

    with pytest.raises(TruncatedError):
        list(netlink.messages(message[:-cut], len(message) - cut))


@pytest.mark.parametrize("cut", range(1, 12))
def test_an_attribute_cut_short_is_told(cut: int) -> None:
    raw = netlink.attribute(1, b"") + netlink.attribute(2, b"twelve bytes")

    with pytest.raises(TruncatedError):
        netlink.attributes(raw, 0, len(raw) - cut)


@pytest.mark.parametrize("method", range(16))
def test_a_foreign_row_of_an_unknown_method_can_be_read(method: int) -> None:
    key = Vip(Protocol.TCP, Endpoint(IPv4Address("192.0.2.1"), 80))
    endpoint = Endpoint(IPv4Address("192.0.2.2"), 80)
    payload = bytearray(
        wire.operation_payload(AddDestination(key, endpoint, Destination()))
    )
    at = payload.index(pack("=HH", 8, Dest.FWD_METHOD)) + 4
    payload[at : at + 4] = pack("=I", method)

    found, row = answers.destination(payload, 0, len(payload), 4)

    assert found == endpoint
    assert row.forwarding == (method if method < 4 else Forwarding.BYPASS)
