"""The lab itself: nodes that boot, talk, fail on purpose and leave nothing behind."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lvsha.lab import uml
from lvsha.lab.errors import CommandFailed, DeadlineExpired, LabError, NodeDown
from lvsha.lab.image import find
from lvsha.lab.lab import CHECKOUT, Lab
from lvsha.lab.node import Node
from lvsha.lab.topology import numbered

_BOOT = 120.0
_SOON = 20.0

# Tells whether the lab's process answered at all: unlike ping's, its status is an int.
PING = ["ping", "-n", "-c", "1", "-W", "1"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    directory = tmp_path_factory.mktemp("lab")
    with Lab(directory, numbered(2), image=find()) as opened:
        opened.up(seconds=_BOOT)
        yield opened


@pytest.fixture
def one(lab: Lab) -> Node:
    return lab.node("node1")


@pytest.fixture
def two(lab: Lab) -> Node:
    return lab.node("node2")


def reaches(node: Node, address: str) -> bool:
    return node.run([*PING, address], seconds=_SOON, check=False).status == 0


@pytest.mark.parametrize("address", ["10.77.0.2", "fd00:77::2", "node2"])
def test_nodes_reach_each_other(one: Node, address: str) -> None:
    one.run([*PING[:-1], "5", address], seconds=_SOON)


def test_the_kernel_of_a_node_has_ipvs(one: Node) -> None:
    one.run(["ipvsadm", "-A", "-t", "10.77.0.9:80", "-s", "wlc"], seconds=_SOON)
    listed = one.run(["ipvsadm", "-Sn"], seconds=_SOON)

    assert listed.stdout == b"-A -t 10.77.0.9:80 -s wlc\n"


def test_a_node_runs_our_code_and_cannot_change_it(one: Node) -> None:
    said = one.run(["python3", "-c", "import lvsha; print(lvsha.__file__)"], seconds=60)
    refused = one.run(["touch", "/srv/lvsha/x"], seconds=_SOON, check=False)

    assert said.stdout == b"/srv/lvsha/lvsha/__init__.py\n"
    assert b"Read-only" in refused.stderr


def test_node_and_host_share_a_folder(one: Node) -> None:
    (one.share / "ours").write_text("from the host")
    said = one.run(["cat", "/srv/share/ours"], seconds=_SOON)
    one.run(["cp", "/srv/share/ours", "/srv/share/theirs"], seconds=_SOON)

    assert said.stdout == b"from the host"
    assert (one.share / "theirs").read_text() == "from the host"


def test_any_bytes_go_in_and_come_out_as_they_were(one: Node) -> None:
    content = bytes(range(256)) * 5000
    once = one.run(["cat"], seconds=60, stdin=content)
    done = one.run(["sh", "-c", "tee /dev/stderr"], seconds=60, stdin=content)

    assert once.stdout == content
    assert done.stdout == content
    assert done.stderr == content


def test_many_commands_at_once_do_not_mix(one: Node) -> None:
    def echo(number: int) -> bool:
        content = str(number).encode() * 5000
        return one.run(["cat"], seconds=60, stdin=content).stdout == content

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(echo, range(64)))


def test_a_status_is_an_error_only_when_asked(one: Node) -> None:
    argv = ["sh", "-c", "echo why >&2; exit 7"]

    assert one.run(argv, seconds=_SOON, check=False).status == 7
    with pytest.raises(CommandFailed, match=r"node1: sh .* status 7: why"):
        one.run(argv, seconds=_SOON)


def test_a_command_that_is_killed_says_by_what(one: Node) -> None:
    process = one.start(["sleep", "1000"])
    process.signal(15)

    assert process.wait(_SOON).status == -15
    assert not process.alive


def test_a_program_that_does_not_exist_is_an_error_at_once(one: Node) -> None:
    with pytest.raises(LabError, match="cannot start nonsense"):
        one.run(["nonsense"], seconds=_SOON)


def test_a_daemon_left_behind_does_not_hold_up_the_command(one: Node) -> None:
    done = one.run(["sh", "-c", "sleep 1000 & echo started"], seconds=_SOON)

    assert done.stdout == b"started\n"


def test_a_command_past_its_deadline_is_killed_with_its_children(one: Node) -> None:
    with pytest.raises(DeadlineExpired, match=r"node1: sh .* within 1 s.*said last"):
        one.run(["sh", "-c", "echo hello; sleep 4242; true"], seconds=1)
    left = one.start(["sh", "-c", "while pgrep -f 'sleep 424[2]'; do :; done"])

    assert left.wait(_SOON).status == 0


def test_a_cut_node_is_alone_until_it_is_healed(lab: Lab, one: Node) -> None:
    lab.cut("node2")
    cut = reaches(one, "10.77.0.2")
    lab.heal("node2")

    assert not cut
    assert reaches(one, "10.77.0.2")


def test_a_one_way_cut_lets_the_other_way_pass(lab: Lab, one: Node, two: Node) -> None:
    one.run([*PING, "10.77.0.2"], seconds=_SOON)
    received = "/sys/class/net/eth0/statistics/rx_packets"
    before = int(two.run(["cat", received], seconds=_SOON).stdout)
    lab.cut("node2", "node1", one_way=True)
    answered = reaches(one, "10.77.0.2")
    after = int(two.run(["cat", received], seconds=_SOON).stdout)
    lab.heal()

    assert not answered
    assert after > before


def test_lost_frames_are_counted(lab: Lab, one: Node) -> None:
    before = lab.counters()["node1"]["frames_lost"]
    lab.loss("node1", 100)
    answered = reaches(one, "10.77.0.2")
    lab.loss("node1", 0)

    assert not answered
    assert lab.counters()["node1"]["frames_lost"] > before
    assert reaches(one, "10.77.0.2")


def test_a_delay_shows_in_the_round_trip(lab: Lab, one: Node) -> None:
    lab.delay("node2", 0.2)
    said = one.run([*PING[:-1], "5", "10.77.0.2"], seconds=_SOON).stdout
    lab.heal()

    milliseconds = float(said.partition(b"time=")[2].split()[0])
    assert milliseconds >= 400


def test_a_recording_holds_the_frames(lab: Lab, one: Node, tmp_path: Path) -> None:
    lab.pcap(tmp_path / "all.pcap")
    one.run([*PING, "-p", "c0ffee", "10.77.0.2"], seconds=_SOON)
    lab.pcap(None)

    assert (tmp_path / "all.pcap").read_bytes().count(bytes.fromhex("c0ffee" * 3)) >= 2


def test_who_announces_an_address_is_remembered(lab: Lab, two: Node) -> None:
    two.run(["arping", "-U", "-c", "1", "-I", "eth0", "10.77.0.2"], seconds=_SOON)

    assert ("node2", "10.77.0.2") in {
        (news["port"], news["address"]) for news in lab.announced()
    }


def test_a_frozen_node_answers_nobody_and_goes_on_when_thawed(
    one: Node, two: Node
) -> None:
    waiting = two.start(["cat"], interactive=True)
    two.freeze()
    with pytest.raises(DeadlineExpired):
        two.run(["true"], seconds=1)
    answered = reaches(one, "10.77.0.2")
    two.thaw()
    waiting.write(b"still here")
    waiting.close_input()

    assert not answered
    assert waiting.wait(_SOON).stdout == b"still here"
    assert reaches(one, "10.77.0.2")


def test_a_power_cut_ends_commands_and_a_boot_brings_the_disk_back(
    one: Node, two: Node
) -> None:
    two.run(["sh", "-c", "echo kept > /root/file; sync"], seconds=_SOON)
    running = two.start(["sleep", "1000"])
    pid = two.pid
    two.kill()

    assert pid is not None
    assert not Path(f"/proc/{pid}").exists()
    assert not two.alive
    with pytest.raises(NodeDown, match="node2 went down while it ran sleep"):
        running.wait(_SOON)
    with pytest.raises(NodeDown, match="node2 is down"):
        two.run(["true"], seconds=_SOON)
    two.boot(seconds=_BOOT)
    assert two.run(["cat", "/root/file"], seconds=_SOON).stdout == b"kept\n"
    assert reaches(one, "10.77.0.2")


def test_a_node_that_crashes_by_itself_is_down(two: Node) -> None:
    crash = [
        "sh",
        "-c",
        "echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger",
    ]
    with pytest.raises(NodeDown):
        two.run(crash, seconds=_SOON)
    dead = two.alive
    two.boot(seconds=_BOOT)

    assert not dead
    assert b"sysrq triggered crash" in two.console()


def test_two_labs_do_not_see_each_other_and_one_ends_alone(
    one: Node, tmp_path: Path
) -> None:
    with Lab(tmp_path, numbered(1), image=find()) as other:
        other.up(seconds=_BOOT)
        same = other.node("node1")
        same.run(["ip", "addr", "add", "10.77.0.66/24", "dev", "eth0"], seconds=_SOON)
        seen = reaches(one, "10.77.0.66")

    assert not seen
    assert one.alive


def left_behind(mark: str) -> list[str]:
    """Return the processes that have *mark* on their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if mark in words and str(os.getpid()) != entry.parent.name:
            found.append(words)
    return found


