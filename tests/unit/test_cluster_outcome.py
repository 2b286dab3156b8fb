from lvsha.lab.cluster.outcome import (
    Crowd,
    Holding,
    Outcome,
    Pulse,
    answered,
    doubled,
    holdings,
    outage,
    pulses,
    suffering,
)
from lvsha.lab.cluster.report import summary, text, to_json
from lvsha.lab.drill.traffic import Request


def answer(at: float, took: float = 0.01) -> Request:
    return Request(at=at, took=took, said="server real1")


def lost(at: float) -> Request:
    return Request(at=at, took=3.0, error="timeout")


def test_the_outage_is_the_longest_time_in_which_no_answer_came() -> None:
    asked = [answer(9.0), answer(9.9, 0.1), lost(10.1), answer(12.5, 0.5), answer(13.2)]

    assert outage(asked, fault=10.05) == 3.0


def test_a_question_that_is_sent_again_is_answered_late_not_lost() -> None:
    held_up = [answer(9.99), answer(10.0, 1.0), answer(10.3)]

    found = outage(held_up, fault=10.1)

    assert found is not None
    assert round(found, 2) == 0.69


def test_what_was_slow_before_the_fault_is_not_its_outage() -> None:
    assert outage([answer(1.0), answer(8.0), answer(8.1)], fault=8.05) < 0.2  # type: ignore[operator]


def test_without_an_answer_after_the_fault_there_is_no_end_of_the_outage() -> None:
    assert outage([answer(1.0), lost(2.5)], fault=2.0) is None


def test_an_outage_that_has_not_ended_counts_to_the_end() -> None:
    assert outage([answer(1.0), answer(2.0), lost(2.5)], fault=1.5, until=9.01) == 7.0


def test_a_question_before_the_fault_may_fail_because_of_it() -> None:
    asked = [answer(9.9), lost(9.95), lost(5.0), answer(10.5)]

    assert suffering(asked, fault=10.0) == [lost(9.95), answer(10.5)]


def test_the_first_answer_belongs_to_a_question_after_the_change() -> None:
    found = answered([answer(10.0, 2.5), answer(12.0)], fault=10.0, since=11.0)

    assert found is not None
    assert round(found, 2) == 2.01


def test_the_beat_of_requests_shows_answers_when_they_came() -> None:
    asked = [answer(9.9), answer(10.1, 1.0), lost(10.2), answer(15.0)]

    assert pulses(asked, began=10.0, window=(-1.0, 4.0), width=0.5) == (
        Pulse(-0.5, 1, 0),
        Pulse(0.0, 0, 1),
        Pulse(1.0, 1, 0),
    )


def test_two_directors_never_hold_one_address_when_power_goes_first() -> None:
    changes = {"d1": [(1.0, True)], "d2": [(1.0, False), (6.0, True)]}

    held = holdings(changes, {"d1": [5.0]}, now=9.0)

    assert held == [Holding("d1", 1.0, 5.0), Holding("d2", 6.0, 9.0)]
    assert doubled(held) == 0.0


def test_an_address_with_two_owners_is_counted_in_seconds() -> None:
    changes = {"d1": [(1.0, True), (7.0, False)], "d2": [(6.0, True)]}

    held = holdings(changes, {}, now=9.0)

    assert doubled(held) == 1.0
    assert not Outcome("move", "warm", doubled=doubled(held)).good


def test_a_director_that_boots_again_and_holds_nothing_is_no_owner() -> None:
    changes = {"d1": [(1.0, True), (8.0, False)], "d2": [(6.0, True)]}

    held = holdings(changes, {"d1": [5.0]}, now=9.0)

    assert held == [Holding("d1", 1.0, 5.0), Holding("d2", 6.0, 9.0)]


def played(stack: str, seconds: float) -> Outcome:
    crowd = Crowd((0, 20), (19, 20), {"Connection reset by peer": 21})
    return Outcome("power-cut", stack, "d1", "d2", 90, 30, seconds, crowd=crowd)


def test_the_report_shows_stacks_side_by_side_with_their_ratio() -> None:
    page = text([played("classic", 8.0), played("warm", 2.0)])

    assert "warm / classic" in page
    assert "0.25" in page
    assert "30 of 90" in page
    assert "19 of 20" in page
    assert "21 Connection reset by peer" in page


def test_programs_are_told_whether_all_is_well() -> None:
    bad = Outcome("move", "warm", problems=("nobody took the address",))

    assert to_json([played("warm", 1.0)])["ok"] is True  # type: ignore[index, call-overload]
    assert to_json([bad])["ok"] is False  # type: ignore[index, call-overload]
    assert "! warm: nobody took the address" in text([bad])
    assert summary([bad]).endswith("not well: move on warm")
