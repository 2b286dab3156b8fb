"""docs/tutorial.md, pasted block by block into machines that have nothing of ours.

What a block is said to print is waited for where it only looks (``look``), and must
be there at once where it does something. Two things of the lab stand in for what a
reader has: its fencing device, and bytes carried over for ``scp``.

Run by ``make guides``: too long for a tier of every change.
"""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest

from lvsha.lab.cluster.crm_texts import COMMON
from lvsha.lab.cluster.faults import FAULTS
from lvsha.lab.cluster.fencing import Fencing
from lvsha.lab.cluster.machines import (
    CLIENT,
    DIRECTORS,
    machines,
    real_programs,
    real_steps,
)
from lvsha.lab.cluster.outcome import Outcome
from lvsha.lab.cluster.pacemaker import Pacemaker
from lvsha.lab.cluster.play import Play
from lvsha.lab.cluster.stacks import STACKS, Stack
from lvsha.lab.drill.scenario import REALS
from lvsha.lab.image import find
from lvsha.lab.lab import Lab
from lvsha.lab.node import Node

ROOT: Final = Path(__file__).parents[2]
PIECE: Final = re.compile(
    r"^(?:#+ (?P<title>.*)|```(?P<kind>\w*) ?(?P<words>.*)\n(?P<text>[\s\S]*?)^```)$",
    re.MULTILINE,
)
PLACES: Final = {
    "d1": ("d1",),
    "d2": ("d2",),
    "both": DIRECTORS,
    "reals": REALS,
    "client": (CLIENT,),
}
SECONDS: Final = 180.0
LOOK: Final = 0.5
SCP: Final = re.compile(r"^scp -p (.*) (\w+):(\S*)\n", re.MULTILINE)
DEVICE: Final = "/usr/sbin/fence_lvsha_lab"
# As a shell of root's, which knows nothing of the lab's own modules.
ENVIRONMENT: Final = {"PYTHONPATH": ""}
OURS: Final = """\
test "$(dpkg-query -S "$(command -v lvsha)")" = "lvsha: /usr/sbin/lvsha"
cd / && python3 -I -c "import lvsha; print(lvsha.__file__)"
"""

