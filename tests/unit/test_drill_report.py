"""How a drill's outcome is told to people and programs."""

import json

from click.testing import CliRunner

from lvsha.cli.drill import drill
from lvsha.lab.drill.report import summary, text, to_json
from lvsha.lab.drill.scenario import SCENARIOS
from lvsha.lab.drill.verdict import Fact, Outcome, Row

FINE = Row("it hangs", (Fact("table a=0", "table a=0", good=True),), 6.98, 4, 190)
POOR = Row("it stops", (Fact("none lost", "3 lost", good=False),), None, 3, 20)
GATE = Outcome("gate", (FINE, POOR), ("-A -t 192.0.2.1:80 -s wlc",), 61.0)


def test_a_report_has_every_row_with_both_sides_and_the_table() -> None:
    lines = text([GATE]).splitlines()

    (hangs,) = (line for line in lines if "it hangs" in line)
    for words in ("table a=0", "6.98 s", "4 of 190"):
        assert words in hangs
    (stops,) = (line for line in lines if "it stops" in line)
    for words in ("none lost", "! 3 lost", "never", "3 of 20"):
        assert words in stops
    assert "  -A -t 192.0.2.1:80 -s wlc" in lines
    assert lines[0].rstrip() == "gate: NOT AS EXPECTED, 61 s"


def test_what_a_peer_said_is_not_taken_for_markup() -> None:
    said = Row("event", (Fact("[bold]", "[/nothing]", good=True),))

    assert "[/nothing]" in text([Outcome("gate", (said,))])


def test_the_summary_counts_rows_and_names_what_is_bad() -> None:
    assert summary([GATE]) == (
        "1 of 2 rows as expected in 1 scenario; 210 requests, 7 lost; "
        "not as expected: gate"
    )
    assert summary([Outcome("masq", (FINE,))]).endswith("190 requests, 4 lost")


def test_the_report_for_programs_says_the_same() -> None:
    said = json.dumps(to_json([GATE, Outcome("udp", (FINE,), broken="real1 is down")]))

    read = json.loads(said)
    gate, udp = read["scenarios"]
    assert read["ok"] is False
    assert gate["rows"][1] == {
        "event": "it stops",
        "ok": False,
        "seconds": None,
        "sent": 20,
        "lost": 3,
        "facts": [{"expected": "none lost", "seen": "3 lost", "ok": False}],
    }
    assert (udp["ok"], udp["broken"]) == (False, "real1 is down")


def test_the_list_names_every_scenario() -> None:
    said = CliRunner().invoke(drill, ["--list"])

    assert said.exit_code == 0
    alone, _, cluster = said.output.partition("drills of a cluster")
    assert [line.split()[0] for line in alone.splitlines()] == [*SCENARIOS, "kill9"]
    assert "\nplanned-switch " in cluster


def test_an_unknown_scenario_is_a_wrong_command_line() -> None:
    said = CliRunner().invoke(drill, ["gatte"])

    assert said.exit_code == 2
    assert "no scenario 'gatte'; there are: gate, masq" in said.output
