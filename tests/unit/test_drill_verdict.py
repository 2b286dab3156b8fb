"""How a drill judges what clients got and what the table was."""

import json

from lvsha.lab.drill.happenings import Pair, busiest
from lvsha.lab.drill.lives import Life, lives_fact, seconds_to_right, untouched_fact
from lvsha.lab.drill.machines import DOWNLOAD
from lvsha.lab.drill.pinned import conversation_fact, download_fact
from lvsha.lab.drill.traffic import Request, complete, request, tally
from lvsha.lab.drill.verdict import (
    Answering,
    Fact,
    Listing,
    Outcome,
    Row,
    Window,
    clients_facts,
    suffering,
)

GOOD, BAD = frozenset({"right"}), frozenset({"wrong"})


def answered(at: float, by: str = "real1") -> Request:
    return Request(at, 0.01, said=f"server {by}")


def refused(at: float, took: float = 0.01) -> Request:
    return Request(at, took, error="Connection refused")


def goods(*facts: Fact) -> list[bool]:
    return [fact.good for fact in facts]


# -- requests ------------------------------------------------------------


def test_a_line_of_the_client_becomes_a_request_by_our_clock() -> None:
    words = {"number": 7, "at": 10.0, "took": 0.5, "said": "server real2", "error": ""}

    assert request(json.dumps(words), late=0.25) == Request(
        10.25, 0.5, said="server real2", number=7
    )
    assert request(json.dumps({"begun": 1.0, "server": "real1"})) is None


def test_only_a_servers_own_word_is_an_answer() -> None:
    assert answered(0).server == "real1"
    assert not answered(0).lost
    assert Request(0, 0.1, said="under construction").lost
    assert Request(0, 0.1, said="").lost
    assert Request(0, 3.0, error="timeout").outcome == "timeout"


def test_a_tally_counts_answers_and_reasons() -> None:
    counted = tally([answered(0), answered(1, "real2"), answered(2), refused(3)])

    assert (counted.sent, counted.lost) == (4, 1)
    assert str(counted) == "real1 2, real2 1, Connection refused 1"
    assert str(tally([])) == "nothing"


def test_requests_are_complete_when_none_is_open() -> None:
    def one(number: int) -> Request:
        return Request(float(number), 0.1, said="server real1", number=number)

    assert complete([one(0), one(1), one(2)], until=1.5)
    assert not complete([one(0), one(2)], until=1.5)
    assert not complete([one(0), one(1)], until=1.5)


# -- clients -------------------------------------------------------------

REAL2 = Answering(frozenset({"real2"}), losses=None)


def test_losses_before_the_reaction_are_forgiven_where_a_server_died() -> None:
    requests = [refused(10.5), answered(12, "real2"), answered(13, "real2")]

    assert goods(*clients_facts(requests, Window(10, 11, 14), REAL2)) == [True, True]


def test_a_loss_after_the_reaction_is_never_forgiven() -> None:
    requests = [answered(12, "real2"), refused(13)]

    assert goods(*clients_facts(requests, Window(10, 11, 14), REAL2)) == [True, False]


def test_an_answer_of_the_wrong_server_is_bad() -> None:
    requests = [answered(12, "real2"), answered(13, "real1")]

    assert goods(*clients_facts(requests, Window(10, 11, 14), REAL2)) == [False, True]


def test_no_answer_at_all_is_bad() -> None:
    anybody = Answering(frozenset(), frozenset({"real1"}))

    assert goods(*clients_facts([], Window(10, 11, 14), anybody)) == [False, True]


def test_where_nothing_may_be_lost_one_loss_is_bad() -> None:
    anybody = Answering(frozenset(), frozenset({"real1"}))
    requests = [refused(10.5), answered(12)]

    assert goods(*clients_facts(requests, Window(10, 11, 14), anybody)) == [True, False]


def test_a_request_in_flight_suffers_with_the_happening() -> None:
    window = Window(10, 11, 14)

    assert suffering([refused(9.9, took=3.0)], window) == [refused(9.9, took=3.0)]
    assert suffering([refused(9.9, took=0.01)], window) == []
    assert suffering([answered(9.99)], window) == []


# -- connections that are kept -------------------------------------------


def ended(server: str, at: float, size: int = DOWNLOAD) -> dict[str, object]:
    return {"ended": at, "server": server, "size": size}


def test_a_download_must_be_whole_and_outlast_the_reaction() -> None:
    whole = [ended("real1", 12.0), ended("real2", 12.0)]

    assert download_fact(whole, server="real1", reacted=11.0).good
    assert not download_fact(whole, server="real1", reacted=13.0).good
    assert not download_fact(
        [ended("real1", 12.0, 10), *whole[1:]], server="real1", reacted=11.0
    ).good
    assert not download_fact([], server="real1", reacted=11.0).good


def test_a_conversation_must_stay_with_its_server() -> None:
    before, after = answered(10), answered(12)

    assert conversation_fact([before, after], "real1", 11).good
    assert not conversation_fact([before], "real1", 11).good
    assert not conversation_fact([before, answered(12, "real2")], "real1", 11).good
    assert not conversation_fact([before, after, refused(13)], "real1", 11).good


def test_what_happens_happens_to_whoever_is_busy() -> None:
    idle = [answered(at, "real1") for at in range(20)]
    lately = [answered(at, "real2") for at in range(20, 35)]

    assert busiest([*idle, *lately]) == Pair("real2", "real1")
    assert busiest([]) == Pair("real1", "real2")


# -- lives ---------------------------------------------------------------


def test_a_table_that_was_right_already_takes_no_time() -> None:
    assert seconds_to_right([Listing(5, GOOD)], Life(10, 14, 15, GOOD)) == 0


def test_time_counts_from_the_start_until_the_table_is_right_for_good() -> None:
    tables = [Listing(5, BAD), Listing(11, GOOD), Listing(12, BAD), Listing(12.5, GOOD)]

    assert seconds_to_right(tables, Life(10, 14, 15, GOOD)) == 2.5
    assert seconds_to_right(tables[:3], Life(10, 14, 15, GOOD)) is None


def test_two_seconds_are_soon_enough_and_more_are_not() -> None:
    tables = [Listing(5, BAD), Listing(12, GOOD)]

    assert lives_fact(tables, [Life(10, 14, 15, GOOD)])[0].good
    assert lives_fact(tables, [Life(10, 14, 15, GOOD)])[1] == 2.0
    assert not lives_fact(tables, [Life(9.9, 14, 15, GOOD)])[0].good
    assert not lives_fact(tables[:1], [Life(9.9, 14, 15, GOOD)])[0].good


def test_who_is_killed_before_has_not_failed() -> None:
    fact, _ = lives_fact([Listing(5, BAD)], [Life(10, 11, 12, GOOD)])

    assert fact.good
    assert "1 killed before" in fact.seen


def test_a_table_that_changes_while_no_engine_runs_is_bad() -> None:
    life = Life(10, 14, 15, GOOD)

    assert untouched_fact([Listing(13, GOOD)], [life], str).good
    assert not untouched_fact([Listing(14.5, BAD)], [life], str).good


# -- outcomes ------------------------------------------------------------


def test_an_outcome_is_good_only_if_played_to_its_end_and_every_row_is() -> None:
    fine = Row("one", (Fact("a", "a", good=True),))
    poor = Row("two", (Fact("a", "a", good=True), Fact("a", "b", good=False)))

    assert Outcome("gate", (fine,)).good
    assert not Outcome("gate", (fine, poor)).good
    assert not Outcome("gate", (fine,), broken="the engine has died").good
    assert not Outcome("gate", ()).good
