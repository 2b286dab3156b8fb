"""The actions of the agents beside the VIP's, on a real kernel."""

import subprocess
from pathlib import Path

import pytest

from lvsha.ocf.protocol import Exit
from tests.kernel.agents import OK, STOPPED, VIPS, Agent, daemons
from tests.kernel.link import Far, ip


class TestSyncd:
    @pytest.fixture
    def syncd(self, far: Far, tmp_path: Path) -> Agent:  # noqa: ARG002
        ip("addr", "add", "198.51.100.1/24", "dev", "eth0")
        return Agent(tmp_path, "syncd", {"sync_interface": "eth0", "sync_id": "3"})

    def test_both_run_where_it_is_started(self, syncd: Agent) -> None:
        assert syncd("monitor") is STOPPED
        assert (syncd("start"), syncd("start"), syncd("monitor")) == (OK, OK, OK)
        assert daemons() == {"master", "backup"}
        assert (syncd("stop"), syncd("stop"), syncd("monitor")) == (OK, OK, STOPPED)
        assert daemons() == set()

    def test_one_that_is_gone_is_a_failure(self, syncd: Agent) -> None:
        syncd("start")
        subprocess.run(["ipvsadm", "--stop-daemon", "master"], check=True)

        assert syncd("monitor") is Exit.ERR_GENERIC
        assert syncd.reason == "the sync daemon does not run: master"
        assert (syncd("start"), syncd("monitor")) == (OK, OK)
        syncd("stop")

    def test_it_has_to_know_where(self, syncd: Agent) -> None:
        assert syncd("start", sync_interface="") is Exit.ERR_CONFIGURED
        assert syncd("start", sync_interface="eth9") is Exit.ERR_GENERIC
        assert "no such interface" in syncd.reason
        assert syncd("stop") is OK


class TestRealServer:
    @pytest.fixture
    def real(self, far: Far, tmp_path: Path) -> Agent:  # noqa: ARG002
        return Agent(tmp_path, "realserver", {"vip": VIPS})

    def test_it_is_up_from_start_to_stop(self, real: Agent) -> None:
        assert real("monitor") is STOPPED
        assert (real("start"), real("start"), real("monitor")) == (OK, OK, OK)
        assert (real("stop"), real("stop"), real("monitor")) == (OK, OK, STOPPED)
        assert real.left() == []

    def test_one_that_is_loud_is_a_failure(self, real: Agent) -> None:
        real("start")
        Path("/proc/sys/net/ipv4/conf/all/arp_ignore").write_text("0\n")

        assert real("monitor") is Exit.ERR_GENERIC
        assert real.reason == "net.ipv4.conf.all.arp_ignore is 0"
        real("stop")
