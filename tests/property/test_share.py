"""Laws of shares, rises and jitter."""

from hypothesis import given
from hypothesis import strategies as st

from lvsha.advice import Advice, advised
from lvsha.engine.schedule import scattered, varied
from lvsha.health import Health, Standing, combined, judged
from lvsha.share import HEAVIEST, STEPS, WHOLE, grown, multiplier, next_step, portion

SECONDS = st.floats(0.1, 1e6)
WEIGHTS = st.integers(0, HEAVIEST)
SHARES = st.integers(0, WHOLE)


@given(SECONDS, st.floats(0, 2))
def test_a_share_grows_from_a_step_to_the_whole(seconds: float, part: float) -> None:
    share = grown(part * seconds, seconds)

    assert WHOLE // STEPS <= share <= WHOLE
    assert grown(seconds, seconds) == WHOLE
    assert grown(0, seconds) == WHOLE // STEPS


@given(SECONDS)
def test_every_step_is_larger_than_the_one_before_and_they_end(seconds: float) -> None:
    elapsed, shares = 0.0, [grown(0.0, seconds)]
    while shares[-1] < WHOLE:
        elapsed = next_step(elapsed, seconds)
        shares.append(grown(elapsed, seconds))

    assert shares == [WHOLE // STEPS * step for step in range(1, STEPS + 1)]


@given(WEIGHTS, SHARES)
def test_a_portion_is_none_only_of_nothing(weight: int, share: int) -> None:
    part = portion(weight, share)

    assert (part > 0) is (weight > 0 and share > 0)
    assert part <= weight
    assert portion(weight, WHOLE) == weight


@given(st.lists(st.tuples(WEIGHTS, SHARES), min_size=1, max_size=6))
def test_multiplied_weights_are_ones_the_kernel_takes(
    parts: list[tuple[int, int]],
) -> None:
    factor = multiplier(parts, max(weight for weight, _ in parts))

    assert factor >= 1
    assert all(portion(weight, share, factor) <= HEAVIEST for weight, share in parts)


@given(st.lists(st.tuples(st.integers(1, 600), SHARES), min_size=1, max_size=6))
def test_shares_of_common_weights_are_exact(parts: list[tuple[int, int]]) -> None:
    factor = multiplier(parts, max(weight for weight, _ in parts))

    for weight, share in parts:
        assert portion(weight, share, factor) * WHOLE == weight * factor * share


@given(st.lists(st.tuples(WEIGHTS, st.sampled_from([0, WHOLE])), max_size=6))
def test_whole_shares_multiply_nothing(parts: list[tuple[int, int]]) -> None:
    assert multiplier(parts, HEAVIEST) == 1


@given(st.lists(st.booleans(), max_size=12), st.integers(1, 5), st.integers(1, 5))
def test_a_server_rises_after_its_passes_in_a_row_and_not_before(
    history: list[bool], limit: int, rise: int
) -> None:
    health, row = Health(Standing.DOWN), 0
    for passed in history:
        before = health
        health = judged(health, passed=passed, limit=limit, rise=rise)
        row = row + 1 if passed else 0
        if not before.up:
            assert health.up is (row >= rise)


STANDINGS = st.sampled_from(list(Standing))


@given(st.lists(STANDINGS, min_size=1, max_size=5))
def test_all_and_any_are_what_they_say(standings: list[Standing]) -> None:
    parts = [Health(standing) for standing in standings]

    every = combined(parts, Health(), all_pass=True)
    some = combined(parts, Health(), all_pass=False)

    assert every.up is all(part.up for part in parts)
    assert some.up is any(part.up for part in parts)
    assert (every.standing is Standing.DOWN) is (Standing.DOWN in standings)
    assert (some.standing is Standing.DOWN) is (set(standings) == {Standing.DOWN})


@given(st.floats(0.1, 1e5), st.integers(0, 50), st.integers(0, 10**6), st.integers(0))
def test_jitter_stays_within_its_percentage(
    interval: float, percent: int, ordinal: int, run: int
) -> None:
    found = varied(interval, percent, ordinal, run)

    assert abs(found - interval) <= interval * percent / 100 * (1 + 1e-9)


@given(st.integers(0, 10**6), st.floats(0, 1e5))
def test_the_first_check_is_within_the_spread(ordinal: int, seconds: float) -> None:
    assert 0 <= scattered(ordinal, seconds) <= seconds


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_an_agent_says_its_share_is_one(said: str, more: str) -> None:
    advice = advised(advised(Advice(), said), more)

    assert 0 <= advice.share <= WHOLE
    assert advised(advice, more) == advice
