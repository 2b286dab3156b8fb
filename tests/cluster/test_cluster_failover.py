"""Two directors with Pacemaker under traffic: a few of the faults there are."""

from pathlib import Path

from lvsha.lab import image
from lvsha.lab.cluster.faults import FAULTS
from lvsha.lab.cluster.outcome import Outcome
from lvsha.lab.cluster.play import Play
from lvsha.lab.cluster.stacks import STACKS

KINDS = {"short", "talking", "idle", "download", "udp", "persistent"}
PATIENT = 3000
"""Milliseconds of corosync's token: a busy machine is no reason to fence anybody."""


def test_connections_survive_a_switch_and_a_power_cut(tmp_path: Path) -> None:
    with Play(STACKS["warm"], tmp_path, image.find(), token=PATIENT) as play:
        switch = play.fault(FAULTS["planned-switch"])
        cut = play.fault(FAULTS["power-cut"])
        tampered = play.fault(FAULTS["table-tampered"])
        split = play.fault(FAULTS["split-brain"])

    for one in (switch, cut, tampered, split):
        assert one.problems == ()
        assert one.doubled == 0.0
        assert {load.name for load in one.loads} == KINDS
    for one in (switch, cut):
        assert {one.before, one.after} == {"d1", "d2"}
        assert one.announcements
        assert one.sent > one.failed
        assert one.crowd is not None
        assert (one.crowd.talking, one.crowd.idle) == ((20, 20), (20, 20))
    assert switch.fenced is None
    # a director that comes back finds its real servers, and says so
    assert any(one.alerts for one in (cut, split))
    assert order(cut) == sorted(order(cut))
    assert "the table is right again" in [one.words for one in tampered.moments]
    assert [one.kind for one in split.moments].count("fenced") == 1


def order(cut: Outcome) -> list[float]:
    """Return the times that must follow each other: fenced, taken, answered."""
    assert cut.fenced is not None
    assert cut.taken is not None
    assert cut.answered is not None
    return [cut.fenced, cut.taken, cut.answered]