FORMED: Final = (
    "Packages",
    "Real servers",
    "The cluster",
    "Fencing",
    "What to direct",
    "The same on both",
)
WARM: Final = ("Warm", "An edit")
SWITCHED: Final = ("A planned switch",)
CLASSIC: Final = ("Classic instead",)
CLASSIC_SWITCHED: Final = ("A classic switch",)
LATER: Final = ("From one topology to another", "Active-active")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of commands: under which *title*, *where* it is pasted, what it says."""

    title: str
    where: str
    text: str
    mode: str = ""
    said: tuple[str, ...] = ()

    @property
    def commands(self) -> int:
        """How many commands it has; the lines of a file that is written are none."""
        rest = re.sub(r"<<END\n[\s\S]*?^END$", "", self.text, flags=re.MULTILINE)
        return len([line for line in rest.replace("\\\n", "").splitlines() if line])


def told(page: str) -> list[Block]:
    """Return the blocks of *page*."""
    found: list[Block] = []
    title = ""
    for piece in PIECE.finditer(page):
        title = piece["title"] or title
        match piece["kind"]:
            case "sh":
                where, _, mode = piece["words"].partition(" ")
                found.append(Block(title, where, piece["text"], mode))
            case "text":
                said = tuple(piece["text"].splitlines())
                found[-1] = replace(found[-1], said=said)
    return found


BLOCKS: Final = told((ROOT / "docs" / "tutorial.md").read_text())


class Reader:
    """Somebody who pastes what the tutorial says, and looks at what it prints."""

    def __init__(self, lab: Lab) -> None:
        """Sit before the machines of *lab*."""
        self._lab = lab
        self.commands = 0
        self.seconds = 0.0

    def paste(self, *titles: str, active: str = "d1") -> None:
        """Paste all blocks below *titles*; the text has d1 as the *active* director."""
        for block in BLOCKS:
            if block.title in titles:
                self._block(block if active == "d1" else swapped(block))

    def _block(self, block: Block) -> None:
        names, began = PLACES[block.where], time.monotonic()
        if block.mode == "meanwhile":
            self._node(names[0]).start(["bash", "-c", block.text], env=ENVIRONMENT)
        else:
            act = self._seen if block.mode == "look" else self._done
            with ThreadPoolExecutor(len(names), "reader") as both:
                list(both.map(lambda name: act(self._node(name), block), names))
        self.commands += block.commands * len(names)
        took = time.monotonic() - began
        self.seconds += took
        with (self._lab.directory / "pasted.log").open("a") as log:
            log.write(f"{took:6.1f} s  {block.where}: {block.title}\n")

    def _done(self, node: Node, block: Block) -> None:
        """Have *block* done on *node*, which must succeed and say what it should."""
        argv = ["bash", "-ec", SCP.sub("", block.text)]
        done = node.run(argv, seconds=SECONDS, env=ENVIRONMENT, check=False)
        said = (done.stdout + done.stderr).decode()
        assert done.status == 0, f"{node.name}: {block.text}\n{said}"
        assert not missing(block, said), f"{node.name}: {block.text}\n{said}"
        for files, other, place in SCP.findall(block.text):
            for file in files.split():
                self._carry(node, file, self._node(other), place or "/root/")

    def _seen(self, node: Node, block: Block) -> None:
        """Look with *block* on *node* until it says what it should."""
        until = time.monotonic() + SECONDS
        argv = ["bash", "-c", block.text]
        while True:
            done = node.run(argv, seconds=SECONDS, env=ENVIRONMENT, check=False)
            said = (done.stdout + done.stderr).decode()
            lines = missing(block, said)
            if not lines:
                return
            assert time.monotonic() < until, f"{node.name}: {lines} is not in\n{said}"
            time.sleep(LOOK)

    def _carry(self, node: Node, file: str, other: Node, place: str) -> None:
        """Do what scp does."""
        content = node.run(["cat", file], seconds=SECONDS).stdout
        to = f"{place}{Path(file).name}"
        words = ["install", "-m", "600", "/dev/stdin", to]
        other.run(words, seconds=SECONDS, stdin=content)

    def _node(self, name: str) -> Node:
        return self._lab.node(name)


def missing(block: Block, said: str) -> list[str]:
    """Return the lines of the text that *said* does not have."""
    heard = "\n".join(" ".join(line.split()) for line in said.splitlines())
    return [line for line in block.said if not re.search(pattern(line), heard)]


def pattern(line: str) -> str:
    """Return what matches *line*, in which … is for anything."""
    return ".*".join(re.escape(" ".join(part.split())) for part in line.split("…"))


def swapped(block: Block) -> Block:
    """Return *block* as one reads it when d2 is the active director."""

    def other(text: str) -> str:
        return re.sub(r"\bd([12])\b", lambda name: f"d{3 - int(name[1])}", text)

    said = tuple(line if "d1 d2" in line else other(line) for line in block.said)
    return replace(block, where=other(block.where), text=other(block.text), said=said)


class Fresh(Lab):
    """A lab whose directors have nothing of ours until the tutorial is pasted."""

    def __init__(self, folder: Path, package: Path, titles: Sequence[str]) -> None:
        """Describe it: *titles* are pasted when its nodes are up."""
        super().__init__(folder, machines(), image=find())
        self._package = package
        self._titles = titles
        self.reader = Reader(self)

    @property
    def standing(self) -> bool:
        """Tell that there is a cluster before a drill begins."""
        return True

    def up(
        self,
        *,
        seconds: float,
        progress: Callable[[str], None] = lambda _news: None,
    ) -> None:
        """Boot the machines, and do what the tutorial says."""
        super().up(seconds=seconds, progress=progress)
        for name in REALS:
            self._furnish(self.node(name))
        for name in DIRECTORS:
            self._equip(self.node(name))
        with Fencing(self, DIRECTORS):
            self.reader.paste(*self._titles)
        for name in DIRECTORS:
            node = self.node(name)
            found = node.run(["bash", "-ec", OURS], seconds=SECONDS, env=ENVIRONMENT)
            where = b"/usr/lib/python3/dist-packages/lvsha/__init__.py"
            assert found.stdout.strip() == where

    def _furnish(self, real: Node) -> None:
        """Have the web server that the reader has."""
        for step in real_steps(real.name):
            real.run(step.argv, seconds=SECONDS, stdin=step.given.encode())
        for argv in real_programs(real.name):
            real.start(argv)

    def _equip(self, director: Node) -> None:
        """Bring the package, and the device that cuts power in the lab."""
        there = director.run(["sh", "-c", "command -v lvsha"], seconds=60, check=False)
        assert there.status
        copy = f"/root/{self._package.name}"
        director.run(["tee", copy], seconds=60, stdin=self._package.read_bytes())
        agent = "/srv/lvsha/lvsha/lab/cluster/guest/fence_lvsha_lab"
        director.run(["install", "-m", "755", agent, DEVICE], seconds=60)
        director.run(["tee", "/root/fence.crm"], seconds=60, stdin=COMMON.encode())


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the package for Debian, made from the sources."""
    folder = tmp_path_factory.mktemp("package")
    argv = [sys.executable, str(ROOT / "packaging" / "deb.py"), str(folder)]
    subprocess.run(argv, check=True, timeout=600, capture_output=True)
    (found,) = folder.glob("*.deb")
    return found


