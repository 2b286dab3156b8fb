"""What the kernel writes of a connection is read back, whatever it is."""

from ipaddress import IPv4Address, IPv6Address

from hypothesis import given
from hypothesis import strategies as st

from lvsha.identity import Address, Endpoint
from lvsha.ipvs.connections import Connection, Origin, Share, connection, shares

PORTS = st.integers(0, 0xFFFF)
STATES = st.sampled_from(
    ["NONE", "ASSURED", "ESTABLISHED", "SYN_RECV", "TIME_WAIT", "UDP"]
)
V4 = st.ip_addresses(v=4)
V6 = st.ip_addresses(v=6)


@st.composite
def some(draw: st.DrawFn) -> Connection:
    own = draw(st.sampled_from([V4, V6]))
    # a real server may be of the other family, through a tunnel
    real = draw(st.sampled_from([V4, V6]))
    return Connection(
        draw(st.sampled_from(["TCP", "UDP", "SCTP", "IP", "IP_47"])),
        Endpoint(draw(own), draw(PORTS)),
        Endpoint(draw(own), draw(PORTS)),
        Endpoint(draw(real), draw(PORTS)),
        draw(STATES),
        draw(st.integers(0, 4_000_000)),
        draw(st.sampled_from([None, *Origin])),
    )


def word(address: Address) -> str:
    """Write *address* as %08X and %pI6 do."""
    match address:
        case IPv4Address():
            return f"{int(address):08X}"
        case IPv6Address():
            return address.exploded


def line(one: Connection) -> str:
    """Write *one* as ip_vs_conn_seq_show and ip_vs_conn_sync_seq_show do."""
    ends = " ".join(
        f"{word(end.address)} {end.port:04X}"
        for end in (one.client, one.virtual, one.real)
    )
    start = f"{one.protocol:<3} {ends} {one.state:<11} "
    if one.origin is None:
        return f"{start}{one.seconds:7}\n"
    return f"{start}{one.origin.value:<6} {one.seconds:7}\n"


@given(some())
def test_a_line_of_the_kernel_is_read_back(one: Connection) -> None:
    assert connection(line(one)) == one


@given(st.lists(some()))
def test_counting_agrees_with_reading(many: list[Connection]) -> None:
    counted = shares(map(line, many))

    for origin in Origin:
        own = [one for one in many if one.origin is origin]
        established = sum(one.state == "ESTABLISHED" for one in own)
        assert counted[origin] == Share(len(own), established)
