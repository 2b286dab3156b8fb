"""``ocf:lvsha:director`` where it works: a node with a kernel, crmsh and ocf-tester."""

from collections.abc import Iterator

import pytest

from lvsha.lab.image import find
from lvsha.lab.lab import Lab
from lvsha.lab.topology import NodeSpec
from tests.cluster.ocf_node import AGENT, BROKEN, FILE, GOOD, Stage

_BOOT = 120.0
RNG = "/srv/lvsha/tests/cluster/ocf_1_1.rng"
ROW = "-A -t 10.77.0.100:80 -s rr\n-a -t 10.77.0.100:80 -r 10.77.0.1:8080 -m -w 1\n"
FOREIGN = "-t 10.77.0.200:80 -s wlc"
# What the cluster's controller has when it asks for metadata.
CONTROLLER = "setpriv --reuid=65534 --regid=65534 --clear-groups env -i"
CONTROLLER += f" OCF_OUTPUT_FORMAT=log {AGENT} meta-data"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    node = NodeSpec("node1", ("10.77.0.1/24",), memory="512M")
    directory = tmp_path_factory.mktemp("lab")
    with Lab(directory, [node], image=find()) as lab:
        lab.up(seconds=_BOOT)
        stage = Stage(lab.node("node1"))
        stage.install()
        yield stage


@pytest.fixture
def stage(installed: Stage) -> Iterator[Stage]:
    """Yield a node where nothing runs; every test leaves it so."""
    installed.write(FILE, GOOD)
    installed.serve()
    yield installed
    if installed.server is not None:
        installed.server.end()
    code, reason = installed.ask("stop")
    assert (code, reason) == (0, "")
    assert installed.left() == []


def test_the_metadata_is_valid_for_everybody_who_reads_it(stage: Stage) -> None:
    said = stage.sh(CONTROLLER).stdout
    stage.node.run(["tee", "/root/meta.xml"], seconds=20, stdin=said)
    stage.sh(
        "cd /usr/share/resource-agents && xmllint --noout --valid - </root/meta.xml"
    )
    stage.sh(f"xmllint --noout --relaxng {RNG} /root/meta.xml")
    told = stage.sh("crm ra info ocf:lvsha:director").stdout.decode()
    shown = stage.sh("crm_resource --show-metadata ocf:lvsha:director").stdout

    assert said.isascii()
    assert said.startswith(b'<?xml version="1.0"?>\n<!DOCTYPE ')
    assert "Parameters (*: required, []: default):" in told
    assert b'<action name="reload-agent"' in shown


def test_ocf_tester_passes(stage: Stage) -> None:
    done = stage.sh(f"ocf-tester -n web -o configfile={FILE} {AGENT}", check=False)

    assert done.status == 0, done.stdout.decode() + done.stderr.decode()
    assert b"passed all tests" in done.stdout


def test_a_life_leaves_nothing_but_what_is_not_ours(stage: Stage) -> None:
    stage.sh(f"ipvsadm -A {FOREIGN}")
    codes = [stage.ask(action)[0] for action in ("monitor", "start", "start")]
    held = stage.table()
    codes += [stage.ask("monitor", level=level)[0] for level in (0, 10, 20)]
    codes += [stage.ask(action)[0] for action in ("reload", "reload-agent", "stop")]
    codes += [stage.ask(action)[0] for action in ("stop", "monitor")]
    left = stage.table()
    stage.sh("ipvsadm -D -t 10.77.0.200:80")

    assert codes == [7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]
    assert ROW in held
    assert left == f"-A {FOREIGN}\n"


def test_a_director_that_dies_is_back_and_no_row_has_left(stage: Stage) -> None:
    stage.ask("start")
    before = stage.pid()
    with_watcher = (
        f"kill -9 {before}; for i in 1 2 3 4 5 6 7 8 9 10; do ipvsadm -Sn; done"
    )
    meanwhile = stage.sh(with_watcher).stdout.decode()
    found = stage.ask("monitor")
    after = stage.pid()

    assert meanwhile == ROW * 10
    assert found == (0, "")
    assert after != before
    assert stage.ask("monitor", level=10) == (0, "")
    assert stage.ask("stop") == (0, "")
    assert stage.left() == []


def test_a_killed_director_is_not_running_and_its_rows_are_taken_over(
    stage: Stage,
) -> None:
    stage.ask("start")
    stage.kill()
    killed = stage.ask("monitor")
    forwarding = stage.table()

    assert killed[0] == 7
    assert forwarding == ROW
    assert stage.ask("start") == (0, "")
    assert stage.table() == ROW


