import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lvsha.cli.main import cli
from lvsha.cli.plan import told_health
from lvsha.config.load import load
from lvsha.health import Standing

FILE = """\
quiescent = yes
virtual = 127.0.1.1:80
\treal = 127.0.0.2:80 masq 2
\treal = 127.0.0.3:80 masq
\tfallback = 127.0.0.9:80 masq
\tservice = http
\tscheduler = wlc
"""


THERE = """\
-A -t 127.0.1.1:80 -s wlc
-a -t 127.0.1.1:80 -r 127.0.0.2:80 -m -w 2
-a -t 127.0.1.1:80 -r 127.0.0.3:80 -m -w 1
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "site.cf"
    path.write_text(FILE)
    path.chmod(0o600)
    return path


def planned(file: Path, rules: str, *options: str) -> Result:
    words = ["plan", str(file), "--against", "-", *options]
    return CliRunner().invoke(cli, words, input=rules)


def test_nothing_to_change_is_0(file: Path) -> None:
    result = planned(file, THERE)

    assert result.output == "nothing to change\n"
    assert result.exit_code == 0


def test_an_empty_table_gets_the_service_and_waits_for_checks(file: Path) -> None:
    result = planned(file, "")

    assert result.output.splitlines() == [
        "+ virtual server tcp:127.0.1.1:80 scheduler wlc",
        "? real server 127.0.0.2:80 (tcp:127.0.1.1:80) is added when its check passes",
        "? real server 127.0.0.3:80 (tcp:127.0.1.1:80) is added when its check passes",
        "1 change, 2 depend on checks",
    ]
    assert result.exit_code == 3


def test_rows_are_edited_removed_and_left_alone(file: Path) -> None:
    result = planned(
        file,
        """\
-A -t 127.0.1.1:80 -s rr
-a -t 127.0.1.1:80 -r 127.0.0.2:80 -m -w 7
-a -t 127.0.1.1:80 -r 127.0.0.3:80 -m -w 1
-a -t 127.0.1.1:80 -r 127.0.0.4:80 -m -w 1
-A -t 127.0.1.9:80 -s rr
""",
    )

    assert result.output.splitlines() == [
        "~ virtual server tcp:127.0.1.1:80 scheduler rr -> wlc",
        "~ real server 127.0.0.2:80 (tcp:127.0.1.1:80) weight 7 -> 2",
        "- real server 127.0.0.4:80 (tcp:127.0.1.1:80)",
        "3 changes",
    ]
    assert result.exit_code == 3


def test_a_fallback_that_is_no_longer_needed_is_called_one(file: Path) -> None:
    rules = f"{THERE}-a -t 127.0.1.1:80 -r 127.0.0.9:80 -m -w 1\n"

    result = planned(file, rules)

    assert "- fallback server 127.0.0.9:80 (tcp:127.0.1.1:80)" in result.output


def test_programs_get_rows_before_and_after(file: Path) -> None:
    result = planned(file, THERE.replace("-w 2", "-w 3"), "--json")

    said = json.loads(result.output)
    assert said["version"] == 1
    assert said["pending"] == []
    (change,) = said["changes"]
    assert change["sign"] == "~"
    assert change["before"]["weight"] == 3
    assert change["after"]["weight"] == 2
    assert change["after"]["forward"] == "masq"


def test_a_wrong_file_is_2_and_wrong_rules_are_1(file: Path) -> None:
    assert planned(file, "-Q nonsense\n").exit_code == 1
    file.write_text("nonsense=1\n")
    assert planned(file, THERE).exit_code == 2


def test_a_directors_status_tells_health(file: Path) -> None:
    configuration = load(file).configuration
    status: dict[str, object] = {
        "virtuals": [
            {
                "id": "tcp:127.0.1.1:80",
                "reals": [
                    {"server": "127.0.0.2:80", "standing": "down", "failures": 2},
                    {"server": "127.0.0.77:80", "standing": "up"},
                    "nonsense",
                ],
            }
        ]
    }

    health = told_health(configuration, status)

    ((seat, held),) = health.items()
    assert str(seat[1]) == "127.0.0.2:80"
    assert (held.standing, held.failures) == (Standing.DOWN, 2)
