import json
import os
import re
import subprocess
import xml.etree.ElementTree as ET
from itertools import permutations
from pathlib import Path

import pytest
from click.testing import CliRunner

from lvsha.cli.main import cli
from lvsha.config.reading import loads
from lvsha.crm import crmsh, pcs
from lvsha.crm.addresses import addresses
from lvsha.crm.files import files
from lvsha.crm.slots import Kind, Unfilled, filled
from lvsha.crm.statements import Primitive, Topology
from lvsha.crm.topologies import TOPOLOGIES
from lvsha.crm.transition import cast, moves, scene
from lvsha.lab.cluster.crm_texts import COMMON
from lvsha.lab.cluster.stacks import STACKS
from lvsha.ocf import director_words, syncd_words, vip_words
from tests.unit.names import Names

FOLDER = Path(__file__).parents[2] / "crm-templates"
EVERY = pytest.mark.parametrize(
    "topology", TOPOLOGIES.values(), ids=lambda one: one.name
)
AGENTS = {
    f"ocf:lvsha:{words.METADATA.name}": words.METADATA
    for words in (director_words, syncd_words, vip_words)
}
WEB = b"""\
virtual=192.0.2.1:80
\treal=192.0.2.51:80 gate
virtual=192.0.2.1:443
\treal=192.0.2.51:443 gate
virtual6=[2001:db8::1]:80
\treal6=[2001:db8::51]:80 gate
"""
HOME_ONE = "address_one=192.168.0.200 node_one=d1"
HOME_TWO = "address_two=192.168.0.201 node_two=d2"


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own


def example(topology: Topology) -> dict[str, str]:
    return filled(
        topology.slots,
        {slot.name: slot.example for slot in topology.slots if slot.example},
    )


def test_the_files_are_those_the_topologies_make() -> None:
    there = {
        str(path.relative_to(FOLDER)): path.read_text()
        for path in FOLDER.rglob("*")
        if path.is_file()
    }
    assert there == files(), "run: python -m lvsha.crm.files crm-templates"


@EVERY
def test_no_value_of_a_template_begins_like_another(topology: Topology) -> None:
    names = [slot.name for slot in topology.slots]
    assert not [
        (one, other) for one, other in permutations(names, 2) if other.startswith(one)
    ]


@EVERY
def test_every_field_is_a_slot_and_every_slot_is_used(topology: Topology) -> None:
    marks = {slot.name: f"<{slot.name}>" for slot in topology.slots}
    text = crmsh.text(topology, marks)
    assert [name for name, mark in marks.items() if mark not in text] == []


@EVERY
def test_agents_know_the_parameters_and_get_the_time_they_ask_for(
    topology: Topology,
) -> None:
    for primitive in topology.statements:
        if not isinstance(primitive, Primitive):
            continue
        agent = AGENTS[primitive.agent]
        known = {parameter.name for parameter in agent.parameters}
        assert {parameter.name for parameter in primitive.parameters} <= known
        for operation in primitive.operations:
            advised = [
                action.timeout
                for action in agent.actions
                if action.name == operation.action
                and operation.role in ("", action.role)
                and not action.depth
            ]
            assert int(operation.timeout.removesuffix("s")) >= max(advised)


@EVERY
def test_what_stays_empty_is_left_out(topology: Topology) -> None:
    values = example(topology)
    assert "nic=" in crmsh.text(topology, values)
    assert "nic=" not in crmsh.text(topology, {**values, "nic": ""})


def test_all_that_is_wrong_with_values_is_said_at_once() -> None:
    given = {"nix": "1", "sync_id": "x", "vip": "300.1.1.1", "id": 'a"b'}
    with pytest.raises(Unfilled) as refused:
        filled(TOPOLOGIES["lvs-warm"].slots, given)
    for words in (
        "there is no value 'nix'",
        "sync_id is no number: x",
        "vip is no IP address: 300.1.1.1",
        "sync_interface is missing",
        "id has a quote",
    ):
        assert words in str(refused.value)


@pytest.mark.parametrize("value", ["192.0.2.1,2001:db8::1", "192.0.2.1, 192.0.2.2"])
def test_several_addresses_may_stand_where_the_agent_takes_them(value: str) -> None:
    assert filled(TOPOLOGIES["lvs-classic"].slots, {"vip": value})["vip"] == value


def test_the_vips_of_a_file_go_where_there_is_room() -> None:
    configuration = loads(WEB, "web.cf", resolver=Names()).configuration
    assert addresses(TOPOLOGIES["lvs-warm"], configuration) == {
        "vip": "192.0.2.1,2001:db8::1"
    }
    assert addresses(TOPOLOGIES["lvs-active-active"], configuration) == {
        "address_one": "192.0.2.1",
        "address_two": "2001:db8::1",
    }


def test_a_file_of_firewall_marks_tells_no_vip() -> None:
    marks = loads(b"virtual=1\n\treal=192.0.2.51 gate\n", "web.cf", resolver=Names())
    assert addresses(TOPOLOGIES["lvs-warm"], marks.configuration) == {}


