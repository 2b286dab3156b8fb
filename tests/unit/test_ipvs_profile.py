"""Which sysctls a failover needs, and which differ."""

import pytest

from lvsha.identity import Forwarding
from lvsha.ipvs.profile import Difference, Setting, Site, differences, profile

DIRECT = [{Forwarding.GATE}, {Forwarding.IPIP}, {Forwarding.GATE, Forwarding.MASQ}]


def value(site: Site, name: str) -> str:
    return profile(site)[name].value


@pytest.mark.parametrize("site", [Site(), Site(stateless=True), Site(sync_ports=4)])
def test_every_setting_has_its_reason(site: Site) -> None:
    for setting in profile(site).values():
        assert len(setting.reason) > 20
        assert setting.value == " ".join(setting.value.split())


@pytest.mark.parametrize("methods", DIRECT)
def test_ports_are_used_again_after_fin_where_it_is_the_last_seen(
    methods: set[Forwarding],
) -> None:
    assert value(Site(frozenset(methods)), "conn_reuse_mode") == "3"


@pytest.mark.parametrize("methods", [set[Forwarding](), {Forwarding.MASQ}])
def test_masq_sees_the_end_of_connections(methods: set[Forwarding]) -> None:
    assert value(Site(frozenset(methods)), "conn_reuse_mode") == "1"


def test_conn_reuse_is_never_off() -> None:
    for methods in [set[Forwarding](), *DIRECT]:
        for stateless in (False, True):
            site = Site(frozenset(methods), stateless=stateless)
            assert value(site, "conn_reuse_mode") != "0"


def test_no_packet_of_the_threshold_is_waited_for_only_with_a_period() -> None:
    wanted = list(profile(Site()))

    assert value(Site(), "sync_threshold") == "0 0"
    assert int(value(Site(), "sync_refresh_period")) > 0
    assert wanted.index("sync_refresh_period") < wanted.index("sync_threshold")


def test_both_daemons_may_run_on_one_director() -> None:
    assert value(Site(), "backup_only") == "0"


def test_without_daemons_a_connection_is_taken_over_in_its_middle() -> None:
    stateless = profile(Site(stateless=True, sync_ports=4))

    assert stateless["sloppy_tcp"].value == "1"
    assert not [name for name in stateless if name.startswith("sync_")]


def test_ports_are_left_alone_unless_somebody_said_how_many() -> None:
    assert "sync_ports" not in profile(Site())
    assert value(Site(sync_ports=4), "sync_ports") == "4"


@pytest.mark.parametrize("ports", [0, 3, 12, 128, -2])
def test_ports_the_kernel_would_refuse_are_refused(ports: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        Site(sync_ports=ports)


def test_what_is_as_wanted_is_no_difference() -> None:
    wanted = profile(Site())

    assert differences(wanted, {n: s.value for n, s in wanted.items()}) == []


def test_a_difference_says_both_values_and_why() -> None:
    wanted = {"a": Setting("1", "why"), "b": Setting("2", "so"), "c": Setting("3", "")}

    assert differences(wanted, {"a": "0", "c": "3", "d": "9"}) == [
        Difference("a", "1", "0", "why"),
        Difference("b", "2", None, "so"),
    ]
