"""The stack we compare with still works in the lab: keepalived hands the VIP over."""

from pathlib import Path

from lvsha.lab import image
from lvsha.lab.cluster.faults import FAULTS
from lvsha.lab.cluster.play import Play
from lvsha.lab.cluster.stacks import STACKS


def test_keepalived_hands_the_address_over_when_it_is_stopped(tmp_path: Path) -> None:
    with Play(STACKS["keepalived"], tmp_path, image.find()) as play:
        switch = play.fault(FAULTS["planned-switch"])

    assert switch.problems == ()
    assert {switch.before, switch.after} == {"d1", "d2"}
    assert switch.announcements
    assert switch.fenced is None
    assert switch.answered is not None
    assert switch.pulses
