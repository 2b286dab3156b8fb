"""What agents say, and how much of a weight a share is."""

import pytest

from lvsha.advice import Advice, Mode, advised


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("", Advice()),
        ("up", Advice()),
        ("UP\n", Advice()),
        ("75%", Advice(percent=75)),
        ("0%", Advice(percent=0)),
        ("250%", Advice(percent=100)),
        ("drain", Advice(Mode.DRAIN)),
        ("maint", Advice(Mode.MAINT)),
        ("down", Advice(works=False)),
        ("failed#disk", Advice(works=False)),
        ("stopped", Advice(works=False)),
        ("fail", Advice(works=False)),
        ("up 50% drain", Advice(Mode.DRAIN, percent=50)),
        ("up,ready,30%", Advice(percent=30)),
        ("drain ready", Advice()),
        ("down # up again soon", Advice(works=False)),
        ("maxconn:30 1000% 7 percent", Advice()),
        ("upset", Advice()),
    ],
)
def test_each_word_is_about_one_thing(said: str, advice: Advice) -> None:
    assert advised(Advice(), said) == advice


@pytest.mark.parametrize("said", ["up", "50%", "gibberish", ""])
def test_a_word_about_something_else_ends_no_drain(said: str) -> None:
    assert advised(Advice(Mode.DRAIN), said).mode is Mode.DRAIN


def test_ready_ends_maintenance_but_not_a_failure() -> None:
    before = advised(Advice(), "down maint 40%")

    after = advised(before, "ready")

    assert after == Advice(Mode.READY, works=False, percent=40)
    assert after.vetoed
    assert not advised(after, "up").vetoed


def test_a_drained_server_has_no_share_and_no_veto() -> None:
    advice = Advice(Mode.DRAIN, percent=60)

    assert advice.share == 0
    assert not advice.vetoed
