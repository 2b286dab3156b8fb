import pytest

from lvsha.lab.cluster.keepalived import FILE, Keepalived, keepalived_conf, state
from lvsha.lab.cluster.machines import CONFIGURATION, DIRECTORS, TOKEN, VIP
from lvsha.lab.cluster.stacks import STACKS

EVERYBODY = frozenset(DIRECTORS)
TABLE = f"-A -t {VIP}:80 -s wlc\n-a -t {VIP}:80 -r 192.168.0.110:80 -g -w 1\n"
ACTIVE = (
    "active\nmaster sync daemon (mcast=eth0, syncid=1)\n"
    f"2: eth0    inet {VIP}/24 scope global secondary eth0\n{TABLE}"
)
STANDBY = (
    "active\nbackup sync daemon (mcast=eth0, syncid=1)\n"
    f"2: eth0    inet 192.168.0.101/24 scope global eth0\n{TABLE}"
)
STOPPED = "inactive\n2: eth0    inet 192.168.0.101/24 scope global eth0\n"
SERVICE = """\
checkinterval = 7
checktimeout = 2
quiescent = yes
virtual = 192.0.2.1:80
        real = 192.0.2.11:8080 masq 3
        scheduler = rr
        persistent = 60
        protocol = tcp
        checktype = {checktype}
        service = {service}
        request = "well.html"
        receive = "yes"
"""


def test_one_with_the_address_and_one_that_listens_are_whole() -> None:
    seen = state({"d1": ACTIVE.encode(), "d2": STANDBY.encode()})

    assert STACKS["keepalived"].active(seen) == "d1"
    assert STACKS["keepalived"].whole(seen, EVERYBODY)


@pytest.mark.parametrize(
    "other",
    [
        STOPPED,
        ACTIVE,
        STANDBY.replace("-w 1", "-w 0"),
        STANDBY.replace("backup sync daemon", ""),
    ],
)
def test_a_standby_that_could_not_take_over_is_not_whole(other: str) -> None:
    seen = state({"d1": ACTIVE.encode(), "d2": other.encode()})

    assert not STACKS["keepalived"].whole(seen, EVERYBODY)


def test_a_director_that_says_nothing_is_away() -> None:
    keepalived = Keepalived()
    seen = keepalived.state({"d1": ACTIVE.encode()})

    assert seen is not None
    assert not keepalived.together(seen, EVERYBODY)
    assert keepalived.state({}) is None


def test_every_service_of_the_other_stacks_is_one_of_keepalived() -> None:
    (given,) = (
        step.given
        for step in Keepalived().steps(token=TOKEN)
        if step.argv[1:] == (FILE,)
    )
    (theirs,) = (
        step.given
        for step in STACKS["warm"].formation.steps(token=TOKEN)
        if step.argv[1:] == (CONFIGURATION,)
    )

    assert given.count("virtual_server ") == theirs.count("virtual = ")
    assert given.count("real_server ") == theirs.count("real = ")


def test_checks_look_for_the_same_as_often() -> None:
    conf = keepalived_conf(SERVICE.format(checktype="negotiate", service="http"))

    assert "virtual_server 192.0.2.1 80 {" in conf
    assert "    real_server 192.0.2.11 8080 {\n        weight 3\n" in conf
    assert "    delay_loop 7\n" in conf
    assert "            connect_timeout 2\n            connect_port 8080\n" in conf
    assert 'path /well.html\n                regex "yes"\n' in conf
    assert "lvs_sched rr\n    lvs_method NAT\n    protocol TCP\n" in conf
    assert "persistence_timeout 60\n    inhibit_on_failure\n" in conf
    assert conf.count("{") == conf.count("}")


def test_a_check_that_keepalived_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="keepalived has no check negotiate of ldap"):
        keepalived_conf(SERVICE.format(checktype="negotiate", service="ldap"))
