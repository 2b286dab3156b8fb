"""What the kernel has counted as a whole, as it writes it."""

from lvsha.ipvs.counters import Counters
from lvsha.ipvs.totals import drops, totals

STATS = """\
   Total Incoming Outgoing         Incoming         Outgoing
   Conns  Packets  Packets            Bytes            Bytes
       A       FF        0             1000                0

 Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s
       1        2        0               20                0
"""
UDP = (
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt"
    "   uid  timeout inode ref pointer drops             \n"
    "  271: 510000E0:2290 00000000:0000 07 00000000:00000000 00:00000000 00000000"
    "     0        0 0 2 0000000000000000 12        \n"
    "  272: 510000E0:2291 00000000:0000 07 00000000:00000000 00:00000000 00000000"
    "     0        0 0 2 0000000000000000 3         \n"
    "  900: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000"
    "     0        0 0 2 0000000000000000 99        \n"
)


def test_totals_and_rates_are_hexadecimal() -> None:
    assert totals(STATS) == Counters(
        connections=10,
        packets_in=255,
        bytes_in=4096,
        connection_rate=1,
        packet_rate_in=2,
        byte_rate_in=32,
    )


def test_the_drops_of_all_ports_add_up() -> None:
    assert drops(UDP, {8848, 8849}) == 15
    assert drops(UDP, {8848}) == 12


def test_nobody_knows_of_drops_where_nobody_listens() -> None:
    assert drops(UDP, {8850}) is None
    assert drops(UDP.splitlines()[0], {8848}) is None
