"""What machines of Vagrant are told is what the embedded lab's nodes are told."""

import itertools
import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest

from lvsha.lab.cluster.faults import FAULTS
from lvsha.lab.cluster.machines import CONFIGURATION, DIRECTORS, machines
from lvsha.lab.cluster.stacks import STACKS
from lvsha.lab.drill.machines import Step
from lvsha.lab.errors import LabError
from lvsha.lab.forwarding import Faults
from lvsha.lab.recipe import BASE, DAEMONS, key
from lvsha.lab.vagrant import box, leap, roles
from lvsha.lab.vagrant.cuts import rules
from lvsha.lab.vagrant.shape import Shape, from_json, slowed, unarmed

VAGRANTFILE = Path(__file__).parents[2] / "vagrant" / "Vagrantfile"
SHAPES = [
    from_json(
        json.dumps(
            {
                "topology": topology,
                "method": method,
                "reals": reals,
                "patience": patience,
                "system": system,
            }
        )
    )
    for topology, method, reals, patience, system in itertools.product(
        ("classic", "warm", "active-active"),
        ("gate", "ipip"),
        (2, 3),
        (1, 5),
        ("debian12", "leap15"),
    )
]


@pytest.mark.parametrize("name", DIRECTORS)
def test_a_warm_director_is_prepared_as_in_the_embedded_lab(name: str) -> None:
    embedded = STACKS["warm"].formation.steps(token=1000)

    assert set(embedded) <= set(roles.prepared(name, Shape("warm")))


def test_a_classic_director_is_prepared_as_in_the_embedded_lab() -> None:
    embedded = STACKS["classic"].formation.steps(token=1000)

    assert set(embedded) <= set(roles.prepared("d1", Shape("classic")))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_machine_of_every_shape_has_a_role(shape: Shape) -> None:
    for spec in shape.specs:
        steps = (
            *roles.named(spec.name, shape),
            *roles.prepared(spec.name, shape),
            *roles.at_boot(spec.name, shape),
        )

        assert all(step.argv for step in steps)
        assert "eth0" not in str(steps)
        assert f"addr replace {spec.addresses[0]} dev lab0" in str(steps)


def test_a_third_real_server_and_the_method_are_in_the_configuration() -> None:
    steps = roles.prepared("d1", Shape(method="ipip", reals=3))
    (text,) = [step.given for step in steps if step.argv == ("tee", CONFIGURATION)]

    assert "        real = 192.168.0.130:80 ipip\n" in text
    assert " gate" not in text


def test_a_real_server_reached_by_tunnels_has_one() -> None:
    steps = roles.at_boot("real1", Shape(method="ipip"))

    assert Step(("modprobe", "ipip")) in steps
    assert any(
        step.argv[:3] == ("ip", "address", "replace") and "tunl0" in step.argv
        for step in steps
    )


def test_what_a_real_server_does_at_boot_can_be_done_twice() -> None:
    for method in ("gate", "ipip"):
        steps = roles.at_boot("real1", Shape(method=method))

        assert not [one for one in steps if "add" in one.argv]
        assert "addr add" not in str(steps)


def test_a_machine_knows_the_shape_of_its_lab() -> None:
    shape = Shape("classic", "ipip", 3, 4)
    (text,) = [
        step.given
        for step in roles.named("real3", shape)
        if step.argv == ("tee", roles.SETTINGS)
    ]

    assert json.loads(text)["name"] == "real3"
    assert from_json(text) == from_json(shape.to_json()) == shape


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"topology": "keepalived"}, "topology 'keepalived' is not"),
        ({"method": "masq"}, "masq needs a second network"),
        ({"method": "nat"}, "method 'nat' is not gate, ipip"),
        ({"reals": 1}, "1 real servers: there may be 2 or 3"),
        ({"reals": 4}, "4 real servers"),
        ({"patience": 0}, "patience 0 is not"),
        ({"system": "leap16"}, "system 'leap16' is not"),
    ],
)
def test_a_shape_that_cannot_be_built_is_refused(
    words: dict[str, object], message: str
) -> None:
    with pytest.raises(LabError, match=message):
        from_json(json.dumps({**asdict(Shape()), **words}))


def test_patience_multiplies_every_timeout_and_nothing_else() -> None:
    text = "op start timeout=20s interval=5s\nfailure-timeout=300s token=1s"

    assert slowed(text, 3) == (
        "op start timeout=60s interval=5s\nfailure-timeout=900s token=1s"
    )
    assert Shape(patience=7).token == 7000


def test_between_drills_nobody_is_to_fence() -> None:
    crm = unarmed(Shape("warm").stack().formation.configuration())

    assert "fence_lvsha_lab" not in crm
    assert "stonith-enabled=false" in crm
    assert crm.count("\n") == (
        Shape("warm").stack().formation.configuration().count("\n") - 1
    )


