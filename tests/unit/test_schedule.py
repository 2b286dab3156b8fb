from hypothesis import given
from hypothesis import strategies as st

from lvsha.engine.schedule import Timeline, following, spread

seconds = st.floats(0, 1e6)
intervals = st.floats(0.01, 1e4)


@given(seconds, st.floats(0, 1e4), intervals)
def test_the_next_check_is_later_than_the_last_ended_and_on_the_beat(
    started: float, lasted: float, interval: float
) -> None:
    due = following(started, started + lasted, interval)

    assert due > started + lasted - interval * 1e-3
    assert due - (started + lasted) <= interval * 1.001
    beats = (due - started) / interval
    assert abs(beats - round(beats)) < 1e-3


def test_a_quick_check_keeps_its_period_from_start_to_start() -> None:
    assert following(100.0, 100.2, 5.0) == 105.0


def test_a_check_that_outlasts_its_interval_skips_what_it_missed() -> None:
    assert following(100.0, 112.0, 5.0) == 115.0


@given(st.integers(0, 100_000), intervals)
def test_second_checks_come_between_half_an_interval_and_one(
    ordinal: int, interval: float
) -> None:
    assert interval / 2 <= spread(ordinal, interval) <= interval


def test_a_thousand_second_checks_do_not_march_in_step() -> None:
    tenths = [int(spread(n, 1.0) * 20) for n in range(1000)]

    assert max(tenths.count(t) for t in set(tenths)) < 110


def test_the_latest_time_set_for_a_name_counts() -> None:
    timeline: Timeline[str] = Timeline()
    timeline.set("a", 5.0)
    timeline.set("a", 9.0)

    assert timeline.take(6.0) == []
    assert timeline.next() == 9.0
    assert timeline.take(9.0) == ["a"]
    assert timeline.next() is None


def test_a_forgotten_name_never_comes_up() -> None:
    timeline: Timeline[str] = Timeline()
    timeline.set("a", 1.0)
    timeline.set("b", 2.0)
    timeline.forget("a")

    assert timeline.take(10.0) == ["b"]
    assert len(timeline) == 0


@given(st.dictionaries(st.integers(0, 50), seconds), seconds)
def test_what_is_taken_is_what_was_due_in_order(
    due: dict[int, float], now: float
) -> None:
    timeline: Timeline[int] = Timeline()
    for name, when in due.items():
        timeline.set(name, when)

    taken = timeline.take(now)

    assert set(taken) == {name for name, when in due.items() if when <= now}
    assert [due[name] for name in taken] == sorted(due[name] for name in taken)
