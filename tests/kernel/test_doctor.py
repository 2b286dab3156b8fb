"""The doctor and the installer on a machine with a kernel and a cluster's programs."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lvsha.cli.main import cli
from lvsha.identity import Endpoint, Protocol, Vip
from lvsha.ipvs.counters import Daemon, Role
from lvsha.ipvs.kernel import Kernel
from lvsha.vip.addresses import Interfaces
from lvsha.vip.realserver import Place, RealServer
from lvsha.vip.wire import Grant
from tests.kernel.namespace import fresh

VIP = ip_address("192.0.2.10")
WEB = Vip(Protocol.TCP, Endpoint(VIP, 80))
AGENTS = Path("/usr/lib/ocf/resource.d/lvsha")


def lvsha(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)))


def told(rundir: Path, file: Path) -> dict[str, list[str]]:
    """Return what the doctor finds, by the name of its check."""
    result = lvsha("doctor", file, "--rundir", rundir, "--json")
    checks = json.loads(result.stdout)["checks"]
    return {one["name"]: [each["what"] for each in one["findings"]] for one in checks}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "site.cf"
    place.write_text(
        "virtual=192.0.2.10:80\n\treal=192.0.2.1:80 masq\n\tscheduler=rr\n"
        "\tprotocol=tcp\n\tchecktype=connect\n"
    )
    return place


def test_the_doctor_sees_addresses_that_are_loud_and_daemons(
    tmp_path: Path, file: Path
) -> None:
    real = RealServer(tmp_path / "realserver")
    with fresh(), Kernel.open() as kernel, Interfaces() as interfaces:
        loopback = interfaces.link("lo")
        interfaces.switch(loopback, up=True)
        interfaces.add(Grant(VIP, 32), loopback)
        loud = told(tmp_path, file)
        real.up([Place(VIP, "lo")])
        kernel.start_daemon(Daemon(Role.MASTER, "lo", 1))
        kernel.start_daemon(Daemon(Role.BACKUP, "lo", 2))
        quiet = told(tmp_path, file)
        kernel.stop_daemon(Role.MASTER)
        kernel.stop_daemon(Role.BACKUP)

    assert "192.0.2.10 is on lo, and ARP" in loud["arp"][0]
    assert quiet["arp"] == []
    assert "the ids 1 and 2" in quiet["sync"][0]
    assert loud["modules"] == quiet["modules"] == []
    assert loud["configuration"] == []
    assert loud["forwarding"]
    assert any("sync_refresh_period is 0" in one for one in loud["sysctls"])


@contextmanager
def installed() -> Iterator[Result]:
    result = lvsha("install", "--interpreter", "/usr/bin/python3")
    try:
        yield result
    finally:
        assert lvsha("uninstall").exit_code == 0


def test_what_is_installed_is_found_by_the_cluster_s_programs() -> None:
    with installed() as result:
        assert result.exit_code == 0, result.output
        listed = output("crm_resource", "--list-agents", "ocf:lvsha")
        version = output("/usr/sbin/lvsha", "--version")
        metadata = [
            output("setpriv", "--reuid=hacluster", "--clear-groups", agent, "meta-data")
            for agent in sorted(AGENTS.iterdir())
        ]

    assert set(listed.split()) >= {"director", "vip", "syncd", "realserver"}
    assert version.startswith("lvsha, version ")
    assert all("<resource-agent " in one for one in metadata)
    assert not AGENTS.exists()
    assert not Path("/var/lib/lvsha").exists()


def output(*words: str | Path) -> str:
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
