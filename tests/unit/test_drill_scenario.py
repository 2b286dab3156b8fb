"""What a drill tells the director, and what it then wants of the table."""

import pytest

from lvsha.config.load import loads
from lvsha.errors import ConfigError
from lvsha.lab.drill.machines import machines, steps
from lvsha.lab.drill.scenario import (
    FALLBACK,
    SCENARIOS,
    Scenario,
    brief,
    configuration,
    mistaken,
    rows,
)
from lvsha.lab.topology import check

GUIDE = """\
checktimeout = 3
checkinterval = 5
autoreload = yes
quiescent = yes
virtual = 192.168.0.200:80
        real = 192.168.0.110:80 gate
        real = 192.168.0.120:80 gate
        fallback = 127.0.0.1:80 gate
        service = http
        request = "test.html"
        receive = "still alive"
        scheduler = wlc
        protocol = tcp
        checktype = negotiate
"""
ALL = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda one: one.name)


class Nobody:
    """Knows no names: a scenario has none."""

    def address(self, host: str, version: int) -> None:
        raise AssertionError(f"asked for {host}, version {version}")

    def port(self, service: str, protocol: str) -> None:
        raise AssertionError(f"asked for {service} by {protocol}")

    def hostname(self) -> str:
        return "director"


def test_the_gate_scenario_is_the_guides_example() -> None:
    assert configuration(SCENARIOS["gate"]) == GUIDE


def test_a_scenario_changes_only_what_it_is_about() -> None:
    def changed(name: str) -> list[str]:
        lines = configuration(SCENARIOS[name]).splitlines()
        return [
            line.strip()
            for line, guide in zip(lines, GUIDE.splitlines(), strict=True)
            if line != guide
        ]

    assert changed("masq") == [
        "real = 192.168.0.110:80 masq",
        "real = 192.168.0.120:80 masq",
    ]
    assert changed("fwmark") == ["virtual = 1", "protocol = fwm"]
    assert changed("ipv6") == [
        "virtual6 = [fd00:77::200]:80",
        "real6 = [fd00:77::110]:80 gate",
        "real6 = [fd00:77::120]:80 gate",
        "fallback6 = [::1]:80 gate",
    ]


@ALL
def test_every_configuration_is_understood(scenario: Scenario) -> None:
    for reals in (("real1", "real2"), ("real1", "real2", "real3")):
        content = configuration(scenario, reals).encode()
        loaded = loads(content, "drill.cf", resolver=Nobody())

        assert loaded.warnings == ()
        (virtual,) = loaded.configuration.virtuals
        assert len(virtual.reals) == len(reals)


@ALL
def test_the_slip_is_refused_with_its_line(scenario: Scenario) -> None:
    content, line = mistaken(scenario)

    with pytest.raises(ConfigError) as refused:
        loads(content.encode(), "drill.cf", resolver=Nobody())
    assert [problem.line for problem in refused.value.problems] == [line]


def test_rows_are_what_ipvsadm_prints() -> None:
    assert rows(SCENARIOS["gate"], {"real1": 0, "real2": 1}, fallback=True) == {
        "-A -t 192.168.0.200:80 -s wlc",
        "-a -t 192.168.0.200:80 -r 192.168.0.110:80 -g -w 0",
        "-a -t 192.168.0.200:80 -r 192.168.0.120:80 -g -w 1",
        "-a -t 192.168.0.200:80 -r 127.0.0.1:80 -g -w 1",
    }
    assert rows(SCENARIOS["ipip"], {"real1": 1}) == {
        "-A -t 192.168.0.200:80 -s wlc",
        "-a -t 192.168.0.200:80 -r 192.168.0.110:80 -i -w 1 --tun-type ipip",
    }
    assert "-A -f 1 -s wlc" in rows(SCENARIOS["fwmark"], {})
    assert "-A -u 192.168.0.200:5007 -s wlc" in rows(SCENARIOS["udp"], {})
    assert "-a -t [fd00:77::200]:80 -r [fd00:77::110]:80 -g -w 1" in rows(
        SCENARIOS["ipv6"], {"real1": 1}
    )


@ALL
def test_a_table_in_few_words_names_servers_and_weights(scenario: Scenario) -> None:
    table = rows(scenario, {"real1": 0, "real2": 3}, fallback=True)

    assert brief(scenario, table) == f"{FALLBACK}=1 real1=0 real2=3"


def test_a_strange_row_is_shown_whole() -> None:
    strange = "-a -t 192.168.0.200:80 -r 192.168.0.110:80 -m -w 1"
    said = brief(SCENARIOS["gate"], rows(SCENARIOS["gate"], {}) | {strange})

    assert said == f"'{strange}'"
    assert brief(SCENARIOS["gate"], frozenset()) == "empty"


@ALL
def test_every_machine_has_its_steps(scenario: Scenario) -> None:
    check(machines(scenario))

    assert [node.name for node in machines(scenario)] == list(steps(scenario))


def test_real_servers_behind_masquerading_answer_through_the_director() -> None:
    nodes = {node.name: node for node in machines(SCENARIOS["masq"])}

    assert nodes["real1"].setup == ("route add default via 192.168.0.100",)
    assert not any(one.startswith("192.168.") for one in nodes["client"].addresses)
