from lvsha.lab.cluster.beside import Table, ratio, tables
from lvsha.lab.cluster.outcome import Crowd, Load, Outcome


def cell(found: Table, title: str, stack: str) -> str:
    (row,) = (one for one in found.rows if one.title.startswith(title))
    return row.cells[found.stacks.index(stack)]


def ratios(found: Table, title: str) -> dict[str, str]:
    (row,) = (one for one in found.rows if one.title.startswith(title))
    return dict(zip(found.against, row.ratios, strict=True))


def test_our_ratio_to_each_of_the_others_is_told() -> None:
    (found,) = tables(
        [
            Outcome("move", "classic", sent=100, failed=40, outage=8.0),
            Outcome("move", "warm", sent=100, failed=1, outage=1.0),
            Outcome("move", "keepalived", sent=100, failed=2, outage=4.0),
        ]
    )

    assert found.stacks == ("classic", "warm", "keepalived")
    assert found.ours == "warm"
    assert ratios(found, "longest") == {"classic": "0.12", "keepalived": "0.25"}
    assert ratios(found, "short requests") == {"classic": "0.03", "keepalived": "0.50"}


def test_several_runs_are_their_median_and_what_it_lies_between() -> None:
    runs = [Outcome("move", "warm", outage=outage) for outage in (3.0, 1.0, 1.5)]
    (found,) = tables(runs)

    assert found.runs == 3
    assert cell(found, "longest", "warm") == "1.50 (1.00 to 3.00)"


def test_connections_of_several_runs_are_counted_together() -> None:
    kept = Crowd((20, 20), (18, 20), {"reset": 2})
    (found,) = tables([Outcome("move", "warm", crowd=kept)] * 2)

    assert cell(found, "talking", "warm") == "40 of 40"
    assert cell(found, "idle", "warm") == "36 of 40"
    assert cell(found, "why", "warm") == "4 reset"


def test_each_kind_of_client_has_its_row() -> None:
    loads = (
        Load("short", sent=9),
        Load("talking", kept=2, of=3, why={"timeout": 1}),
        Load("udp", sent=50, failed=4),
        Load("persistent", sent=60, failed=5, kept=54, of=55),
    )
    (found,) = tables([Outcome("move", "warm", loads=loads)])

    assert cell(found, "talking", "warm") == "2 of 3"
    assert cell(found, "datagrams failed", "warm") == "4 of 50"
    assert cell(found, "persistent service failed", "warm") == "5 of 60"
    assert cell(found, "persistent service: the same", "warm") == "54 of 55"
    assert cell(found, "why", "warm") == "1 timeout"


def test_survivors_are_compared_by_their_share_and_failures_by_their_number() -> None:
    def played(stack: str, failed: int, kept: int, of: int) -> Outcome:
        load = Load("persistent", sent=of, failed=failed, kept=kept, of=of)
        return Outcome("move", stack, loads=(load,))

    (found,) = tables([played("warm", 1, 10, 10), played("classic", 4, 30, 60)])

    assert ratios(found, "persistent service failed") == {"classic": "0.25"}
    assert ratios(found, "persistent service: the same") == {"classic": "2.00"}


def test_what_no_stack_has_measured_has_no_row() -> None:
    (found,) = tables([Outcome("engine-killed", "warm", outage=0.1)])

    assert not [row for row in found.rows if row.title.startswith("power")]


def test_two_owners_are_a_problem_of_the_drill() -> None:
    (found,) = tables([Outcome("move", "keepalived", doubled=0.04)])

    assert not found.good
    assert found.problems == ("keepalived: two owners for 0.04 s",)


def test_a_ratio_to_nothing_is_none() -> None:
    assert ratio(1.0, 0.0) == ""
    assert ratio(None, 1.0) == ""
    assert ratio(0.0, 2.0) == "0.00"
