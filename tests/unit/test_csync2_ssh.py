"""A configuration brought by ssh: a stand-in for ssh runs what the other side would."""

import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from lvsha.cli import csync2 as commands
from lvsha.cli.main import cli
from lvsha.csync2.fragment import SSH, group, plain, read
from lvsha.csync2.places import Places
from lvsha.csync2.push import Outcome, Push
from lvsha.csync2.receipt import Receipt, Stage
from lvsha.csync2.setup import System, agree
from lvsha.csync2.ssh import Ssh
from lvsha.csync2.take import CONFLICT, Edited, What, take
from tests.unit.test_csync2 import NEW, OLD, Director, director

OTHER = b"edited there\n"
Ran = subprocess.CompletedProcess[bytes]


@dataclass
class Wires:
    """Runs on a director of its own what ssh is asked to run there."""

    peers: dict[str, Director]
    broken: dict[str, Ran] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)

    def run(self, argv: list[str], **given: object) -> Ran:
        *ssh, peer, line = argv
        assert ssh[0] == "ssh"
        words = shlex.split(line)
        self.asked.append(words)
        if peer in self.broken:
            return self.broken[peer]
        there = self.peers[peer]
        content = given["input"]
        assert isinstance(content, bytes)
        verb, name = words[3], words[words.index("--as") + 1]
        if verb == "receipt":
            there.holdings.put(there.holdings.places.receipt(name), content)
            return Ran(argv, 0, b"", b"")
        assert name == peer
        try:
            receipt = take(
                there.holdings,
                there.look,
                What(verb),
                None if "--absent" in words else content,
                mine="--mine" in words,
            )
        except Edited as error:
            return Ran(argv, CONFLICT, b"", f"lvsha: {error}\n".encode())
        return Ran(argv, 0, receipt.dumped(), b"")


Cluster = tuple[Director, Wires]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    wires = Wires({name: director(tmp_path, name) for name in ("d2", "d3")})
    monkeypatch.setattr(subprocess, "run", wires.run)
    return director(tmp_path, "d1"), wires


def pushed(cluster: Cluster, *, mine: bool = False) -> Outcome:
    one, wires = cluster
    one.holdings.put(one.holdings.places.live, NEW)
    carrier = Ssh(one.holdings, mine)
    return Push(
        one.holdings, carrier, tuple(wires.peers), one.look, seconds=1, mine=mine
    ).run()


def live(one: Director) -> bytes | None:
    return one.holdings.content(one.holdings.places.live)


def test_all_follow_what_all_find_valid(cluster: Cluster) -> None:
    one, wires = cluster
    outcome = pushed(cluster)

    assert outcome.done, outcome.troubles
    for each in (one, *wires.peers.values()):
        assert live(each) == NEW
        assert each.holdings.content(each.holdings.places.offer) is None
        assert each.holdings.receipts()["d1"].live.stage is Stage.ACTIVE


@pytest.mark.parametrize("manner", ["refuses", "stalls"])
def test_whoever_does_not_follow_has_all_go_back(cluster: Cluster, manner: str) -> None:
    one, wires = cluster
    setattr(wires.peers["d3"], manner, True)
    outcome = pushed(cluster)

    assert not outcome.done
    assert outcome.restored
    assert [live(each) for each in (one, *wires.peers.values())] == [OLD] * 3
    assert one.holdings.content(one.holdings.places.refused) == NEW


def test_an_edit_there_is_a_conflict_and_changes_nobody(cluster: Cluster) -> None:
    one, wires = cluster
    there = wires.peers["d3"]
    there.holdings.put(there.holdings.places.live, OTHER)
    outcome = pushed(cluster)

    assert not outcome.done
    assert "d3: conflict: " in outcome.troubles[0]
    assert live(there) == OTHER
    assert (live(one), live(wires.peers["d2"])) == (OLD, OLD)


def test_who_is_told_to_win_does(cluster: Cluster) -> None:
    _, wires = cluster
    there = wires.peers["d3"]
    there.holdings.put(there.holdings.places.live, OTHER)

    assert pushed(cluster, mine=True).done
    assert live(there) == NEW
    assert there.holdings.content(there.holdings.places.refused) == OTHER


def test_an_edit_made_there_in_the_middle_is_kept_beside_the_file(
    cluster: Cluster,
) -> None:
    one, wires = cluster
    there, places = wires.peers["d2"].holdings, one.holdings.places
    one.holdings.put(places.offer, NEW)
    assert Ssh(one.holdings).send([places.offer], "d2") == ()
    there.put(there.places.live, OTHER)
    one.holdings.put(places.live, NEW)
    assert Ssh(one.holdings).send([places.live], "d2") == ()

    assert there.content(there.places.live) == NEW
    assert there.content(there.places.refused) == OTHER


