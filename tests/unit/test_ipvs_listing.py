"""The listing is ipvsadm's: recorded from ipvsadm 1.31 on Linux 6.1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsha.identity import Endpoint, Forwarding, Fwmark, Protocol, ServiceKey
from lvsha.ipvs.listing import parsed, rules
from lvsha.ipvs.table import (
    Destination,
    Scheduling,
    Service,
    Settings,
    Table,
    Tunnel,
    TunnelFlag,
)
from tests.ipvs_samples import DESTINATIONS, KEYS, SETTINGS, WEB, at, fitting, vip

RECORDED = """\
-A -f -1294967296 -6 -s mh -p 300 -M 64 -b mh-fallback
-a -f -1294967296 -6 -r [2001:db8::5]:0 -m -w 7
-A -t 192.0.2.10:80 -s sh -b sh-fallback,sh-port
-a -t 192.0.2.10:80 -r 10.0.0.2:80 -m -w 9
-a -t 192.0.2.10:80 -r 10.0.0.3:82 -i -w 5 --tun-type gue --tun-port 6080 --tun-csum
-a -t 192.0.2.10:80 -r 10.0.0.3:84 -i -w 5 --tun-type gre --tun-csum
-a -t 192.0.2.10:80 -r 10.0.0.3:85 -i -w 5 --tun-type gue --tun-port 6081 --tun-remcsum
-a -t 192.0.2.10:80 -r 10.0.0.5:0 -g -w 1
-a -t 192.0.2.10:80 -r [2001:db8::5]:80 -i -w 1 --tun-type ipip
-a -t 192.0.2.10:80 -r 127.0.0.1:80 -g -w 1
-A -t 192.0.2.16:5060 -s rr -p 5 -M 255.0.255.0
-A -t 224.0.0.1:5060 -s rr
-A -t 0.0.0.0:5060 -s rr
-A -u 192.0.2.11:53 -s rr -o
-A -u 192.0.2.12:5060 -s rr -p 60 --pe sip
-A -u 192.0.2.13:5060 -s rr -p 300 --pe sip -o -b flag-1
-A --sctp-service 10.1.2.10:0 -s rr -p 33
-A -t [2001:db8::10]:80 -s wrr
-a -t [2001:db8::10]:80 -r [::1]:80 -g -w 1
-a -t [2001:db8::10]:80 -r 10.0.0.5:80 -i -w 1 --tun-type ipip
-a -t [2001:db8::10]:80 -r [2001:db8::5]:80 -g -w 1
-A -f 4 -s wlc -b flag-1,flag-2,flag-3
-A -f 7 -s wlc -p 600 -M 255.255.255.0
-a -f 7 -r 10.0.0.5:0 -g -w 1
"""


def test_a_recorded_listing_comes_back_byte_for_byte() -> None:
    assert rules(parsed(RECORDED)) == RECORDED


def test_the_order_is_not_that_of_the_table() -> None:
    table = parsed(RECORDED)
    backwards = {
        key: Service(
            service.settings, dict(reversed(list(service.destinations.items())))
        )
        for key, service in reversed(list(table.items()))
    }

    assert rules(backwards) == RECORDED


def test_what_ipvsadm_leaves_out_is_in_the_complete_listing() -> None:
    row = Destination(upper=10, lower=7)
    table: Table = {WEB: Service(Settings("rr", 0xFFFFFF00), {at("10.0.0.2", 80): row})}

    assert rules(table) == (
        "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 10.0.0.2:80 -g -w 1\n"
    )
    assert rules(table, complete=True) == (
        "-A -t 192.0.2.10:80 -s rr -M 255.255.255.0\n"
        "-a -t 192.0.2.10:80 -r 10.0.0.2:80 -g -w 1 -x 10 -y 7\n"
    )


def test_a_flag_without_a_name_is_an_empty_list() -> None:
    table: Table = {Fwmark(1): Service(Settings("sh", flags=Scheduling.FLAG_3))}

    assert rules(table) == "-A -f 1 -s sh -b \n"
    assert parsed(rules(table)) == {Fwmark(1): Service(Settings("sh"))}


def test_what_is_left_out_of_a_line_is_what_ipvsadm_takes() -> None:
    text = """
    # one of everything
    -A -t 192.0.2.10:80
    -a -t 192.0.2.10:80 -r 10.0.0.2
    -A --udp-service=192.0.2.10:53 -p
    --add-service --fwmark-service 9 --ipv6 --scheduler rr --persistent --ops
    --add-server -f 9 -6 -r [2001:db8::2] --masquerading --weight 3
    """.replace("    ", "")

    assert parsed(text) == {
        WEB: Service(Settings("wlc"), {at("10.0.0.2", 80): Destination()}),
        vip("192.0.2.10", 53, Protocol.UDP): Service(Settings("wlc", persistent=360)),
        Fwmark(9, 6): Service(
            Settings("rr", 128, 360, one_packet=True),
            {at("2001:db8::2", 0): Destination(Forwarding.MASQ, 3)},
        ),
    }


WRONG = [
    ("-A -t 192.0.2.10:80 --no-such", "line 1: unknown option '--no-such'"),
    ("-A -s rr", "line 1: no virtual service is named"),
    ("\n-a -f 7 -r 10.0.0.2", "line 2: fwm:7 is missing"),
    ("-A -f 7\n-a -f 7", "line 2: -r is missing"),
    ("-A -f 7\n-A -f 7", "line 2: fwm:7 is there already"),
    ("-A -f", "line 1: -f needs a value"),
    ("-A -f 7 -b no-such", "line 1: unknown scheduler flag 'no-such'"),
    (
        "-A -f 7\n-a -f 7 -r 10.0.0.2\n-a -f 7 -r 10.0.0.2",
        "line 3: 10.0.0.2:0 is there already",
    ),
]


@pytest.mark.parametrize(("text", "problem"), WRONG)
def test_a_line_that_cannot_be_is_named(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem.replace('.', '[.]')}$"):
        parsed(text)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    table: dict[ServiceKey, Service] = {}
    for key in draw(st.lists(st.sampled_from(KEYS), unique=True)):
        rows: dict[Endpoint, Destination] = {}
        for tail in range(draw(st.integers(0, 4))):
            row = draw(st.sampled_from(DESTINATIONS))
            if row.forwarding is not Forwarding.IPIP:
                row = Destination(Forwarding.MASQ, row.weight, row.upper, row.lower)
            rows[at(f"10.0.0.{tail}", draw(st.sampled_from([0, 80])))] = row
        settings = fitting(key, draw(st.sampled_from(SETTINGS)))
        table[key] = Service(settings, rows)
    return table


@given(tables())
def test_a_complete_listing_reads_back_as_the_table(table: Table) -> None:
    assert parsed(rules(table, complete=True)) == table


@given(tables())
def test_a_listing_of_a_listing_is_the_same(table: Table) -> None:
    assert rules(parsed(rules(table))) == rules(table)


TUNNELS = [
    (Tunnel.IPIP, TunnelFlag.NOCSUM, "--tun-type ipip"),
    (Tunnel.GUE, TunnelFlag.NOCSUM, "--tun-type gue --tun-port 9 --tun-nocsum"),
    (Tunnel.GRE, TunnelFlag.CSUM, "--tun-type gre --tun-csum"),
    (Tunnel.GRE, TunnelFlag.REMCSUM, "--tun-type gre --tun-remcsum"),
]


@pytest.mark.parametrize(("tunnel", "flags", "words"), TUNNELS)
def test_every_tunnel_has_its_words(
    tunnel: Tunnel, flags: TunnelFlag, words: str
) -> None:
    row = Destination(Forwarding.IPIP, tunnel=tunnel, tunnel_port=9, tunnel_flags=flags)

    text = rules({WEB: Service(Settings(), {at("10.0.0.2", 80): row})})

    assert text.endswith(f" -i -w 1 {words}\n")
