"""The agents for addresses where they work: a node with crmsh and ocf-tester."""

from collections.abc import Iterator

import pytest

from lvsha.lab.image import find
from lvsha.lab.lab import Lab
from lvsha.lab.topology import NodeSpec
from tests.cluster.ocf_node import AGENT, Stage

_BOOT = 120.0
RNG = "/srv/lvsha/tests/cluster/ocf_1_1.rng"
PLACE = AGENT.rpartition("/")[0]
GIVEN = {
    "vip": "-o vip=10.77.0.100,fd00:77::100 -o nic=eth0",
    "syncd": "-o sync_interface=eth0 -o sync_id=5",
    "realserver": "-o vip=10.77.0.100,fd00:77::100",
}
AGENTS = sorted(GIVEN)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    node = NodeSpec("node1", ("10.77.0.1/24", "fd00:77::1/64"), memory="512M")
    directory = tmp_path_factory.mktemp("lab")
    with Lab(directory, [node], image=find()) as lab:
        lab.up(seconds=_BOOT)
        installed = Stage(lab.node("node1"))
        installed.install()
        yield installed


@pytest.mark.parametrize("agent", AGENTS)
def test_the_metadata_is_valid_for_everybody_who_reads_it(
    stage: Stage, agent: str
) -> None:
    as_controller = "setpriv --reuid=65534 --regid=65534 --clear-groups env -i"
    as_controller += f" OCF_OUTPUT_FORMAT=log {PLACE}/{agent} meta-data"
    said = stage.sh(as_controller).stdout
    stage.node.run(["tee", "/root/meta.xml"], seconds=20, stdin=said)
    stage.sh(
        "cd /usr/share/resource-agents && xmllint --noout --valid - </root/meta.xml"
    )
    stage.sh(f"xmllint --noout --relaxng {RNG} /root/meta.xml")
    told = stage.sh(f"crm ra info ocf:lvsha:{agent}").stdout.decode()

    assert said.isascii()
    assert "Parameters (*: required, []: default):" in told


@pytest.mark.parametrize("agent", AGENTS)
def test_ocf_tester_passes_and_nothing_is_left(stage: Stage, agent: str) -> None:
    before = stage.sh("ip -o addr; sysctl net.ipv4.conf.all").stdout
    line = f"ocf-tester -n one {GIVEN[agent]} {PLACE}/{agent}"
    done = stage.sh(line, check=False)
    after = stage.sh("ip -o addr; sysctl net.ipv4.conf.all").stdout
    files = stage.sh("find /run/lvsha -name '*.json'").stdout
    daemons = stage.sh("ipvsadm -L --daemon").stdout

    assert done.status == 0, done.stdout.decode() + done.stderr.decode()
    assert b"passed all tests" in done.stdout
    assert after == before
    assert (files, daemons) == (b"", b"")