def test_nothing_is_left_when_the_block_ends_with_an_exception(tmp_path: Path) -> None:
    lab = Lab(tmp_path, numbered(1), image=find())

    def fail() -> None:
        with lab:
            lab.up(seconds=_BOOT)
            lab.node("node1").run(["false"], seconds=_SOON)

    with pytest.raises(CommandFailed):
        fail()
    assert lab.folder is not None
    assert not lab.folder.exists()
    assert left_behind(str(lab.folder)) == []
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["node1", "node1.console"]


@pytest.mark.parametrize("number", [15, 9, 2])
def test_nothing_is_left_when_the_owner_is_signalled(
    tmp_path: Path, number: int
) -> None:
    program = (
        "import signal, sys, threading\n"
        # a shell in the background has its children ignore it
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from pathlib import Path\n"
        "from lvsha.lab.lab import Lab\n"
        "from lvsha.lab.image import find\n"
        "from lvsha.lab.topology import numbered\n"
        "with Lab(Path(sys.argv[1]), numbered(1), image=find()) as lab:\n"
        f"    lab.up(seconds={_BOOT})\n"
        "    print(lab.folder, flush=True)\n"
        "    threading.Event().wait(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
    ) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().decode().strip())
        nodes = uml.processes(folder / "uml")
        owner.send_signal(number)
        # the keeper holds the pipe until its work is done, also for a killed owner
        owner.communicate(timeout=30)

    assert nodes
    assert not folder.exists()
    assert left_behind(str(folder)) == []


def test_a_node_whose_network_cannot_be_set_up_says_why(tmp_path: Path) -> None:
    (spec,) = numbered(1)
    bad = type(spec)("node1", spec.addresses, setup=("route add default via 1.2.3.4",))

    with (
        Lab(tmp_path, [bad], image=find()) as lab,
        pytest.raises(LabError, match="node1: ip: "),
    ):
        lab.up(seconds=_BOOT)


def test_a_whole_system_boots_and_has_no_failed_unit(tmp_path: Path) -> None:
    (spec,) = numbered(1)
    system = type(spec)("node1", spec.addresses, boot="systemd")

    with Lab(tmp_path, [system], image=find()) as lab:
        lab.up(seconds=_BOOT)
        said = lab.node("node1").run(["systemctl", "is-system-running"], seconds=_SOON)

    assert said.stdout == b"running\n"
