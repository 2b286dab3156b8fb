"""What is kept of the last checks, and when a certificate is told of."""

from dataclasses import replace

from lvsha.engine.expiry import DAY, Expiry
from lvsha.engine.past import FAILED, PASSED, Past, told
from lvsha.engine.rounds import Place
from lvsha.health import Seat
from lvsha.model import HEARD, SAID, DaemonState, Transcript, Verdict
from lvsha.notify.text import Speaker, lines
from tests.checks_peers import BASE
from tests.directing import OTHER, VIP, A, B, at, real, virtual

SEAT: Seat = (VIP, at(A))


def verdict(detail: str, *, passed: bool = False) -> Verdict:
    transcript = Transcript(BASE, 1.0)
    transcript.note(SAID, 1.25, b"PING\r\n")
    transcript.note(HEARD, 1.5, b"PONG\r\n")
    return Verdict(passed, detail, 0.5, "", transcript)


def test_the_last_of_each_kind_are_kept_and_the_latest_comes_first() -> None:
    past = Past()
    for number in range(10):
        past.remember(SEAT, verdict(f"bad {number}"), number)
        past.remember(SEAT, verdict(f"good {number}", passed=True), number + 0.5)

    kept = [each.detail for each, _ in past.of(SEAT)]
    assert kept == ["good 9", "bad 9", "good 8", "bad 8", "bad 7"]
    assert len(kept) == PASSED + FAILED


def test_a_failure_of_long_ago_is_kept_whatever_passes_since() -> None:
    past = Past()
    past.remember(SEAT, verdict("bad"), 0.0)
    for number in range(100):
        past.remember(SEAT, verdict("", passed=True), number)

    assert [each.detail for each, _ in past.of(SEAT)] == ["", "", "bad"]


def test_those_that_are_gone_are_forgotten() -> None:
    past, other = Past(), (VIP, at(B))
    past.remember(SEAT, verdict("bad"), 0.0)
    past.remember(other, verdict("", passed=True), 0.0)
    past.forget_all_but({other})

    assert past.of(SEAT) == ()
    assert len(past.of(other)) == 1


def test_what_is_told_has_the_dialogue_and_its_age() -> None:
    (one,) = told(((verdict("bad"), 10.0),), 12.5)

    assert one["age"] == 2.5
    assert one["detail"] == "bad"
    assert one["dialogue"] == [
        {"after": 0.25, "said": "PING\r\n"},
        {"after": 0.5, "heard": "PONG\r\n"},
    ]


def place(days: int = 14, address: str = A) -> Place:
    service = virtual(real(A), real(B), tls_warn_days=days)
    return Place((VIP, at(address)), service, real(address))


def test_a_certificate_that_ends_soon_is_told_of_once_a_day() -> None:
    expiry, ends = Expiry(), 100 * DAY
    heard = [
        hour
        for hour in range(24 * 90, 24 * 101)
        if expiry.heard(place(), ends, hour * 3600.0)
    ]

    assert heard == list(range(24 * 90, 24 * 101, 24))


def test_servers_with_one_certificate_are_told_of_together() -> None:
    expiry = Expiry()
    other = replace(place(), virtual=virtual(real(A), key=OTHER))

    assert expiry.heard(place(), DAY, 0.0)
    assert not expiry.heard(place(address=B), DAY, 1.0)
    assert expiry.heard(place(address=B), 2 * DAY, 1.0)
    assert expiry.heard(other, DAY, 1.0)


def test_a_certificate_with_time_left_is_not_told_of() -> None:
    assert not Expiry().heard(place(), 14 * DAY, 0.0)
    assert Expiry().heard(place(), 14 * DAY - 1, 0.0)
    assert not Expiry().heard(place(days=0), DAY, 0.0)
    # Only where certificates are not verified does one that has ended pass.
    assert Expiry().heard(place(), -DAY, 0.0)


def test_the_log_says_whose_certificate_ends_when() -> None:
    soon = Expiry().heard(place(), 3.5 * DAY, 0.0)
    over = Expiry().heard(place(), -1.0, 0.0)
    assert soon is not None
    assert over is not None

    said = [
        line
        for event in (soon, over)
        for line in lines(event, DaemonState.RUNNING, Speaker(1))
    ]
    who = "certificate of real server 10.0.0.1:80 (tcp:192.0.2.10:80)"
    assert said == [
        f"{who} ends in 3 days, at 1970-01-04T12:00:00Z",
        f"{who} has ended at 1969-12-31T23:59:59Z",
    ]
