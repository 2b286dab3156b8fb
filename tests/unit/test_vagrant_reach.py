"""Machines of Vagrant as nodes: what is read, and a whole one with a feigned ssh."""

import json
import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from lvsha.cli.drill import drill
from lvsha.cli.vagrant_drill import chosen
from lvsha.lab.cluster.fencing import Fencing
from lvsha.lab.cluster.grounds import DrillLab, DrillNode
from lvsha.lab.errors import CommandFailed, LabError, NodeDown
from lvsha.lab.topology import NodeSpec
from lvsha.lab.vagrant.found import hosts_of, machines, ssh_config
from lvsha.lab.vagrant.guest import asking
from lvsha.lab.vagrant.lab import VagrantLab
from lvsha.lab.vagrant.mirror import Mirror
from lvsha.lab.vagrant.node import Reach, VagrantNode
from lvsha.lab.vagrant.power import Power, power
from lvsha.lab.vagrant.shape import Shape

CHECKOUT = Path(__file__).parents[2]
SECONDS = 60.0
SAID = """\
==> vagrant: a new version is available!

Host d1
  HostName 192.0.2.1
  User vagrant
  IdentityFile "/home/o'hara/a key"

Host client
  HostName 192.0.2.2
"""

SSH = """\
#!/bin/sh
# the machine answers when its power is on
test "$(cat {state})" = running || exit 255
PYTHONPATH={checkout} exec {python} -m lvsha.lab.vagrant.guest.over_ssh
"""


def _drillable(node: VagrantNode, lab: VagrantLab) -> tuple[DrillNode, DrillLab]:
    """Have the type checker compare what drills need with what is there."""
    return node, lab


def test_what_vagrant_says_besides_is_not_ssh_s_configuration() -> None:
    config = ssh_config(SAID)

    assert config.startswith("Host d1\n  HostName")
    assert hosts_of(config) == ["d1", "client"]
    assert not ssh_config("nothing runs here\n")


def test_machines_are_found_by_the_files_vagrant_keeps(tmp_path: Path) -> None:
    for name, number in (("d1", "11"), ("d2", "")):
        folder = tmp_path / ".vagrant" / "machines" / name / "libvirt"
        folder.mkdir(parents=True)
        (folder / "id").write_text(number)

    assert machines(tmp_path) == {"d1": ("libvirt", "11")}


@pytest.mark.parametrize("provider", ["libvirt", "virtualbox"])
def test_every_command_of_a_switch_names_its_machine(provider: str) -> None:
    switch = power(provider, "11-22")

    for argv in (switch.off, switch.on, switch.freeze, switch.thaw, switch.asked):
        assert "11-22" in argv


def test_a_provider_without_a_switch_is_refused() -> None:
    with pytest.raises(LabError, match="provider 'docker' have no switch here"):
        power("docker", "11")


def test_a_drill_that_cannot_be_played_is_an_error_of_the_command_line() -> None:
    with pytest.raises(click.UsageError, match="table-tampered cannot be played here"):
        chosen(["table-tampered"], Shape("classic"), all_of_them="cluster")
    with pytest.raises(click.UsageError, match="soak is played in the embedded lab"):
        chosen(["soak"], Shape(), all_of_them="cluster")


def test_all_drills_are_those_that_can_be_played() -> None:
    names = chosen(["cluster", "move"], Shape(method="ipip"), all_of_them="cluster")

    assert "power-cut" in names
    assert "table-tampered" not in names
    assert names.count("move") == 1


def test_without_vagrant_the_drill_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("VAGRANT_CWD", str(tmp_path))

    said = CliRunner().invoke(drill, ["--lab", "vagrant", "move"])

    assert said.exit_code == 1
    assert "there is no vagrant: install it" in said.output


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VagrantNode]:
    state = tmp_path / "state"
    state.write_text("shut off")
    ssh = tmp_path / "ssh"
    ssh.write_text(SSH.format(state=state, checkout=CHECKOUT, python=sys.executable))
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    def put(word: str) -> tuple[str, ...]:
        return ("cp", str(tmp_path / word), str(state))

    for word in ("running", "off"):
        (tmp_path / word).write_text(word)
    switch = Power(
        off=put("off"),
        on=put("running"),
        freeze=("true",),
        thaw=("true",),
        asked=("cat", str(state)),
        running="running",
    )
    share = tmp_path / "share"
    share.mkdir()
    reach = Reach(tmp_path / "config", tmp_path / "log", switch, 1.0)
    made = VagrantNode(NodeSpec("d1", ("192.0.2.1/24",)), share, reach)
    yield made
    made.close()


