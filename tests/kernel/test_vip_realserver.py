"""A real server's VIPs on a real kernel: there, quiet, and gone without a trace."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lvsha.cli.main import cli
from lvsha.vip.addresses import Interfaces
from lvsha.vip.announce import owners
from lvsha.vip.realserver import Place, RealServer
from tests.kernel.link import Far, ip, linked

VIP = ip_address("192.0.2.10")
OTHER = ip_address("192.0.2.11")
VIP6 = ip_address("2001:db8::10")
CONF = Path("/proc/sys/net/ipv4/conf")
NAMES = ("all/arp_ignore", "all/arp_announce", "all/rp_filter", "tunl0/rp_filter")


@pytest.fixture
def far() -> Iterator[Far]:
    with linked() as other_end:
        ip("addr", "add", "192.0.2.1/24", "dev", "eth0")
        yield other_end


@pytest.fixture
def real(far: Far, tmp_path: Path) -> RealServer:  # noqa: ARG001
    return RealServer(tmp_path)


def all_of_it() -> tuple[list[str], str]:
    values = [(CONF / n).read_text() for n in NAMES if (CONF / n).exists()]
    # The link's own address is on its way; that is none of ours.
    return values, ip("-o", "addr").replace(" tentative", "")


def heard(far: Far) -> bool:
    """Tell whether somebody on the link answers for the VIP."""
    with far.here(), Interfaces() as interfaces:
        return bool(owners(interfaces.link("peer0"), [VIP], seconds=0.5))


def test_the_link_does_not_hear_of_it(real: RealServer, far: Far) -> None:
    ip("addr", "add", "192.0.2.10/32", "dev", "lo")
    loud = heard(far)
    ip("addr", "del", "192.0.2.10/32", "dev", "lo")
    real.up([Place(VIP, "lo")])

    assert loud
    assert not heard(far)
    assert all(one.well for one in real.status([Place(VIP, "lo")]))


def test_down_leaves_all_as_it_was(real: RealServer) -> None:
    (CONF / "all/arp_announce").write_text("1\n")
    before = all_of_it()
    real.up([Place(VIP, "lo"), Place(VIP6, "lo")])
    real.up([Place(VIP, "lo")])
    during = all_of_it()
    real.down([VIP, VIP6])
    real.down([VIP])

    assert during[0][:2] == ["1\n", "2\n"]
    assert all_of_it() == before
    assert real.places() == []


def test_a_vip_that_was_there_before_stays(real: RealServer) -> None:
    ip("addr", "add", "192.0.2.10/32", "dev", "lo")
    before = all_of_it()
    for _ in range(2):
        real.up([Place(VIP, "lo"), Place(OTHER, "lo")])
    real.down([VIP, OTHER])

    assert all_of_it() == before
    assert real.places() == []


def test_what_one_vip_still_needs_stays(real: RealServer) -> None:
    before = all_of_it()
    real.up([Place(VIP, "lo")])
    real.up([Place(OTHER, "lo")])
    real.down([VIP])
    needed = (CONF / "all/arp_ignore").read_text()
    real.down([OTHER])

    assert needed == "1\n"
    assert all_of_it() == before


def test_what_was_sufficient_is_not_touched(real: RealServer) -> None:
    (CONF / "all/arp_ignore").write_text("8\n")
    real.up([Place(VIP, "lo")])
    during = (CONF / "all/arp_ignore").read_text()
    real.down([VIP])

    assert during == "8\n"
    assert (CONF / "all/arp_ignore").read_text() == "8\n"


def test_a_tunnel_is_there_up_and_lets_clients_packets_out(real: RealServer) -> None:
    real.up([Place(VIP, "tunl0")])
    shown = ip("-o", "link", "show", "tunl0")
    value = (CONF / "tunl0/rp_filter").read_text()
    well = [one.well for one in real.status([Place(VIP, "tunl0")])]
    real.down([VIP])

    assert ",UP" in shown
    assert (value, well) == ("2\n", [True])
    assert ",UP" not in ip("-o", "link", "show", "tunl0")
    assert (CONF / "tunl0/rp_filter").read_text() != "2\n"


def lvsha(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


class TestByHand:
    def test_a_real_server(self, far: Far, tmp_path: Path) -> None:  # noqa: ARG002
        rundir = ("--rundir", str(tmp_path))
        before = all_of_it()
        up = lvsha("realserver", "up", "192.0.2.10", *rundir)
        told = lvsha("realserver", "status", *rundir)
        (CONF / "all/arp_announce").write_text("0\n")
        loud = lvsha("realserver", "status", *rundir)
        down = lvsha("realserver", "down", "192.0.2.10", *rundir)
        after = lvsha("realserver", "status", "192.0.2.10", *rundir)

        assert (up.exit_code, told.exit_code, down.exit_code) == (0, 0, 0)
        assert told.output == "192.0.2.10 on lo\n"
        assert loud.exit_code == 1
        assert "net.ipv4.conf.all.arp_announce is 0" in loud.output
        assert (after.exit_code, after.output) == (3, "192.0.2.10: not here\n")
        assert all_of_it() == before

    def test_a_vip(self, far: Far) -> None:  # noqa: ARG002
        add = lvsha("vip", "add", "192.0.2.10", "2001:db8::10/64", "--nic", "eth0")
        told = lvsha("vip", "status", "192.0.2.10", "2001:db8::10")
        again = lvsha("vip", "announce", "192.0.2.10", "--times", "1")
        gone = lvsha("vip", "del", "192.0.2.10", "2001:db8::10")
        after = lvsha("vip", "status", "192.0.2.10", "--json")
        nobody = lvsha("vip", "announce", "192.0.2.10")

        assert [one.exit_code for one in (add, told, again, gone)] == [0, 0, 0, 0]
        assert told.output == "192.0.2.10/32 on eth0\n2001:db8::10/64 on eth0\n"
        assert (after.exit_code, nobody.exit_code) == (3, 3)

    def test_a_vip_that_somebody_else_has(self, far: Far) -> None:
        with far.here():
            ip("addr", "add", "192.0.2.10/24", "dev", "peer0")
        refused = lvsha("vip", "add", "192.0.2.10")
        forced = lvsha("vip", "add", "192.0.2.10", "--no-test")

        assert refused.exit_code == 1
        assert "192.0.2.10 is in use on 'eth0' at" in refused.output
        assert forced.exit_code == 0
