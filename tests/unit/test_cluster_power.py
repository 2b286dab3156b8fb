"""The lab's side of fencing, with nodes that only know whether they have power."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from lvsha.lab.cluster.fencing import Fencing
from lvsha.lab.cluster.machines import FENCE_FOLDER
from lvsha.lab.lab import Lab


@dataclass
class Power:
    """What fencing does to a node."""

    share: Path
    alive: bool = True

    def kill(self) -> None:
        self.alive = False


@dataclass
class Room:
    """Two directors, and what they ask for."""

    folder: Path
    nodes: dict[str, Power]

    def node(self, name: str) -> Power:
        return self.nodes[name]

    def ask(self, by: str, do: str, node: str) -> None:
        file = self.folder / by / FENCE_FOLDER / f"{by}-{do}-{node}.ask"
        file.write_text(json.dumps({"do": do, "node": node}))

    def answer(self, by: str, do: str, node: str) -> dict[str, str | int]:
        file = self.folder / by / FENCE_FOLDER / f"{by}-{do}-{node}.answer"
        return cast("dict[str, str | int]", json.loads(file.read_text()))


@pytest.fixture
def room(tmp_path: Path) -> Room:
    for name in ("d1", "d2"):
        (tmp_path / name / FENCE_FOLDER).mkdir(parents=True)
    return Room(tmp_path, {name: Power(tmp_path / name) for name in ("d1", "d2")})


@pytest.fixture
def fencing(room: Room) -> Fencing:
    found = Fencing(cast("Lab", room), ("d1", "d2"))
    found.hold()
    return found


def test_who_asks_first_survives_and_who_asks_last_is_not_heard(
    room: Room, fencing: Fencing
) -> None:
    room.ask("d1", "reboot", "d2")
    room.ask("d2", "reboot", "d1")
    fencing.serve()

    assert [one.node for one in fencing.fenced()] == ["d2"]
    assert (room.node("d1").alive, room.node("d2").alive) == (True, False)
    assert room.answer("d1", "reboot", "d2") == {"status": 0}
    assert room.answer("d2", "reboot", "d1") == {
        "status": 1,
        "error": "d2 has no power\n",
    }


def test_a_director_without_its_cable_reaches_no_power_switch(
    room: Room, fencing: Fencing
) -> None:
    fencing.unplug("d1")
    room.ask("d1", "off", "d2")
    fencing.serve()
    fencing.plug("d1")
    room.ask("d1", "status", "d2")
    fencing.serve()

    assert fencing.fenced() == []
    assert room.answer("d1", "off", "d2")["status"] == 1
    assert room.answer("d1", "status", "d2") == {"status": 0}


def test_a_director_without_its_cable_can_be_fenced(
    room: Room, fencing: Fencing
) -> None:
    fencing.unplug("d1")
    room.ask("d2", "off", "d1")
    fencing.serve()

    assert not room.node("d1").alive
    assert [(one.by, one.do, one.node) for one in fencing.fenced()] == [
        ("d2", "off", "d1")
    ]