def test_a_machine_is_switched_on_and_does_what_it_is_told(
    node: VagrantNode, tmp_path: Path
) -> None:
    node.boot(seconds=SECONDS)
    said = node.run(["cat"], seconds=SECONDS, stdin=b"a line\n", cwd=str(tmp_path))

    assert node.alive
    assert said.stdout == b"a line\n"
    with pytest.raises(CommandFailed, match="ended with status 3"):
        node.run(["sh", "-c", "exit 3"], seconds=SECONDS, cwd=str(tmp_path))


def test_a_machine_without_power_does_nothing_until_it_boots_again(
    node: VagrantNode, tmp_path: Path
) -> None:
    node.boot(seconds=SECONDS)
    sleeper = node.start(["sleep", "60"], cwd=str(tmp_path))
    node.kill()

    assert not node.alive
    with pytest.raises(NodeDown):
        sleeper.wait(SECONDS)
    with pytest.raises(NodeDown):
        node.run(["true"], seconds=SECONDS)
    node.boot(seconds=SECONDS)
    assert not node.run(["true"], seconds=SECONDS, cwd=str(tmp_path)).status


def test_what_ran_for_a_drill_ends_with_it(node: VagrantNode, tmp_path: Path) -> None:
    node.boot(seconds=SECONDS)
    program = "import os, sys, time\nprint(os.getpid(), flush=True)\ntime.sleep(120)\n"
    process = node.start([sys.executable, "-c", program], cwd=str(tmp_path))
    number = int(process.wait_output(b"\n", SECONDS))
    descriptor = os.pidfd_open(number)
    node.close()

    assert select.select([descriptor], [], [], SECONDS)[0]
    os.close(descriptor)


def test_a_machine_that_never_answers_is_given_up(node: VagrantNode) -> None:
    with pytest.raises(LabError, match=r"d1 cannot be asked: see .*/log"):
        _boot_of_who_stays_off(node)


def _boot_of_who_stays_off(node: VagrantNode) -> None:
    reach = node._reach  # noqa: SLF001
    silent = Power(
        off=reach.power.off,
        on=("true",),
        freeze=("true",),
        thaw=("true",),
        asked=("true",),
        running="running",
    )
    quiet = Reach(reach.ssh_config, reach.log, silent, 1.0)
    VagrantNode(node.spec, node.share, quiet).boot(seconds=0.0)


def test_a_wish_is_carried_to_the_lab_and_its_answer_back(
    node: VagrantNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = tmp_path / "guest"
    guest.mkdir()
    start = node.start

    def started(argv: list[str], **words: object) -> object:
        # the machine is this one: its folder is elsewhere, and so is its python
        own = [sys.executable, "-m", argv[2], str(guest)]
        env = {"PYTHONPATH": str(CHECKOUT)}
        return start(own, **{**words, "env": env, "cwd": str(tmp_path)})  # type: ignore[arg-type]

    monkeypatch.setattr(node, "start", started)
    node.boot(seconds=SECONDS)
    mirror = Mirror()
    try:
        with Fencing(_Only(node), ["d1"]):  # type: ignore[arg-type]
            mirror.carry(node)
            (guest / "7.new").write_text(json.dumps({"do": "status", "node": "d1"}))
            (guest / "7.new").rename(guest / "7.ask")
            _await((guest / "7.answer").exists)
    finally:
        mirror.close()

    assert json.loads((guest / "7.answer").read_text()) == {"status": 0}
    _await(lambda: not (guest / "7.ask").exists())


class _Only:
    """A lab of one node."""

    def __init__(self, node: VagrantNode) -> None:
        self._node = node

    def node(self, _name: str) -> VagrantNode:
        return self._node


def _await(seen: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not seen():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_wish_nobody_waits_for_does_not_come_true(tmp_path: Path) -> None:
    for name, age in (("old", 60), ("new", 1)):
        file = tmp_path / f"{name}.ask"
        file.write_text("{}")
        os.utime(file, (1000 - age, 1000 - age))

    asking.forget(tmp_path, 1000)

    assert asking.wishes(tmp_path, set()) == [("new", "{}")]
    assert asking.wishes(tmp_path, {"new"}) == []
