"""The words of ``lvsha drill`` for clusters; no lab is started."""

from io import StringIO

import pytest
from click.testing import CliRunner
from rich.console import Console

from lvsha.cli.cluster_watching import ClusterWatching
from lvsha.cli.drill import drill
from lvsha.lab.cluster.faults import FAULTS


def test_every_failover_is_listed_with_what_it_does() -> None:
    said = CliRunner().invoke(drill, ["--list"])

    assert said.exit_code == 0
    for name, fault in FAULTS.items():
        assert f"{name:<16} {fault.summary}" in said.output
    assert "table-tampered   " in said.output
    assert "(active-active, warm)" in said.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["soak", "move"], "a soak is played without other drills"),
        (["nonsense", "--stack", "warm"], "no drill of a cluster 'nonsense'"),
        (["move", "gate"], "are played without other scenarios"),
        (["move", "--stack", "sideways"], "'sideways' is not one of"),
    ],
)
def test_a_wrong_word_is_an_error_of_the_command_line(
    words: list[str], message: str
) -> None:
    said = CliRunner().invoke(drill, words)

    assert said.exit_code == 2
    assert message in said.output


def test_without_a_terminal_news_are_lines_with_their_time() -> None:
    screen = StringIO()
    with ClusterWatching(Console(file=screen, width=40)) as watching:
        watching.tell("warm: power-cut [1]")

    assert screen.getvalue().endswith(" s  warm: power-cut [1]\n")


def test_a_terminal_shows_what_goes_on() -> None:
    screen = StringIO()
    console = Console(file=screen, width=80, force_terminal=True)
    with ClusterWatching(console) as watching:
        watching.progress = lambda: "move: 4 s after the fault"
        watching.tell("warm: move")

    assert "warm: move" in screen.getvalue()
    assert "move: 4 s after the fault" in screen.getvalue()
