"""What comes back when rules become a configuration, and the configuration rules."""

from ipaddress import IPv4Address, IPv6Address

from hypothesis import given
from hypothesis import strategies as st

from lvsha.config.reading import loads
from lvsha.desired import desired, reals
from lvsha.health import ADOPTED
from lvsha.identity import Endpoint, Forwarding, Fwmark, Protocol, ServiceKey, Vip
from lvsha.imports import keepalived, rules
from lvsha.ipvs import listing
from lvsha.ipvs.table import HOST_MASK, Destination, Scheduling, Service, Settings
from tests.unit.names import Names

ports = st.integers(1, 65535)
METHODS = [Forwarding.GATE, Forwarding.MASQ, Forwarding.IPIP]


@st.composite
def keys(draw: st.DrawFn) -> ServiceKey:
    six = draw(st.booleans())
    if draw(st.booleans()):
        return Fwmark(draw(st.integers(1, 0x7FFFFFFF)), 6 if six else 4)
    protocol = draw(st.sampled_from([Protocol.TCP, Protocol.UDP]))
    return Vip(protocol, draw(endpoints(six=six)))


@st.composite
def endpoints(draw: st.DrawFn, *, six: bool) -> Endpoint:
    last = draw(st.integers(1, 250))
    address = IPv6Address(f"2001:db8::{last:x}") if six else IPv4Address(last)
    return Endpoint(address, draw(ports))


@st.composite
def rows(draw: st.DrawFn, key: ServiceKey) -> tuple[Endpoint, Destination]:
    at = draw(endpoints(six=key.version == 6))
    forwarding = draw(st.sampled_from(METHODS))
    # Only masq maps a port, and ipvsadm puts nothing else into the kernel.
    if forwarding is not Forwarding.MASQ and isinstance(key, Vip):
        at = Endpoint(at.address, key.endpoint.port)
    limits = draw(st.tuples(st.integers(0, 9), st.integers(0, 9)))
    weight = draw(st.integers(0, 65535))
    return at, Destination(forwarding, weight, upper=limits[0], lower=limits[1])


@st.composite
def services(draw: st.DrawFn, key: ServiceKey) -> Service:
    persistent = draw(st.sampled_from([0, 1, 360]))
    netmask = HOST_MASK[key.version]
    if persistent and draw(st.booleans()):
        netmask = 64 if key.version == 6 else 0xFFFFFF00
    scheduler = draw(st.sampled_from(["rr", "wlc", "sh", "mh"]))
    flags = draw(
        st.sampled_from([Scheduling.NONE, Scheduling.FLAG_1 | Scheduling.FLAG_2])
    )
    datagrams = isinstance(key, Vip) and key.protocol is Protocol.UDP
    settings = Settings(
        scheduler=scheduler,
        netmask=netmask,
        persistent=persistent,
        one_packet=datagrams and draw(st.booleans()),
        flags=flags if scheduler in {"sh", "mh"} else Scheduling.NONE,
    )
    return Service(settings, dict(draw(st.lists(rows(key), max_size=4))))


@st.composite
def tables(draw: st.DrawFn) -> dict[ServiceKey, Service]:
    return {key: draw(services(key)) for key in draw(st.lists(keys(), max_size=4))}


@given(tables())
def test_imported_rules_make_the_same_rules(table: dict[ServiceKey, Service]) -> None:
    before = listing.rules(table, complete=True)

    draft = rules.imported(before)
    loaded = loads(draft.text().encode(), "x", resolver=Names()).configuration
    every = {
        (virtual.key, at): ADOPTED
        for virtual in loaded.virtuals
        for at in reals(virtual)
    }
    after = desired(loaded, every, {}, settled=True, fresh=True)

    assert not draft.lost
    assert listing.rules(after, complete=True) == before


words = st.sampled_from(
    [
        *("virtual_server", "192.0.2.10", "80", "fwmark", "group", "G", "real_server"),
        *(
            "192.0.2.1",
            "2001:db8::1",
            "{",
            "}",
            "\n",
            "lb_algo",
            "rr",
            "TUN",
            "lb_kind",
        ),
        *("HTTP_GET", "url", "path", "/x", "weight", "0", "-1", "virtual_server_group"),
        *(
            "lb_kind",
            "sorry_server",
            "persistence_timeout",
            "TCP_CHECK",
            "regex",
            '"',
            "#",
        ),
    ]
)


@given(st.lists(words, max_size=40).map(" ".join) | st.text(max_size=60))
def test_whatever_keepalived_says_what_is_written_can_be_used(text: str) -> None:
    try:
        draft = keepalived.imported(text)
    except ValueError as error:
        assert str(error).startswith("line ")  # noqa: PT017 - one of two good ends
        return

    loads(draft.text().encode(), "x", resolver=Names())
