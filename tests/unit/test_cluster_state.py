import pytest

from lvsha.lab.cluster.machines import (
    DIRECTORS,
    configuration,
    corosync_conf,
    director_steps,
    machines,
)
from lvsha.lab.cluster.stacks import STACKS
from lvsha.lab.cluster.state import state
from lvsha.lab.topology import check

EVERYBODY = frozenset(DIRECTORS)
TEXT = """<pacemaker-result>
<summary><current_dc present="true" name="d2" with_quorum="true"/></summary>
<nodes>
  <node name="d1" online="true" standby="false" unclean="false" pending="false"/>
  <node name="d2" online="true" standby="{standby}" unclean="{unclean}"/>
</nodes>
<resources>
  <resource id="fence" role="Started" failed="false"><node name="d2"/></resource>
  <clone id="lvs-directors">
    <resource id="lvs-director" role="Started" failed="false">
      <node name="d1"/>
    </resource>
    <resource id="lvs-director" role="Started" failed="false">
      <node name="d2"/>
    </resource>
  </clone>
  <clone id="lvs-vips">
    <resource id="lvs-vip" role="Promoted" failed="false"><node name="d1"/></resource>
    <resource id="lvs-vip" role="{second}" failed="true"><node name="d2"/></resource>
  </clone>
</resources>
</pacemaker-result>"""


def text(
    standby: str = "false", unclean: str = "false", second: str = "Unpromoted"
) -> bytes:
    words = {"standby": standby, "unclean": unclean, "second": second}
    return TEXT.format(**words).encode()


def test_a_cluster_tells_who_is_where_in_which_role() -> None:
    seen = state(text())

    assert (seen.dc, seen.quorum, seen.online) == ("d2", True, EVERYBODY)
    assert seen.where("lvs-vip", "Promoted") == {"d1"}
    assert seen.where("lvs-director", "Started") == EVERYBODY
    assert seen.failed == {"lvs-vip"}


def test_a_warm_cluster_is_whole_when_both_are_ready() -> None:
    warm = STACKS["warm"]

    assert warm.active(state(text())) == "d1"
    assert warm.whole(state(text()), EVERYBODY)


@pytest.mark.parametrize(
    "words", [{"standby": "true"}, {"unclean": "true"}, {"second": "Stopped"}]
)
def test_a_cluster_in_which_one_is_away_is_not_whole(words: dict[str, str]) -> None:
    assert not STACKS["warm"].whole(state(text(**words)), EVERYBODY)


def test_two_active_directors_are_not_one() -> None:
    assert STACKS["warm"].active(state(text(second="Promoted"))) == ""


def test_a_cluster_without_a_decider_says_so() -> None:
    none = '<r><summary><current_dc present="false"/></summary></r>'

    assert state(none.encode()).dc == ""


def test_two_directors_keep_quorum_alone_and_three_do_not() -> None:
    three = [(f"d{number}", f"192.168.0.{number}") for number in (1, 2, 3)]

    assert "two_node: 1" in corosync_conf(three[:2])
    assert "two_node" not in corosync_conf(three)
    assert "nodeid: 3" in corosync_conf(three)


def test_the_token_goes_into_corosyncs_file_of_each_director() -> None:
    given = [step.given for step in director_steps(token=2345)]

    assert sum("token: 2345\n" in text for text in given) == 1


def test_the_nodes_are_a_lab() -> None:
    nodes = machines()

    check(nodes)
    assert [node.name for node in nodes if node.boot == "systemd"] == [*DIRECTORS]


def test_every_address_has_its_service() -> None:
    services = configuration("192.0.2.1", "192.0.2.2")

    assert services.count("virtual = 192.0.2.2:80\n") == 1
    assert services.count("virtual = 192.0.2.1:") == 3


@pytest.mark.parametrize("name", [n for n, one in STACKS.items() if one.clustered])
def test_fencing_is_on_in_every_cluster(name: str) -> None:
    crm = STACKS[name].formation.configuration()

    assert "stonith-enabled=true" in crm
    assert "fence_lvsha_lab" in crm
    assert 'pcmk_delay_base="d1:1s;d2:0s"' in crm


def test_two_vips_of_which_one_is_nowhere_are_not_whole() -> None:
    both = STACKS["active-active"]
    syncd = b"".join(
        b'<resource id="lvs-syncd" role="Started"><node name="%s"/></resource>' % name
        for name in (b"d1", b"d2")
    )
    one = text().replace(b'"lvs-vip"', b'"lvs-vip-one"')
    first = one.replace(b"</resources>", syncd + b"</resources>")
    second = b'<resource id="lvs-vip-two" role="Promoted"><node name="d2"/></resource>'

    assert not both.whole(state(first), EVERYBODY)
    assert both.whole(
        state(first.replace(b"</resources>", second + b"</resources>")), EVERYBODY
    )
