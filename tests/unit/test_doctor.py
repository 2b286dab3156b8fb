"""Every judgement of the doctor, and what files and commands of a cluster say."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from lvsha.cli.main import cli
from lvsha.doctor import readings
from lvsha.doctor.checks import CHECKS, judged
from lvsha.doctor.facts import (
    Agent,
    Configuration,
    Corosync,
    Facts,
    Kernel,
    Loud,
    Pacemaker,
    Running,
    Sharing,
)
from lvsha.doctor.finding import Severity
from lvsha.doctor.inner import configuration
from lvsha.ipvs.counters import Daemon, Role
from lvsha.ipvs.profile import Difference

FILE = "/etc/ha.d/ldirectord.cf"
MASTER = Daemon(Role.MASTER, "eth0", 1)
BACKUP = Daemon(Role.BACKUP, "eth0", 1)
AGENT = Agent("vip", there=True)
WELL = Facts(
    kernel=Kernel(
        ipvs=True,
        differences=(),
        forward="1",
        daemons=(MASTER, BACKUP),
        dropped=0,
        firewall="",
    ),
    configuration=Configuration(FILE, "abc", masq=True),
    running=(Running("ldirectord.cf", FILE, "abc"),),
    agents=(AGENT,),
    corosync=Corosync(2, two_node=True, token=3000, running=True, quorate=True),
    pacemaker=Pacemaker(reachable=True, fences=True, ours=("vip",)),
    sharing=Sharing(configured=True, listens=True, peers={"d2": "abc"}),
    synchronised=True,
)
BARRED = """\
table inet filter {
	chain input {
		type filter hook input priority filter; policy %s;
		ct state invalid drop
		tcp dport { 22, 80 } accept
%s	}
}
"""
FORWARD = """\
table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop;
	}
}
"""
DIFFERENCE = Difference("sync_version", "1", "0", "because")


def kernel(**changes: object) -> Facts:
    return replace(WELL, kernel=replace(WELL.kernel, **changes))  # type: ignore[arg-type]


def corosync(**changes: object) -> Facts:
    assert WELL.corosync
    return replace(WELL, corosync=replace(WELL.corosync, **changes))  # type: ignore[arg-type]


def pacemaker(**changes: object) -> Facts:
    assert WELL.pacemaker
    return replace(WELL, pacemaker=replace(WELL.pacemaker, **changes))  # type: ignore[arg-type]


def ran(**changes: object) -> Facts:
    one = replace(WELL.running[0], **changes)  # type: ignore[arg-type]
    return replace(WELL, running=(one,))


ERROR, WARNING, UNSEEN = Severity
LOUD = Loud("192.0.2.10", "lo", ("net.ipv4.conf.all.arp_ignore is 0",))
NO_FILE = Configuration(FILE)
BAD_FILE = Configuration(FILE, "abc", ("FILE:3: unknown directive",))

JUDGEMENTS: list[tuple[str, Severity, str, Facts]] = [
    ("modules", ERROR, "ip_vs is not loaded", kernel(ipvs=False)),
    ("modules", UNSEEN, "has IPVS", kernel(ipvs=None)),
    ("modules", ERROR, "no scheduler mh", kernel(unloadable=("mh",))),
    ("sysctls", WARNING, "sync_version is 0, not 1", kernel(differences=(DIFFERENCE,))),
    ("sysctls", UNSEEN, "the sysctls", kernel(differences=None)),
    ("forwarding", ERROR, "ip_forward is 0", kernel(forward="0")),
    ("arp", ERROR, "192.0.2.10 is on lo, and ARP", replace(WELL, loud=(LOUD,))),
    ("arp", UNSEEN, "the addresses", replace(WELL, loud=None)),
    ("configuration", WARNING, "there is no", replace(WELL, configuration=NO_FILE)),
    ("configuration", ERROR, "unknown", replace(WELL, configuration=BAD_FILE)),
    (
        "configuration",
        WARNING,
        "has 2 warnings",
        replace(WELL, configuration=Configuration(FILE, "abc", warnings=2)),
    ),
    ("directors", ERROR, "does not answer", ran(answers=False)),
    ("directors", ERROR, "refused the last change", ran(error=True)),
    ("directors", WARNING, "another version", ran(digest="xyz")),
    ("sync", WARNING, "no sync daemon runs", kernel(daemons=())),
    ("sync", UNSEEN, "the sync daemons", kernel(daemons=None)),
    (
        "sync",
        ERROR,
        "are on eth0 and eth1",
        kernel(daemons=(MASTER, replace(BACKUP, interface="eth1"))),
    ),
    (
        "sync",
        WARNING,
        "the ids 1 and 2",
        kernel(daemons=(MASTER, replace(BACKUP, sync_id=2))),
    ),
    ("sync", WARNING, "7 messages", kernel(dropped=7)),
    ("firewall", ERROR, "udp/8848", kernel(firewall=BARRED % ("drop", ""))),
    ("firewall", ERROR, "udp/8848", kernel(firewall=BARRED % ("accept", "\t\tdrop\n"))),
    ("firewall", UNSEEN, "the firewall's", kernel(firewall=None)),
    (
        "agents",
        ERROR,
        "not installed: syncd",
        replace(WELL, agents=(AGENT, Agent("syncd", there=False))),
    ),
    (
        "agents",
        ERROR,
        "vip cannot tell what it is: no",
        replace(WELL, agents=(replace(AGENT, trouble="no"),)),
    ),
    ("agents", ERROR, "may not", replace(WELL, hindrance="hacluster may not")),
    ("corosync", ERROR, "does not run", corosync(running=False)),
    ("corosync", UNSEEN, "whether corosync", corosync(running=None)),
    ("corosync", ERROR, "no quorum", corosync(quorate=False)),
    ("corosync", WARNING, "after 22.0 s", corosync(token=10000)),
    ("corosync", ERROR, "there is no", replace(WELL, corosync=None)),
    ("two_node", ERROR, "without two_node", corosync(two_node=False)),
    ("two_node", ERROR, "with 3 nodes", corosync(nodes=3)),
    ("pacemaker", ERROR, "does not answer", pacemaker(reachable=False)),
    ("pacemaker", UNSEEN, "the cluster", replace(WELL, pacemaker=None)),
    ("pacemaker", WARNING, "in maintenance", pacemaker(maintenance=True)),
    ("pacemaker", WARNING, "d2 is offline", pacemaker(offline=("d2",))),
    ("pacemaker", WARNING, "d2 is in standby", pacemaker(standby=("d2",))),
    (
        "pacemaker",
        WARNING,
        "vip monitor on d1 failed",
        pacemaker(failed=("vip monitor on d1",)),
    ),
    ("pacemaker", WARNING, "no resource of lvsha", pacemaker(ours=())),
    ("fencing", WARNING, "fencing is off", pacemaker(enabled=False)),
    ("fencing", ERROR, "no fencing device", pacemaker(fences=False)),
    ("promotion", ERROR, "constraint c1", pacemaker(unordered=("c1",))),
    (
        "csync2",
        ERROR,
        "nobody takes",
        replace(WELL, sharing=Sharing(configured=True, listens=False)),
    ),
    ("csync2", UNSEEN, "whether", replace(WELL, sharing=Sharing(configured=True))),
    (
        "equality",
        ERROR,
        "d2 has another configuration (xyz)",
        replace(WELL, sharing=Sharing(peers={"d2": "xyz"})),
    ),
    ("clock", WARNING, "not synchronised", replace(WELL, synchronised=False)),
    ("clock", UNSEEN, "whether the clock", replace(WELL, synchronised=None)),
]


def test_who_is_well_is_told_nothing() -> None:
    assert list(judged(WELL)) == []


def test_a_machine_without_a_cluster_is_not_asked_for_one() -> None:
    alone = replace(WELL, corosync=None, pacemaker=None, sharing=Sharing(), agents=())

    assert list(judged(alone)) == []


@pytest.mark.parametrize(("name", "severity", "said", "facts"), JUDGEMENTS)
def test_what_is_wrong_is_told(
    name: str, severity: Severity, said: str, facts: Facts
) -> None:
    told = [finding for check, finding in judged(facts) if check.name == name]

    assert [finding.severity for finding in told] == [severity]
    assert said in told[0].what


@pytest.mark.parametrize(("name", "severity", "said", "facts"), JUDGEMENTS)
def test_what_is_wrong_comes_with_what_mends_it(
    name: str, severity: Severity, said: str, facts: Facts
) -> None:
    told = [finding for check, finding in judged(facts) if check.name == name]

    assert told[0].mend or "the ids" in said
    assert severity


def test_every_check_is_judged_by_some_test() -> None:
    assert {check.name for check in CHECKS} == {name for name, *_ in JUDGEMENTS}


def test_a_check_that_could_not_be_made_is_told() -> None:
    facts = replace(WELL, unseen={"clock": "no time for it"})

    ((check, finding),) = judged(facts)
    assert (check.name, finding.severity) == ("clock", UNSEEN)


@pytest.mark.parametrize(
    "rules",
    [
        BARRED % ("accept", ""),
        BARRED % ("drop", "\t\tudp dport 8848 accept\n"),
        FORWARD,
    ],
)
def test_a_firewall_that_lets_it_in_is_well(rules: str) -> None:
    assert list(judged(kernel(firewall=rules))) == []


def test_a_stateless_director_needs_no_daemons() -> None:
    assert list(judged(kernel(daemons=(), stateless=True))) == []


COROSYNC = """\
totem {
    version: 2
    # token: 9
    token: 3000
    interface {
        token: 7
    }
}
nodelist {
    node {
        name: d1
    }
    node {
        name: d2
    }
}
quorum {
    two_node: 1
    wait_for_all: 0
}
"""


def test_corosync_s_configuration_is_read() -> None:
    assert readings.corosync(COROSYNC) == Corosync(
        nodes=2, two_node=True, wait_for_all=False, token=3000
    )
    assert readings.corosync("") == Corosync()


CIB = """\
<cib><configuration><crm_config><cluster_property_set id="o">
<nvpair id="a" name="stonith-enabled" value="false"/>
<nvpair id="b" name="maintenance-mode" value="true"/>
</cluster_property_set></crm_config><nodes/>
<resources>
<primitive id="fence" class="stonith" type="external/x"/>
<clone id="cl-dir"><primitive id="dir" class="ocf" provider="lvsha" type="director"/>
</clone>
<clone id="cl-vip"><primitive id="vip" class="ocf" provider="lvsha" type="vip"/></clone>
</resources>
<constraints>
<rsc_colocation id="bad" score="INFINITY" rsc="cl-vip" rsc-role="Promoted"
 with-rsc="cl-dir"/>
