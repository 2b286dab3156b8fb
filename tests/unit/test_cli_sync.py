"""Which of two directors ``lvsha sync status`` takes for the standby."""

import pytest

from lvsha.cli.sync import is_standby
from lvsha.ipvs.connections import Origin, Share
from lvsha.ipvs.counters import Role

BOTH = {Role.MASTER, Role.BACKUP}


def shares(local: int, synced: int) -> dict[Origin, Share]:
    return {Origin.LOCAL: Share(local), Origin.SYNC: Share(synced)}


@pytest.mark.parametrize("served", [True, False, None])
@pytest.mark.parametrize(("local", "synced"), [(0, 9), (9, 0)])
def test_one_daemon_alone_tells_who_is_the_standby(
    *, served: bool | None, local: int, synced: int
) -> None:
    there = shares(local, synced)

    assert is_standby({Role.BACKUP}, there, served=served)
    assert not is_standby({Role.MASTER}, there, served=served)
    assert not is_standby(set(), there, served=served)


@pytest.mark.parametrize(("local", "synced"), [(0, 9), (9, 0), (0, 0)])
def test_with_both_daemons_the_active_one_is_where_the_vips_are(
    local: int, synced: int
) -> None:
    there = shares(local, synced)

    assert not is_standby(BOTH, there, served=True)
    assert is_standby(BOTH, there, served=False)


def test_where_marks_hide_the_vips_the_origin_of_connections_tells() -> None:
    assert is_standby(BOTH, shares(1, 9), served=None)
    assert not is_standby(BOTH, shares(9, 1), served=None)
    assert not is_standby(BOTH, shares(0, 0), served=None)