def test_the_usual_shape_can_do_every_drill_of_its_stack() -> None:
    shape = Shape("warm")

    refused = {name for name, fault in FAULTS.items() if shape.refusal(fault)}

    assert refused == {
        name for name, fault in FAULTS.items() if "warm" not in fault.stacks
    }


def test_what_a_lab_cannot_do_is_refused_with_a_reason() -> None:
    tampered, lost = FAULTS["table-tampered"], FAULTS["lost-path"]

    assert "not on classic" in Shape("classic").refusal(tampered)
    assert "method gate" in Shape(method="ipip").refusal(tampered)
    assert "two real servers" in Shape(reals=3).refusal(lost)
    assert "Debian's package" in Shape(system="leap15").refusal(
        FAULTS["rolling-upgrade"]
    )


def test_every_package_of_the_recipe_has_a_name_on_leap() -> None:
    names = leap.packages(BASE.packages)

    assert {"pacemaker", "corosync", "python311-click", "nginx"} <= set(names)
    assert len(names) == len(set(names))


def test_on_leap_nothing_runs_by_the_old_python() -> None:
    shape = Shape("warm", system="leap15")
    for spec in shape.specs:
        steps = (*roles.prepared(spec.name, shape), *roles.at_boot(spec.name, shape))

        assert not re.search(r"#!/usr/bin/python3 |dist-packages", str(steps))


def test_a_box_has_the_recipe_in_it_and_no_agent_of_the_lab() -> None:
    recipe = box.recipe("ssh-rsa KEY")

    assert set(BASE.packages) < set(recipe.packages)
    assert not recipe.masked
    assert "/etc/systemd/system/lvsha-lab-agent.service" not in recipe.files
    assert key(recipe) not in {key(BASE), key(DAEMONS)}


def test_a_cut_cable_loses_everything_both_ways() -> None:
    faults = Faults()
    faults.cut("d1")
    text = rules("d1", faults, Shape().mac)

    assert text.startswith("table netdev lvsha_lab\ndelete table netdev lvsha_lab\n")
    assert text.count("    drop\n") == 2
    assert 'hook ingress device "lab0"' in text
    assert 'hook egress device "lab0"' in text


def test_who_is_deaf_still_speaks() -> None:
    faults = Faults()
    faults.cut("", "d1", one_way=True)
    text = rules("d1", faults, Shape().mac)

    assert "hook ingress" in text
    assert "hook egress" not in text


def test_a_cut_between_two_is_made_at_both_ends_by_the_other_s_address() -> None:
    shape, faults = Shape(), Faults()
    faults.cut("d1", "d2")

    for one, other in (("d1", "d2"), ("d2", "d1")):
        text = rules(one, faults, shape.mac)
        assert f"ether saddr {shape.mac(other)} drop" in text
        assert f"ether daddr {shape.mac(other)} drop" in text


def test_a_healed_machine_has_no_rule() -> None:
    faults = Faults()
    faults.cut("d1")
    faults.heal("d1")

    assert "chain" not in rules("d1", faults, Shape().mac)


def test_every_machine_has_an_address_of_its_own_on_the_network() -> None:
    shape = Shape(reals=3)
    addresses = [shape.mac(spec.name) for spec in shape.specs]

    assert len(set(addresses)) == len(addresses) == 6
    assert addresses[0] == "02:4c:56:00:00:01"


def test_the_vagrantfile_has_the_lab_s_machines_in_the_lab_s_order() -> None:
    text = VAGRANTFILE.read_text()
    (line,) = re.findall(r"^NAMES = \[(.*)\]$", text, re.MULTILINE)
    for reals in (2, 3):
        numbers = ", ".join(f'"real{number}"' for number in range(1, reals + 1))
        part = '*(1..REALS).map { |number| "real#{number}" }'
        names = json.loads(f"[{line.replace(part, numbers)}]")
        specs = machines(Shape(reals=reals).names)

        assert names == [spec.name for spec in specs]
    assert 'format("024c5600%04x", index + 1)' in text


def test_the_vagrantfile_passes_every_word_that_a_role_takes() -> None:
    text = VAGRANTFILE.read_text()

    for word in asdict(Shape()):
        assert f'"--{word}", {word.upper()}' in text


def test_what_is_not_copied_to_machines_is_left_out_at_the_top_only() -> None:
    (block,) = re.findall(
        r"rsync__exclude: \[(.*?)\]", VAGRANTFILE.read_text(), re.DOTALL
    )
    folders = [one for one in re.findall(r'"([^"]+)"', block) if one != "__pycache__/"]

    assert "/vagrant/" in folders
    assert all(folder.startswith("/") for folder in folders)
