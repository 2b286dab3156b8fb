"""The agents' actions as Pacemaker calls them, on a real kernel."""

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from socketserver import StreamRequestHandler, UnixStreamServer

import pytest

from lvsha.ocf.protocol import Exit
from lvsha.vip.background import Child
from tests.kernel.agents import (
    BROKEN,
    OK,
    PROMOTED,
    STOPPED,
    VIPS,
    Agent,
    daemons,
    here,
    wait_for,
)
from tests.kernel.link import Far, ip

CLONE = {"CRM_meta_promoted_max": "1", "CRM_meta_interval": "10000"}
# The agents look for them here before they look for Pacemaker's.
CRM_ATTRIBUTE = Path("/usr/local/sbin/crm_attribute")
ATTRD_UPDATER = Path("/usr/local/sbin/attrd_updater")


@pytest.fixture
def cluster() -> Iterator[None]:
    words = 'name="lvsha-vip" host="far" value="10:"'
    said = {CRM_ATTRIBUTE: '>> "$TOLD"', ATTRD_UPDATER: f">/dev/null; echo '{words}'"}
    for program, rest in said.items():
        program.write_text(f'#!/bin/sh\necho "$*" {rest}\n')
        program.chmod(0o755)
    yield
    for program in said:
        program.unlink()


@pytest.fixture
def vip(far: Far, cluster: None, tmp_path: Path) -> Iterator[Agent]:  # noqa: ARG001
    agent = Agent(tmp_path, "vip", {"vip": VIPS, "nic": "eth0"})
    yield agent
    assert agent("stop") is OK


BOTH = {"192.0.2.10/32", "2001:db8::10/128"}


def test_a_plain_resource_has_them_where_it_runs(vip: Agent) -> None:
    assert vip("monitor") is STOPPED
    assert (vip("start"), vip("start"), here()) == (OK, OK, BOTH)
    assert vip("monitor") is OK
    assert (vip("stop"), vip("stop"), here()) == (OK, OK, set())
    assert vip("monitor") is STOPPED
    assert vip.left() == []
    assert vip.scores() == []


def test_a_clone_has_them_where_it_is_promoted(vip: Agent) -> None:
    vip.given |= CLONE

    assert (vip("start"), vip("monitor"), here()) == (OK, OK, set())
    assert vip.scores() == ["650"]
    assert (vip("promote"), vip("promote"), here()) == (OK, OK, BOTH)
    assert vip("monitor") is PROMOTED
    assert vip.scores() == ["1100"]
    assert (vip("demote"), vip("demote"), here()) == (OK, OK, set())
    assert vip("monitor") is OK
    assert vip.scores() == ["1000"]
    assert vip("promote") is OK
    assert (vip("stop"), vip("monitor"), here()) == (OK, STOPPED, set())
    assert vip.scores(until="-D") == ["1100", "-D"]
    assert vip("demote") is STOPPED


def test_one_that_is_started_again_keeps_its_score_and_its_daemons(vip: Agent) -> None:
    vip.given |= CLONE | {"sync_interface": "eth0", "failback_time": "0"}
    ip("addr", "add", "198.51.100.1/24", "dev", "eth0")
    vip("start")
    vip("stop")
    vip("start")
    vip("stop")

    assert vip.scores(until="-D") == ["1000", "1000", "-D"]
    wait_for(lambda: not daemons())


def test_a_probe_that_knows_nothing_of_clones_tells_them_apart(vip: Agent) -> None:
    vip("start", **CLONE)
    ready = vip("monitor")
    vip("promote", **CLONE)

    assert (ready, vip("monitor")) == (OK, PROMOTED)


def test_stop_needs_no_parameter(vip: Agent) -> None:
    vip("start")
    vip.given = {}

    assert (vip("stop"), here()) == (OK, set())
    vip.given = {"vip": "nonsense"}
    assert vip("stop") is OK


def test_what_somebody_took_away_is_missed(vip: Agent) -> None:
    vip.given |= CLONE
    vip("start")
    vip("promote")
    ip("addr", "del", "192.0.2.10/32", "dev", "eth0")
    one, reason = vip("monitor"), vip.reason
    ip("addr", "del", "2001:db8::10/128", "dev", "eth0")

    assert (one, reason) == (BROKEN, "192.0.2.10 is missing")
    assert vip("monitor") is BROKEN
    assert vip.scores()[-1] == "0"
    assert (vip("demote"), vip("promote"), vip("monitor")) == (OK, OK, PROMOTED)


def test_without_a_carrier_a_clone_is_worth_nothing(vip: Agent, far: Far) -> None:
    vip.given |= CLONE
    vip("start")
    vip("promote")
    with far.here():
        ip("link", "set", "peer0", "down")

    assert vip("monitor") is Exit.DEGRADED_PROMOTED
    assert vip.reason == "'eth0' has no carrier"
    assert vip.scores()[-1] == "0"
    assert vip("demote") is OK
    assert vip("monitor") is Exit.DEGRADED


def test_without_a_carrier_a_plain_one_fails(vip: Agent, far: Far) -> None:
    vip("start")
    with far.here():
        ip("link", "set", "peer0", "down")

    assert vip("monitor", CRM_meta_interval="10000") is Exit.ERR_GENERIC
    vip("stop")
    assert vip("start", CRM_meta_timeout="200") is Exit.ERR_GENERIC
    assert vip("start", carrier="no") is OK


def test_what_somebody_else_has_is_not_taken(vip: Agent, far: Far) -> None:
    vip.given |= CLONE
    with far.here():
        ip("addr", "add", "192.0.2.10/24", "dev", "peer0")
    vip("start")

    assert vip("promote") is Exit.ERR_GENERIC
    assert vip.reason.startswith("192.0.2.10 is in use on 'eth0' at ")
    assert here() == set()
    assert vip("monitor") is OK
    assert vip("promote", duplicate_test="no") is OK


