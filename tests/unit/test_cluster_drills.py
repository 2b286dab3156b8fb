"""The faults of the cluster's lab as data, and what is counted of them."""

import json

import pytest

from lvsha.lab.cluster.acts import ACTS
from lvsha.lab.cluster.faults import EVERY, FAULTS, OURS, PACEMAKER, played_on
from lvsha.lab.cluster.inventory import inventory, leaked, missing
from lvsha.lab.cluster.loads import Told, asked, downloads, persistent
from lvsha.lab.cluster.outcome import Crowd, Holding, Moment, Outcome, brief, silences
from lvsha.lab.cluster.report import to_json
from lvsha.lab.cluster.soak import Round, Soak, schedule, told
from lvsha.lab.cluster.stacks import STACKS
from lvsha.lab.cluster.timeline import Facts, timeline
from lvsha.lab.drill.traffic import Request


def test_every_act_is_known_and_belongs_to_a_fault() -> None:
    assert {fault.act for fault in FAULTS.values()} == set(ACTS)


def test_faults_name_stacks_that_there_are() -> None:
    assert set(STACKS) == EVERY
    assert set(STACKS) >= PACEMAKER >= OURS


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_loses_its_power(stack: str) -> None:
    assert FAULTS["power-cut"] in played_on(stack)


def test_without_a_cluster_nobody_can_kill_corosync() -> None:
    assert FAULTS["corosync-killed"] not in played_on("keepalived")


# -- the soak ------------------------------------------------------------


def test_the_same_seed_has_the_same_faults() -> None:
    assert schedule("warm", 50, 7) == schedule("warm", 50, 7)
    assert schedule("warm", 50, 7) != schedule("warm", 50, 8)


def test_no_fault_comes_again_before_all_have_been() -> None:
    faults = [fault for fault in played_on("warm") if fault.soaks]

    first = schedule("warm", len(faults), 3)

    assert {one.name for one in first} == {one.name for one in faults}
    assert len(schedule("warm", 50, 3)) == 50


def soaked(*rounds: Round) -> Soak:
    return Soak("warm", 7, len(rounds), list(rounds), {"active": (1, 20)}, 60.0)


def test_a_soak_is_good_when_nothing_was_left_behind() -> None:
    outcome = Outcome("move", "warm", "d1", "d2", 90, 0, 0.4, whole=5.0)
    clean, dirty = Round(1, outcome), Round(2, outcome, ("active: file /run/x",))

    assert soaked(clean).good
    assert not soaked(clean, dirty).good
    assert "left: active: file /run/x" in told(soaked(clean, dirty))
    assert "service back by itself after 2" in told(soaked(clean, dirty))
    assert json.loads(json.dumps(soaked(clean).to_json()))["ok"] is True


def test_a_soak_that_was_broken_off_is_not_good() -> None:
    broken = Soak(
        "warm", 7, 2, [Round(1, Outcome("move", "warm"))], broken="d1 is down"
    )

    assert not broken.good
    assert "broken off: d1 is down" in told(broken)


# -- what is left behind ---------------------------------------------------


def said(**more: object) -> bytes:
    words: dict[str, object] = {
        "addresses": ["192.168.0.100/24 eth0"],
        "rows": ["-A -t 192.168.0.200:80 -s wlc"],
        "daemons": [],
        "processes": {"python3 /usr/bin/lvsha run --pid 812": 1},
        "files": ["/run/lvsha/a/lock.812"],
        "descriptors": 12,
        "memory": 20000,
    }
    return json.dumps(words | more).encode()


def test_a_director_is_compared_with_itself_whatever_its_process_ids_are() -> None:
    first = inventory(said())
    again = inventory(
        said(
            processes={"python3 /usr/bin/lvsha run --pid 1944": 1},
            files=["/run/lvsha/a/lock.1944"],
        )
    )

    assert leaked(first, again) == []
    assert missing(first, again) == []


