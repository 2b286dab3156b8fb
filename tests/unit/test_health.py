"""Every history of verdicts up to seven long is tried."""

from itertools import product

import pytest

from lvsha.health import UNCHECKED, Health, Standing, judged, maintained

HISTORIES = [h for n in range(8) for h in product([True, False], repeat=n)]


def after(history: tuple[bool, ...], limit: int, start: Health = UNCHECKED) -> Health:
    health = start
    for passed in history:
        health = judged(health, passed=passed, limit=limit)
    return health


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_one_pass_brings_a_server_up_and_forgets_its_failures(limit: int) -> None:
    for history in HISTORIES:
        assert after((*history, True), limit) == Health(Standing.UP)


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_an_up_server_goes_down_at_the_limit_and_not_before(limit: int) -> None:
    up = Health(Standing.UP)

    for failures in range(1, 7):
        health = after((False,) * failures, limit, up)
        assert health.up is (failures < limit)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_server_nobody_vouched_for_is_down_at_the_first_failure(limit: int) -> None:
    assert after((False,), limit).standing is Standing.DOWN


def test_maintenance_takes_a_server_out_at_once_and_counts_nothing() -> None:
    out = maintained(Health(Standing.UP, failures=1))

    assert not out.up
    assert out.failures == 1
    assert out.maintenance