def test_a_killed_director_is_stopped_without_its_configuration(stage: Stage) -> None:
    stage.ask("start")
    stage.kill()
    stage.sh(f"rm {FILE} /usr/bin/lvsha")
    stopped = stage.ask("stop")
    left = stage.left()
    stage.program()

    assert stopped == (0, "")
    assert left == []


def test_rows_that_are_to_stay_survive_the_stop_of_a_killed_director(
    stage: Stage,
) -> None:
    stage.write(FILE, f"cleanstop=no\n{GOOD}")
    stage.ask("start")
    stage.kill()
    stopped = stage.ask("stop")
    left = stage.table()
    stage.write(FILE, GOOD)
    again = stage.ask("start")

    assert (stopped, again) == ((0, ""), (0, ""))
    assert left == ROW


def test_a_frozen_director_is_started_again_where_it_is(stage: Stage) -> None:
    patience = {"patience": "1"}
    stage.ask("start", patience)
    before, row = stage.pid(), stage.table()
    stage.sh(f"kill -STOP {before}")
    answered = stage.ask("monitor", patience)
    after = stage.pid()
    left = stage.table()
    stopped = stage.ask("stop")

    assert answered == (0, "")
    assert after != before
    assert left == row
    assert stopped == (0, "")
    assert stage.left() == []


def test_a_director_frozen_with_its_guardian_is_found_and_can_be_stopped(
    stage: Stage,
) -> None:
    stage.ask("start")
    stage.sh("kill -STOP $(cat /run/lvsha/web.cf/guardian)")
    stage.sh(f"kill -STOP {stage.pid()}")
    code, reason = stage.ask("monitor", {"patience": "1"})
    stopped = stage.ask("stop")

    assert code == 1
    assert "did not answer within" in reason
    assert stopped == (0, "")
    assert stage.left() == []


def test_a_table_that_others_change_is_right_again_when_level_10_has_looked(
    stage: Stage,
) -> None:
    stage.ask("start")
    stage.sh("ipvsadm -d -t 10.77.0.100:80 -r 10.77.0.1:8080")
    code = stage.ask("monitor", level=10)

    assert code == (0, "")
    assert stage.table() == ROW


def test_a_service_without_a_real_server_is_told_and_fails_at_level_20(
    stage: Stage,
) -> None:
    assert stage.server is not None
    stage.server.end()
    started = stage.ask("start")
    lost = stage.ask("monitor")
    silent = stage.ask("monitor", level=20)
    stage.write(FILE, GOOD + "\tfallback=127.0.0.1:80\n")
    stage.ask("reload")
    with_fallback = stage.ask("monitor", level=20)

    assert started == (0, "")
    assert lost == (190, "no real server is up: tcp:10.77.0.100:80")
    assert silent[0] == 1
    assert with_fallback[0] == 190


def test_a_broken_configuration_is_a_matter_of_this_node(stage: Stage) -> None:
    stage.write(FILE, BROKEN)
    started = stage.ask("start")
    examined = stage.ask("validate-all", level=10)
    shallow = stage.ask("validate-all")
    stage.sh(f"rm {FILE}")
    missing = stage.ask("start")

    why = f"{FILE}:7:2: unknown directive 'schedular' (did you mean 'scheduler'?)"
    assert started == (5, why)
    assert examined[0] == 5
    assert "unknown directive 'schedular'" in examined[1]
    assert shallow == (0, "")
    assert missing[0] == 5
    assert stage.table() == ""


def test_a_reload_of_a_broken_configuration_changes_nothing(stage: Stage) -> None:
    stage.ask("start")
    stage.write(FILE, BROKEN)
    code, reason = stage.ask("reload")

    assert code == 1
    assert "unknown directive 'schedular'" in reason
    assert stage.ask("monitor", level=10) == (0, "")
    assert stage.table() == ROW


def test_parameters_that_are_wrong_stop_nothing_from_stopping(stage: Stage) -> None:
    wrong = {"patience": "soon", "instance": "../web"}

    assert stage.ask("start", wrong)[0] == 6
    assert stage.ask("validate-all", wrong)[0] == 6
    assert stage.ask("monitor", wrong)[0] == 7
    assert stage.ask("stop", wrong) == (0, "")


def test_a_program_that_is_missing_is_a_matter_of_this_node(stage: Stage) -> None:
    code, reason = stage.ask("start", {"program": "/usr/bin/nowhere"})

    assert code == 5
    assert "/usr/bin/nowhere" in reason
