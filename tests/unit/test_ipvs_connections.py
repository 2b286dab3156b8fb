"""The kernel's connection table, as it writes it."""

from ipaddress import ip_address
from pathlib import Path

import pytest

from lvsha.identity import Endpoint
from lvsha.ipvs.connections import (
    Connection,
    Origin,
    Share,
    connection,
    connections,
    count,
    read,
    shares,
)

CONN_SYNC = """\
Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires
TCP C00002C8 9C40 C000020A 0050 C0000201 0050 ESTABLISHED LOCAL      899
TCP 2001:0db8:0000:0000:0000:0000:0000:0009 9C41 \
2001:0db8:0000:0000:0000:0000:0000:0010 0050 \
2001:0db8:0000:0000:0000:0000:0000:0001 1F90 FIN_WAIT    SYNC       117
UDP C00002C8 D431 C000020A 0035 C0000202 0035 UDP         SYNC       300
IP  C0000200 0000 00000007 0000 C0000201 0000 NONE        LOCAL       40
"""
CONN = """\
Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
TCP C00002C8 9C40 C000020A 0050 C0000201 0050 ESTABLISHED     899
UDP C00002C8 13C4 C000020A 13C4 C0000202 13C4 UDP             300 sip 1234@192.0.2.200
"""


def endpoint(address: str, port: int) -> Endpoint:
    return Endpoint(ip_address(address), port)


def test_a_connection_of_our_own_is_read() -> None:
    first = next(connections(CONN_SYNC.splitlines()))

    assert first == Connection(
        "TCP",
        endpoint("192.0.2.200", 40000),
        endpoint("192.0.2.10", 80),
        endpoint("192.0.2.1", 80),
        "ESTABLISHED",
        899,
        Origin.LOCAL,
    )


def test_a_connection_over_ipv6_from_the_peer_is_read() -> None:
    second = list(connections(CONN_SYNC.splitlines()))[1]

    assert second == Connection(
        "TCP",
        endpoint("2001:db8::9", 40001),
        endpoint("2001:db8::10", 80),
        endpoint("2001:db8::1", 8080),
        "FIN_WAIT",
        117,
        Origin.SYNC,
    )


def test_the_virtual_address_of_a_mark_s_template_is_the_mark() -> None:
    template = list(connections(CONN_SYNC.splitlines()))[-1]

    assert int(template.virtual.address) == 7
    assert (template.protocol, template.state) == ("IP", "NONE")


def test_the_file_without_origins_tells_no_origin_and_its_seconds() -> None:
    plain, sip = connections(CONN.splitlines())

    assert (plain.origin, plain.seconds) == (None, 899)
    assert (sip.origin, sip.seconds, sip.client.port) == (None, 300, 5060)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "TCP 20010db8000000000000000000000009 0050",
        "TCP C00002C8 9C40 C000020A 0050 C0000201 0050 ESTABLISHED LOCAL",
        "TCP C00002C8 9C40 C000020A 0050 C0000201 0050 ESTABLISHED soon",
        "TCP C00002C800 9C40 C000020A 0050 C0000201 0050 ESTABLISHED 899",
        "TCP C00002C8 19C40 C000020A 0050 C0000201 0050 X Y 899",
    ],
)
def test_no_connection_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        connection(line)


def test_connections_are_counted_by_origin() -> None:
    assert shares(CONN_SYNC.splitlines()) == {
        Origin.LOCAL: Share(2, 1),
        Origin.SYNC: Share(2, 0),
    }


def test_without_ipvs_there_are_no_connections(tmp_path: Path) -> None:
    nowhere = tmp_path / "ip_vs_conn_sync"

    assert read(nowhere) == []
    assert count(nowhere) == {Origin.LOCAL: Share(), Origin.SYNC: Share()}


def test_the_file_is_read_as_its_lines_are(tmp_path: Path) -> None:
    place = tmp_path / "ip_vs_conn_sync"
    place.write_text(CONN_SYNC)

    assert read(place) == list(connections(CONN_SYNC.splitlines()))
    assert count(place) == shares(CONN_SYNC.splitlines())
