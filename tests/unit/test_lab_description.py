"""The lab as values: recipes, machines and topologies."""

from dataclasses import replace
from pathlib import Path

import pytest

from lvsha.lab import image
from lvsha.lab.errors import ImageError, LabError
from lvsha.lab.recipe import BASE, DAEMONS, File, Recipe, key
from lvsha.lab.topology import (
    SMALL,
    NodeSpec,
    check,
    from_json,
    hosts,
    load,
    network_steps,
    numbered,
)
from lvsha.lab.uml import Machine, command_line


@pytest.fixture
def machine() -> Machine:
    return Machine(
        name="real1",
        kernel=Path("/l/linux"),
        disk=Path("/l/disk"),
        own=Path("/l/1.disk"),
        place=Path("/l/real1"),
        sockets=Path("/l/uml"),
        port=Path("/l/1.port"),
        mac="02:4c:56:00:00:01",
        memory="256M",
        boot="light",
        line=7,
    )


def test_equal_recipes_have_one_image() -> None:
    assert key(Recipe()) == key(Recipe())


@pytest.mark.parametrize(
    "other",
    [
        replace(Recipe(), packages=("dbus",)),
        replace(Recipe(), files={"/etc/fstab": File("", 0o600)}),
        replace(Recipe(), masked=()),
        replace(Recipe(), layout=2),
    ],
)
def test_another_recipe_has_another_image(other: Recipe) -> None:
    assert key(other) != key(Recipe())


def test_an_image_that_was_not_built_is_an_error_that_says_how(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="lvsha lab build"):
        image.find(cache=tmp_path)


def test_the_image_with_the_daemons_is_a_second_one_with_all_of_the_first() -> None:
    assert key(BASE) == key(Recipe())
    assert key(DAEMONS) != key(BASE)
    assert set(DAEMONS.packages) > set(BASE.packages)
    assert set(DAEMONS.disabled) > set(BASE.disabled)


def test_an_image_with_daemons_that_was_not_built_says_how_it_is(
    tmp_path: Path,
) -> None:
    with pytest.raises(ImageError, match="lvsha lab build --daemons"):
        image.find(DAEMONS, cache=tmp_path)


def test_cleaning_keeps_the_current_images_and_removes_the_others(
    tmp_path: Path,
) -> None:
    current, old, broken = {key(BASE), key(DAEMONS)}, "0" * 16, ".1111111111111111-x"
    for name in (*current, old, broken):
        (tmp_path / name).mkdir()

    removed = image.remove_others(BASE, DAEMONS, cache=tmp_path)

    assert {path.name for path in removed} == {old, broken}
    assert {path.name for path in tmp_path.iterdir()} == current


def test_cleaning_a_cache_that_was_never_used_is_nothing_to_do(tmp_path: Path) -> None:
    assert image.remove_others(Recipe(), cache=tmp_path / "none") == []


def test_a_machine_is_one_argument_list(machine: Machine) -> None:
    words = command_line(machine)

    assert "ubd0=/l/1.disk,/l/disk" in words
    assert "ssl0=fd:7" in words
    assert "mem=256M" in words
    assert "uml_dir=/l/uml" in words
    assert "vec0:transport=bess,dst=/l/1.port,mac=02:4c:56:00:00:01,depth=128" in words
    assert "init=/usr/lib/lvsha-lab/start" in words


def test_a_node_with_systemd_differs_only_in_its_first_program(
    machine: Machine,
) -> None:
    light = set(command_line(machine))
    system = set(command_line(replace(machine, boot="systemd")))

    assert system - light == {"init=/lib/systemd/systemd"}


def test_no_word_of_the_kernel_s_command_line_has_a_blank(machine: Machine) -> None:
    assert not [word for word in command_line(machine) if " " in word]


def test_the_small_topology_is_one_a_lab_takes() -> None:
    check(SMALL)


@pytest.mark.parametrize(
    ("nodes", "complaint"),
    [
        ((), "needs a node"),
        ((NodeSpec("a"), NodeSpec("a")), "both a"),
        ((NodeSpec("a", ("10.0.0.1/8",)), NodeSpec("b", ("10.0.0.1/24",))), "10.0.0.1"),
    ],
)
def test_a_lab_without_sense_is_refused(
    nodes: tuple[NodeSpec, ...], complaint: str
) -> None:
    with pytest.raises(LabError, match=complaint):
        check(nodes)


def test_two_networks_may_use_the_same_addresses() -> None:
    check(
        [NodeSpec("a", ("10.0.0.1/8",)), NodeSpec("b", ("10.0.0.1/8",), network="two")]
    )


@pytest.mark.parametrize(
    "words",
    [
        {"name": "Real"},
        {"name": "a b"},
        {"name": ""},
        {"name": "a", "memory": "lots"},
        {"name": "a", "boot": "sysv"},
        {"name": "a", "addresses": ["10.0.0.300/24"]},
    ],
)
def test_a_node_that_could_not_boot_is_refused(
    words: dict[str, str | list[str]],
) -> None:
    with pytest.raises(LabError):
        from_json(words)


def test_every_node_knows_every_name() -> None:
    text = hosts([NodeSpec("a", ("10.0.0.1/8", "fd00::1/64")), NodeSpec("b")])

    assert text.splitlines()[2:] == ["10.0.0.1 a", "fd00::1 a"]


def test_addresses_are_there_at_once_also_those_of_ipv6() -> None:
    steps = network_steps(NodeSpec("a", ("10.0.0.1/8", "fd00::1/64")))

    assert "addr add 10.0.0.1/8 dev eth0" in steps
    assert "addr add fd00::1/64 dev eth0 nodad" in steps


def test_numbered_nodes_have_their_number_in_name_and_address() -> None:
    names = [(node.name, node.addresses[0]) for node in numbered(2)]

    assert names == [("node1", "10.77.0.1/24"), ("node2", "10.77.0.2/24")]


def test_a_topology_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "lab.toml"
    file.write_text(
        '[[node]]\nname = "lb"\naddresses = ["10.0.0.1/24"]\nboot = "systemd"\n'
        '[[node]]\nname = "rs"\nmemory = "128M"\n'
    )

    assert load(file) == (
        NodeSpec("lb", ("10.0.0.1/24",), boot="systemd"),
        NodeSpec("rs", memory="128M"),
    )


@pytest.mark.parametrize(
    "text", ["[[node]]\nmem = 1\nname = 'a'\n", "[[node]]\nboot='light'\n", "[", ""]
)
def test_a_topology_file_with_a_mistake_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "lab.toml"
    file.write_text(text)

    with pytest.raises(LabError):
        load(file)


def test_the_cache_is_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUDO_UID", raising=False)
    monkeypatch.delenv("LVSHA_LAB_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    user = image.cache_folder()
    monkeypatch.setenv("LVSHA_LAB_CACHE", str(tmp_path / "named"))

    assert user == tmp_path / "lvsha" / "lab"
    assert image.cache_folder() == tmp_path / "named"