@pytest.mark.parametrize(
    ("ran", "said"),
    [
        (Ran([], 255, b"", b"ssh: no route\n"), "d3: peer down: ssh: no route"),
        (Ran([], 127, b"", b"sh: lvsha: not found\n"), "d3: not set up: "),
        (Ran([], 2, b"", b"No such command 'take'.\n"), "d3: not set up: "),
        (Ran([], 1, b"", b"lvsha: Read-only\n"), "d3: cannot write: lvsha: Read-only"),
        (Ran([], 9, b"", b""), "d3: failed: ssh ended with 9"),
        (Ran([], 0, b"Welcome!\n", b""), "d3: failed: "),
        (Ran([], 0, Receipt("d9").dumped(), b""), "d3: failed: it answers as d9"),
    ],
)
def test_what_goes_wrong_is_told_and_changes_nobody(
    cluster: Cluster, ran: Ran, said: str
) -> None:
    one, wires = cluster
    wires.broken["d3"] = ran
    outcome = pushed(cluster)

    assert not outcome.done
    assert outcome.troubles[0].startswith(said)
    assert (live(one), live(wires.peers["d2"])) == (OLD, OLD)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(), "not set up: ssh is not installed"),
        (subprocess.TimeoutExpired("ssh", 9), "d2: peer down: no end within"),
    ],
)
def test_an_ssh_that_does_not_run_or_end_is_told(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def run(_argv: list[str], **_given: object) -> Ran:
        raise error

    one, _ = cluster
    monkeypatch.setattr(subprocess, "run", run)
    (trouble,) = Ssh(one.holdings).send([one.holdings.places.live], "d2")

    assert str(trouble).startswith(said)


def test_a_name_of_the_file_cannot_say_anything_to_a_shell(
    tmp_path: Path, cluster: Cluster
) -> None:
    _, wires = cluster
    one = director(tmp_path / "$(x);", "d1")
    Ssh(one.holdings).send([one.holdings.places.offer], "d2")

    assert wires.asked[-1][4] == str(one.holdings.places.live)


def test_a_group_of_ssh_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = group(["d1", "d2"], Places(Path("/etc/ha.d/web.cf")), SSH)
    told: list[str] = []
    own = group(["d1", "d2"], Places(tmp_path / "web.cf", tmp_path / "state"), SSH)
    agree(System(tmp_path), own, told.append)

    assert read(plain(found)) == found
    assert read((tmp_path / "csync2_lvsha.cfg").read_text()).hosts == ("d1", "d2")
    assert own.places.receipts.is_dir()
    assert told


@pytest.fixture
def taking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str]]:
    """Return what another director would run here, with a state of this test."""
    monkeypatch.setattr(commands, "Places", partial(Places, state=tmp_path / "state"))

    def run(what: str, *words: str, content: str = "") -> tuple[int, str]:
        argv = ["csync2", "take", what, str(tmp_path / "site.cf"), *words]
        argv += ["--rundir", str(tmp_path / "run")]
        done = CliRunner().invoke(cli, argv, input=content)
        return done.exit_code, done.output

    return run


def test_the_other_side_takes_looks_and_answers_with_its_receipt(
    tmp_path: Path, taking: Callable[..., tuple[int, str]]
) -> None:
    there, good = tmp_path / "site.cf", "checkinterval=3\n"
    there.write_text("checkinterval=2\n")

    assert taking("live", "--as", "d2", content=there.read_text())[0] == 0
    status, said = taking("offer", "--as", "d2", content=good)
    assert (status, Receipt.loaded(said.encode()).offered.stage) == (0, Stage.VALID)
    assert there.read_text() == "checkinterval=2\n"


def test_the_other_side_says_what_is_wrong_and_what_was_edited(
    tmp_path: Path, taking: Callable[..., tuple[int, str]]
) -> None:
    there = tmp_path / "site.cf"
    there.write_text("checkinterval=2\n")
    status, said = taking("live", "--as", "d2", "--mine", content="checkinterval=3\n")
    assert (status, Receipt.loaded(said.encode()).live.stage) == (0, Stage.STORED)

    status, said = taking("offer", "--as", "d2", content="checkinterval=x\n")
    assert (status, Receipt.loaded(said.encode()).offered.stage) == (0, Stage.REFUSED)
    status, said = taking("offer", "--as", "d2", "--absent")
    assert (status, Receipt.loaded(said.encode()).offered.stage) == (0, Stage.ABSENT)

    there.write_text("checkinterval=4\n")
    status, said = taking("live", "--as", "d2", content="checkinterval=5\n")
    assert (status, there.read_text()) == (3, "checkinterval=4\n")
    assert "was edited here" in said


def test_the_other_side_keeps_the_receipt_of_who_brings_it(
    tmp_path: Path, taking: Callable[..., tuple[int, str]]
) -> None:
    words = Receipt("d1").dumped().decode()

    assert taking("receipt", "--as", "d1", content=words) == (0, "")
    kept = tmp_path / "state" / "receipts" / "site.cf@d1.json"
    assert kept.read_text() == words