def test_one_that_cannot_be_had_takes_the_others_off_again(vip: Agent) -> None:
    vip.given |= CLONE
    off = Path("/proc/sys/net/ipv6/conf/eth0/disable_ipv6")
    off.write_text("1\n")
    vip("start")

    assert vip("promote") is Exit.ERR_GENERIC
    assert vip.reason.startswith("cannot add 2001:db8::10/128 to 'eth0': EACCES")
    assert here() == set()
    assert vip("monitor") is OK
    off.write_text("0\n")
    assert (vip("promote"), here()) == (OK, BOTH)


def test_names_of_the_other_agent_are_understood(vip: Agent) -> None:
    vip.given = {"ip": "192.0.2.10", "cidr_netmask": "24", "iflabel": "vip"}
    vip.given |= {"nic": "eth0"}
    vip("start")

    assert "192.0.2.10/24 scope global eth0:vip" in ip("addr", "show", "eth0")


def test_the_background_ends_with_the_role(vip: Agent) -> None:
    vip.given |= CLONE | {"announce_refresh": "1"}
    vip("start")
    vip("promote")
    (file,) = vip.left()
    pid, _ = json.loads(Path(file).read_text())["child"]
    running = Path(f"/proc/{pid}").exists()
    vip("demote")

    assert running
    assert Child.of(pid) is None


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"vip": "192.0.2.300"}, "parameter 'vip': expected addresses"),
        ({"vip": ""}, "parameter 'vip' is missing"),
        ({"vip": "224.0.0.1"}, "parameter 'vip': 224.0.0.1 cannot be a VIP"),
        ({"prefix": "33"}, "parameter 'prefix': '33' does not fit"),
        ({"announce_times": "0"}, "parameter 'announce_times': expected 1 to 1000"),
        ({"sync_interface": "eth0", "sync_id": "256"}, "parameter 'sync_id'"),
        ({"director": "../x"}, "parameter 'director'"),
    ],
)
def test_a_wrong_parameter_is_named(
    vip: Agent, given: Mapping[str, str], reason: str
) -> None:
    assert vip("validate-all", **given) is Exit.ERR_CONFIGURED
    assert vip.reason.startswith(reason)


def test_an_interface_that_is_not_there_is_found_by_validation(vip: Agent) -> None:
    assert vip("validate-all", nic="eth9") is OK
    assert vip("validate-all", level="10", nic="eth9") is Exit.ERR_INSTALLED
    assert vip("start", nic="eth9") is Exit.ERR_GENERIC
    assert vip.reason == "no interface is called 'eth9'"


class TestSynchronisation:
    def test_a_clone_has_both_daemons_whatever_its_role(self, vip: Agent) -> None:
        vip.given |= CLONE | {"sync_interface": "eth0", "sync_id": "7"}
        ip("addr", "add", "198.51.100.1/24", "dev", "eth0")
        seen = []
        for action in ("start", "promote", "demote"):
            vip(action)
            seen.append(daemons())
        well = vip("monitor")
        vip("stop")

        assert seen == [{"backup", "master"}] * 3
        assert well is OK
        wait_for(lambda: not daemons())

    def test_a_daemon_that_is_gone_costs_score(self, vip: Agent) -> None:
        vip.given |= CLONE | {"sync_interface": "eth0", "failback_time": "0"}
        ip("addr", "add", "198.51.100.1/24", "dev", "eth0")
        vip("start")
        subprocess.run(["ipvsadm", "--stop-daemon", "backup"], check=True)

        assert vip("monitor") is Exit.DEGRADED
        assert vip.scores() == ["1000", "700"]

    def test_an_interface_that_is_not_there_keeps_nobody_from_serving(
        self, vip: Agent
    ) -> None:
        vip.given |= CLONE | {"sync_interface": "eth9", "failback_time": "0"}

        assert (vip("start"), vip("promote"), here()) == (OK, OK, BOTH)
        assert vip("monitor") is Exit.DEGRADED_PROMOTED
        assert vip.scores() == ["700", "800"]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[list[dict[str, object]]]:
    """Answer every question with the last of what is in the list."""
    answers: list[dict[str, object]] = []

    class Answering(StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(json.dumps(answers[-1]).encode() + b"\n")

    place = tmp_path / "run" / "web"
    place.mkdir(parents=True)
    with UnixStreamServer(str(place / "control"), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield answers
        server.shutdown()
        thread.join()


def view(lost: float, active: int = 10) -> dict[str, object]:
    return {"ok": True, "lost": lost, "active": active, "sha256": "", "refused": False}


def test_the_score_is_what_the_director_sees(
    vip: Agent, engine: list[dict[str, object]]
) -> None:
    vip.given |= CLONE | {"director": "web"}
    engine.append(view(0.0))
    vip("start")
    engine.append(view(0.5))
    vip("monitor")
    engine.append(view(1.0))
    vip("monitor")

    assert vip.scores() == ["1000", "750", "500"]


def test_a_ready_node_that_lacks_connections_is_worth_less(
    vip: Agent, engine: list[dict[str, object]]
) -> None:
    vip.given |= CLONE | {"director": "web", "failback_share": "50"}
    engine.append(view(0.0, active=4))
    vip("start")
    engine.append(view(0.0, active=5))
    vip("monitor")
    engine.append(view(0.0, active=0))
    vip("monitor")

    assert vip.scores() == ["650", "1000"]


def test_without_a_director_a_ready_node_is_worth_nothing(vip: Agent) -> None:
    vip.given |= CLONE | {"director": "web"}
    vip("start")

    assert vip.scores() == ["0"]
