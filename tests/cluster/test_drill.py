"""The drill by direct routing: the guide's example on real kernels, under traffic."""

from pathlib import Path

from lvsha.lab import image
from lvsha.lab.drill.run import Options, drill

EVENTS = [
    "the engine starts",
    "one real server stops",
    "it starts",
    "one says the wrong text",
    "it says the right text",
    "one hangs",
    "it goes on",
    "both real servers stop",
    "both start",
    "the file is edited wrongly",
    "the file is edited rightly",
    "kill -9 of the engine, and start",
]


def test_a_director_does_what_the_guide_promises(tmp_path: Path) -> None:
    (gate,) = drill(["gate"], Options(tmp_path, image.find()))

    bad = [
        f"{row.event}: expected {fact.expected}, seen {fact.seen}"
        for row in gate.rows
        for fact in row.facts
        if not fact.good
    ]
    assert (gate.broken, bad) == ("", [])
    assert [row.event for row in gate.rows] == EVENTS
    assert all(row.sent for row in gate.rows[1:])
    assert gate.good