@EVERY
def test_a_pcs_script_gives_pcs_every_word_in_one_piece(
    topology: Topology, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    (tmp_path / "pcs").write_text(
        '#!/bin/sh\nif [ "$1 $2" = \'cluster cib\' ]; then : > "$3"; fi\n'
        f"for word; do printf '%s\\n' \"$word\" >> {told}; done\n"
    )
    (tmp_path / "pcs").chmod(0o755)
    values = {**example(topology), "nic": "", "configfile": "/etc/two words.cf"}
    subprocess.run(
        ["sh", "-c", pcs.script(topology, values)],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        check=True,
        timeout=60,
    )
    words = told.read_text().splitlines()
    assert "configfile=/etc/two words.cf" in words
    assert "prefix=24" in words
    assert not [word for word in words if word.startswith("nic=") or "$" in word]


def test_a_pcs_script_without_its_values_says_which_and_changes_nothing() -> None:
    done = subprocess.run(
        ["/bin/sh", str(FOLDER / "pcs" / "lvs-warm.sh")],
        env={"PATH": "/nonexistent"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert b"vip: address the clients use: fill in its value" in done.stderr


TRANSITION = """\
<pacemaker-result>
  <actions>
    <node_action task="fence" node="d1"/>
    <rsc_action action="move" resource="vip" source="d1" dest="d2"/>
    <rsc_action action="promote" resource="v:1" node="d2" role="Unpromoted"/>
    <rsc_action action="promote" resource="v:1" node="d2" role="Unpromoted"/>
  </actions>
  <revised_cluster_status>
    <nodes><node name="d1" online="false"/><node name="d2" online="true"/></nodes>
    <resources>
      <clone id="c">
        <resource id="v" role="Promoted"><node name="d2"/></resource>
      </clone>
      <resource id="vip" role="Started"><node name="d2"/></resource>
      <resource id="idle" role="Unpromoted"><node name="d2"/></resource>
    </resources>
  </revised_cluster_status>
</pacemaker-result>"""


def test_moves_are_told_once_each_in_words() -> None:
    assert [str(move) for move in moves(parsed(TRANSITION))] == [
        "fence d1",
        "move vip d1 -> d2",
        "promote v d2",
    ]


def test_a_promoted_or_started_vip_is_active_and_an_unpromoted_one_is_not() -> None:
    seen = scene(parsed(TRANSITION))
    assert seen.online == {"d2"}
    assert [set(seen.active(name)) for name in ("v", "vip", "idle", "gone")] == [
        {"d2"},
        {"d2"},
        set(),
        set(),
    ]


def test_vips_and_directors_are_known_by_their_agents() -> None:
    resources = parsed("""\
<resources>
  <clone id="c"><primitive id="v" class="ocf" provider="lvsha" type="vip"/>
    <meta_attributes><nvpair name="promotable" value="true"/></meta_attributes></clone>
  <primitive id="i" class="ocf" provider="heartbeat" type="IPaddr2"/>
  <primitive id="d" class="ocf" provider="heartbeat" type="ldirectord"/>
  <primitive id="s" class="stonith" type="fence_x"/>
</resources>""")
    players = cast(resources)
    assert players.vips == ("v", "i")
    assert players.promotable == {"v"}
    assert players.directors == ("d",)


def test_the_command_renders_what_the_file_says(tmp_path: Path) -> None:
    file = tmp_path / "web.cf"
    file.write_bytes(WEB)
    words = [
        "crm",
        "render",
        "warm",
        "--config",
        str(file),
        "--set",
        "sync_interface=e1",
    ]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    assert f'configfile="{file}"' in done.output
    assert 'vip="192.0.2.1,2001:db8::1" director="web.cf" sync_inter' in done.output


def test_the_command_refuses_what_it_cannot_fill_in() -> None:
    done = CliRunner().invoke(cli, ["crm", "render", "warm"])
    assert done.exit_code == 2
    assert "vip is missing" in done.output


def test_the_list_is_for_programs_too() -> None:
    done = CliRunner().invoke(cli, ["crm", "list", "--json"])
    (classic, *_) = json.loads(done.output)
    assert classic["values"][1]["type"] == Kind.ADDRESS.value


def test_the_warm_text_to_paste_is_what_the_topology_says() -> None:
    page = (FOLDER.parent / "docs" / "crm-configure.md").read_text()
    (command,) = re.findall(r"`lvsha (crm render warm [^`]*)`", page)
    (told,) = re.findall(
        r"^```crm warm\n(.*?)^commit\n```", page, re.MULTILINE | re.DOTALL
    )
    done = CliRunner().invoke(cli, command.split())
    assert (done.exit_code, done.output) == (0, told)


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("warm", "vip=192.168.0.200"),
        ("active-active", f"{HOME_ONE} {HOME_TWO}"),
    ],
)
def test_a_stack_of_the_lab_is_its_topology_and_fencing(name: str, own: str) -> None:
    pairs = [*own.split(), "sync_interface=eth0", "netmask=24", "nic=eth0"]
    settings = [word for pair in pairs for word in ("--set", pair)]
    done = CliRunner().invoke(cli, ["crm", "render", name, *settings])
    assert STACKS[name].formation.configuration() == COMMON + done.output