def test_what_is_too_much_is_named() -> None:
    more = inventory(
        said(
            addresses=["192.168.0.100/24 eth0", "192.168.0.200/24 eth0"],
            processes={"python3 /usr/bin/lvsha run --pid 812": 3},
            descriptors=40,
        )
    )

    assert leaked(inventory(said()), more) == [
        "address 192.168.0.200/24 eth0",
        "process python3 /usr/bin/lvsha run --pid N (2 more)",
        "28 more descriptors",
    ]


def test_a_row_that_is_not_there_any_more_is_missed() -> None:
    gone = missing(inventory(said()), inventory(said(rows=[], files=[])))

    assert gone == ["row -A -t 192.168.0.200:80 -s wlc"]


# -- clients ---------------------------------------------------------------


def answer(at: float, server: str = "real1", took: float = 0.01) -> Request:
    return Request(at=at, took=took, said=f"server {server}")


def lost(at: float) -> Request:
    return Request(at=at, took=3.0, error="timeout")


def test_a_load_counts_what_followed_the_fault_and_says_why() -> None:
    load = asked("udp", [answer(9.0), lost(10.2), lost(10.4), answer(12.0)], 10.0, 13.0)

    assert (load.sent, load.failed, load.why) == (3, 2, {"timeout": 2})
    assert load.gap == pytest.approx(3.0)
    assert [round(first, 2) for first, _ in load.silences] == [-0.99, 2.01]


def test_a_persistent_service_is_kept_by_who_answered_before() -> None:
    asked_ = [answer(9.0), answer(10.5), answer(11.0, "real2"), answer(11.5)]

    load = persistent(asked_, 10.0, 12.0)

    assert (load.kept, load.of) == (2, 3)


def test_downloads_wait_from_piece_to_piece() -> None:
    told_ = Told()
    for number, at in ((1, 9.0), (1, 10.5), (2, 9.5), (1, 11.0), (2, 14.0)):
        line = json.dumps({"load": "download", "at": at, "got": 9, "number": number})
        told_.hear(line, late=1.0)
    told_.hear(json.dumps({"load": "download", "kept": [1, 2], "why": {"closed": 1}}))

    load = downloads(told_, 11.0, 16.0)

    assert (load.kept, load.of, load.why) == (1, 2, {"closed": 1})
    assert load.gap == pytest.approx(4.0)


def test_silences_are_the_times_without_an_answer() -> None:
    assert silences([1.0, 1.2, 3.0, 9.0], 0.9, 3.2) == ((1.2, 3.0),)


# -- the timeline ------------------------------------------------------------


def test_the_timeline_is_in_the_order_of_time_from_the_fault_on() -> None:
    facts = Facts(
        "power is lost",
        "d1",
        news=((104.6, "d2"), (105.0, "d2")),
        fenced=((104.0, "d1", "d2"),),
        more=(Moment(50.0, "up", "d1"), Moment(100.0, "down", "d1")),
        answered=104.7,
        whole=120.0,
    )
    held = [Holding("d1", 10.0, 100.0), Holding("d2", 104.5, 120.0)]

    found = [(one.at, one.kind, one.director) for one in timeline(facts, held, 100.0)]

    assert found == [
        (0.0, "fault", "d1"),
        (0.0, "down", "d1"),
        (0.0, "gone", "d1"),
        (4.0, "fenced", "d1"),
        (4.5, "taken", "d2"),
        (pytest.approx(4.6), "announced", "d2"),
        (pytest.approx(4.7), "answered", ""),
        (20.0, "whole", ""),
    ]


def test_an_outcome_with_everything_is_json() -> None:
    load = asked("short", [answer(9.0), lost(10.2)], 10.0, 13.0)
    one = Outcome("move", "warm", loads=(load,), moments=(Moment(0.0, "fault"),))

    assert json.loads(json.dumps(to_json([one])))


def test_an_outcome_is_told_in_a_line() -> None:
    crowd = Crowd((20, 20), (19, 20))
    one = Outcome(
        "move", "warm", "d1", "d2", 90, 2, 0.4, whole=5.0, crowd=crowd, problems=("so",)
    )

    assert brief(one) == (
        "move             d1 to d2, 2 of 90 failed, outage 0.40 s, "
        "39 connections survived, whole after 5.0 s; ! so"
    )
