"""Two directors with Pacemaker: what an engine sees or does decides, not its node."""

from pathlib import Path

from lvsha.lab import image
from lvsha.lab.cluster.faults import FAULTS
from lvsha.lab.cluster.play import Play
from lvsha.lab.cluster.stacks import STACKS

PATIENT = 5000
"""Milliseconds of corosync's token: a busy machine is no reason to fence anybody."""


def test_the_service_goes_to_who_sees_the_real_servers_and_an_engine_to_its_guardian(
    tmp_path: Path,
) -> None:
    with Play(STACKS["warm"], tmp_path, image.find(), token=PATIENT) as play:
        frozen = play.fault(FAULTS["engine-frozen"])
        blind = play.fault(FAULTS["lost-path"])

    for one in (frozen, blind):
        assert one.problems == ()
        assert one.doubled == 0.0
        assert one.fenced is None
    assert not frozen.announcements
    (short,) = [load for load in frozen.loads if load.name == "short"]
    assert short.failed == 0
    assert {blind.before, blind.after} == {"d1", "d2"}
    assert blind.answered is not None