@contextmanager
def followed(
    stack: Stack, folder: Path, package: Path, *titles: str
) -> Iterator[tuple[Play, Reader]]:
    """Follow the tutorial until *stack* runs; the drills then know it by its names."""
    made: list[Fresh] = []

    def grounds(place: Path) -> Fresh:
        made.append(Fresh(place, package, titles))
        return made[0]

    with Play(stack, folder, grounds) as play:
        yield play, made[0].reader


def well(switch: Outcome) -> None:
    """Judge the drill."""
    assert switch.problems == ()
    assert switch.doubled == 0.0
    assert switch.fenced is None
    assert {switch.before, switch.after} == set(DIRECTORS)
    assert switch.sent > switch.failed


def test_the_tutorial_ends_in_a_warm_pair_that_switches(
    tmp_path: Path, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = replace(STACKS["warm"], formation=Pacemaker(""))
    with followed(stack, tmp_path, package, *FORMED, *WARM) as (play, reader):
        until = reader.commands, reader.seconds
        switch = play.fault(FAULTS["planned-switch"])
        reader.paste(*SWITCHED, active=play.active())

    well(switch)
    assert switch.crowd is not None
    assert (switch.crowd.talking, switch.crowd.idle) == ((20, 20), (20, 20))
    with capsys.disabled():
        sys.stdout.write(told_of("warm", until, switch))


def test_the_tutorial_ends_in_a_classic_pair_that_switches(
    tmp_path: Path, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = Stack(
        "classic",
        "of the tutorial",
        Pacemaker(""),
        vip="lvs-vip",
        role="Started",
        clone="lvs-group",
        engine=(),
    )
    with followed(stack, tmp_path, package, *FORMED, *CLASSIC) as (play, reader):
        until = reader.commands, reader.seconds
        switch = play.fault(FAULTS["planned-switch"])
        reader.paste(*CLASSIC_SWITCHED, active=play.active())
        reader.paste(*LATER)

    well(switch)
    with capsys.disabled():
        sys.stdout.write(told_of("classic", until, switch))


def told_of(name: str, until: tuple[int, float], switch: Outcome) -> str:
    """Return what it took, and what clients noticed of the switch."""
    commands, seconds = until
    return (
        f"\n{name}: {commands} commands, {seconds:.0f} s of the machines; switch:"
        f" {switch.failed} of {switch.sent} lost, outage {switch.outage} s\n"
    )


def test_every_block_is_pasted() -> None:
    pasted = {*FORMED, *WARM, *SWITCHED, *CLASSIC, *CLASSIC_SWITCHED, *LATER}

    assert {block.title for block in BLOCKS} == pasted
    assert {block.where for block in BLOCKS} == PLACES.keys()
    assert {block.mode for block in BLOCKS} == {"", "look", "meanwhile"}
    assert all(block.said for block in BLOCKS if block.mode == "look")