<rsc_colocation id="good" score="INFINITY" rsc="cl-vip" with-rsc="cl-dir"/>
</constraints></configuration><status/></cib>
"""
MONITOR = """\
<pacemaker-result><nodes>
<node name="d1" online="true" standby="true"/>
<node name="d2" online="false" standby="false"/>
</nodes><failures>
<failure op_key="vip_monitor_10000" node="d1" exitstatus="error" exitreason="no link"/>
</failures></pacemaker-result>
"""


def test_the_cluster_s_words_are_read() -> None:
    assert readings.pacemaker(CIB, MONITOR) == Pacemaker(
        reachable=True,
        enabled=False,
        fences=True,
        maintenance=True,
        ours=("dir", "vip"),
        offline=("d2",),
        standby=("d1",),
        failed=("vip monitor on d1 (no link)",),
        unordered=("bad",),
    )
    with pytest.raises(readings.Unintelligible):
        readings.pacemaker("", "")


def test_a_listener_is_found_in_the_kernel_s_table() -> None:
    table = (
        "  sl  local_address rem_address   st tx_queue\n"
        "   0: 00000000:7891 00000000:0000 0A 00000000:00000000\n"
        "   1: 0100007F:0016 0100007F:9999 01 00000000:00000000\n"
    )

    assert readings.listening(table, 30865)
    assert not readings.listening(table, 22)


def test_a_configuration_of_csync2_counts_when_it_has_a_group() -> None:
    assert readings.shares("nossl * *;\ngroup lvsha {\n}\n")
    assert not readings.shares("# group mygroup\n# {\n")


def test_a_receipt_tells_a_director_and_its_digest() -> None:
    text = json.dumps({"director": "d2", "live": {"digest": "abc"}})

    assert readings.receipt(text) == ("d2", "abc")
    assert readings.receipt("{") is readings.receipt("[]") is None


def test_a_configuration_is_seen_with_what_it_asks_for(tmp_path: Path) -> None:
    file = tmp_path / "x.cf"
    file.write_text(
        "virtual=192.0.2.10:80\n\treal=192.0.2.1:80 masq\n\tscheduler=mh\n"
        "\tchecktype=connect\n\tprotocol=tcp\n"
    )
    seen, schedulers = configuration(str(file))
    file.write_text("nonsense=1\n")

    assert (seen.masq, set(schedulers)) == (True, {"mh"})
    assert not seen.errors
    assert len(seen.digest) == 64
    assert "nonsense" in configuration(str(file)).seen.errors[0]
    assert configuration(str(tmp_path / "none")).seen.digest == ""


def test_the_doctor_tells_a_broken_configuration(tmp_path: Path) -> None:
    file = tmp_path / "x.cf"
    file.write_text("nonsense=1\n")
    words = ["doctor", str(file), "--rundir", str(tmp_path)]

    plain = CliRunner().invoke(cli, words)
    told = CliRunner().invoke(cli, [*words, "--json"])

    assert plain.exit_code == told.exit_code == 1
    assert "error: configuration: " in plain.output
    assert f"    lvsha check {file}\n" in plain.output
    assert f"{len(CHECKS)} checks: " in plain.output
    checks = {one["name"]: one["findings"] for one in json.loads(told.stdout)["checks"]}
    assert checks.keys() == {check.name for check in CHECKS}
    assert checks["configuration"][0]["severity"] == "error"
