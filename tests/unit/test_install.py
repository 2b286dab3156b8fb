"""What is installed where, what stays untouched, and that nothing is left behind."""

import json
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lvsha.cli.main import cli
from lvsha.install import layout, texts
from lvsha.install.layout import File, Link, Place
from lvsha.install.manifest import PATH, Manifest, Unreadable, parsed, rendered
from lvsha.install.plan import Plan, plan
from lvsha.install.reach import Step, obstacle, unusable
from lvsha.install.shipped import shipped
from lvsha.install.takeover import (
    ASIDE,
    LDIRECTORD,
    Facts,
    Means,
    giving,
    means,
    taking,
)

PLACE = Place("/opt/x/bin/python3", "/opt/x/lib")
FILES = layout.wanted(shipped(), {"bash": "#"}, PLACE)
UNIT = "/usr/lib/systemd/system/lvsha.service"


def lvsha(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)))


def tree(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): str(path.readlink())
        if path.is_symlink()
        else path.read_text()
        if path.is_file()
        else ""
        for path in root.rglob("*")
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a system that has dpkg, and nothing else."""
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    (tmp_path / "usr/sbin").mkdir(parents=True)
    return tmp_path


def test_everything_that_is_shipped_has_its_place() -> None:
    nowhere = [name for name in shipped() if not layout.target(name)]

    assert nowhere == []
    for name in ("director", "vip", "syncd", "realserver"):
        assert f"/usr/lib/ocf/resource.d/lvsha/{name}" in FILES
    assert {UNIT, "/usr/share/man/man8/lvsha.8", "/usr/sbin/lvsha"} <= FILES.keys()


def test_nothing_goes_where_the_administrator_writes() -> None:
    for path in FILES:
        assert path.startswith("/usr/")


def test_agents_programs_and_units_are_for_this_interpreter_and_prefix() -> None:
    moved = layout.wanted(shipped(), {}, Place("/a/python3", "/a/lib", "/opt/lvs"))
    agent = moved["/opt/lvs/lib/ocf/resource.d/lvsha/vip"]
    program = moved["/opt/lvs/sbin/lvsha"]
    unit = moved["/opt/lvs/lib/systemd/system/lvsha.service"]

    assert isinstance(agent, File)
    assert isinstance(program, File)
    assert isinstance(unit, File)
    assert agent.content.startswith(b"#!/a/python3 -IS\n")
    assert program.content.startswith(b"#!/a/python3 -I\n")
    assert b"ExecStart=/opt/lvs/sbin/lvsha run\n" in unit.content
    assert agent.mode == program.mode == 0o755
    assert unit.mode == 0o644


def test_only_exact_copies_become_links() -> None:
    links = layout.linked(FILES, "/x")

    assert links[UNIT] == Link("/x/systemd/lvsha.service")
    assert isinstance(links["/usr/sbin/lvsha"], File)
    assert isinstance(links["/usr/lib/ocf/resource.d/lvsha/vip"], File)


def test_no_sysctl_is_switched_on() -> None:
    lines = texts.sysctls().splitlines()

    assert "#net.ipv4.vs.sync_threshold = 0 0" in lines
    assert all(line.startswith("#") or not line for line in lines)


@pytest.mark.parametrize(
    ("wish", "there", "ours"),
    list(product((None, "a"), (None, "a", "b"), ((), "a", "b"))),
)
def test_only_what_is_ours_is_replaced_or_removed(
    wish: str | None, there: str | None, ours: tuple[str, ...] | str
) -> None:
    found = plan(
        {"/f": wish} if wish else {},
        {"/f": there} if there else {},
        {"/f": ours} if ours else {},
    )

    if ("/f" in found.write and there) or found.remove:
        assert there in ours
    if wish and not found.conflicts:
        assert found.write or there == wish
    lists = [getattr(found, name) for name in Plan.__dataclass_fields__]
    assert sum(map(len, lists)) <= 1


def test_installing_twice_is_installing_once_and_uninstalling_leaves_nothing(
    root: Path,
) -> None:
    before = tree(root)

    first = lvsha("install", "--destdir", root)
    installed = tree(root)
    second = lvsha("install", "--destdir", root, "--json")
    removed = lvsha("uninstall", "--destdir", root)
    again = lvsha("uninstall", "--destdir", root)

    assert [one.exit_code for one in (first, second, removed, again)] == [0, 0, 0, 0]
    assert json.loads(second.stdout)["written"] == []
    assert installed.keys() > before.keys()
    assert "nothing to do" in again.stdout
    assert tree(root) == before


def test_a_dry_run_touches_nothing(root: Path) -> None:
    before = tree(root)

    said = lvsha("install", "--destdir", root, "--dry-run").stdout

    assert f"{UNIT}: would be written" in said
    assert tree(root) == before


def test_a_foreign_file_stays_and_stops_everything(root: Path) -> None:
    (root / UNIT[1:]).parent.mkdir(parents=True)
    (root / UNIT[1:]).write_text("theirs\n")
    before = tree(root)

    result = lvsha("install", "--destdir", root)

    assert result.exit_code == 1
    assert f"{UNIT} is there, and not ours" in result.stderr
    assert tree(root) == before


def test_a_file_that_was_changed_is_neither_replaced_nor_removed(root: Path) -> None:
    lvsha("install", "--destdir", root)
    (root / UNIT[1:]).write_text("changed\n")

    refused = lvsha("install", "--destdir", root)
    removed = lvsha("uninstall", "--destdir", root)

    assert refused.exit_code == 1
    assert "was changed since it was installed" in refused.stderr
    assert removed.exit_code == 1
    assert (root / UNIT[1:]).read_text() == "changed\n"
    assert not (root / "usr/sbin/lvsha").exists()
    (root / UNIT[1:]).unlink()
    assert lvsha("uninstall", "--destdir", root).exit_code == 0
    assert not (root / PATH[1:]).exists()


def test_what_is_no_longer_part_of_it_goes(root: Path) -> None:
    lvsha("install", "--destdir", root)
    record = root / PATH[1:]
    manifest = parsed(record.read_text())
    (root / "usr/sbin/old").write_text("old")
    (root / "usr/sbin/old").chmod(0o644)
    old = {"/usr/sbin/old": frozenset([layout.marked(b"old", 0o644)])}
    record.write_text(
        rendered(Manifest({**manifest.files, **old}, manifest.directories))
    )

    lvsha("install", "--destdir", root)

    assert not (root / "usr/sbin/old").exists()


def test_a_package_has_no_record(root: Path) -> None:
    lvsha("install", "--destdir", root, "--no-record")

    assert (root / "usr/sbin/lvsha").exists()
    assert not (root / "var/lib/lvsha").exists()
    assert "nothing to do" in lvsha("uninstall", "--destdir", root).stdout


def test_what_a_package_installed_is_left_to_it(root: Path) -> None:
    lvsha("install", "--destdir", root, "--no-record")
    (root / UNIT[1:]).write_text("the package's, in another version\n")
    before = tree(root)

    taken = lvsha("install", "--destdir", root, "--as-ldirectord", "--json")
    given = lvsha("uninstall", "--destdir", root)

    assert json.loads(taken.stdout)["written"] == [LDIRECTORD]
    assert given.exit_code == 0
    assert tree(root).items() >= before.items()
    assert not (root / LDIRECTORD[1:]).is_symlink()


def test_ldirectord_is_taken_over_and_given_back(root: Path) -> None:
    (root / LDIRECTORD[1:]).write_text("theirs")
    before = {**tree(root), "var/lib/dpkg/diversions": ""}

    taken = lvsha("install", "--destdir", root, "--as-ldirectord")
    place, aside = root / LDIRECTORD[1:], root / ASIDE[1:]
    kept = aside.read_text(), str(place.readlink())
    again = lvsha("install", "--destdir", root)
    given = lvsha("uninstall", "--destdir", root)

    assert [one.exit_code for one in (taken, again, given)] == [0, 0, 0]
    assert kept == ("theirs", "/usr/sbin/lvsha-ldirectord")
    assert "nothing to do" in again.stdout
    assert {**tree(root), "var/lib/dpkg/diversions": ""} | {
        "var/lib/dpkg/diversions-old": ""
    } == before | {"var/lib/dpkg/diversions-old": ""}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(diverts=True, alternatives=True), Means.DIVERT),
        (Facts(diverts=True, alternatives=True, there=True), Means.DIVERT),
        (
            Facts(True, True, there=True, link="/etc/alternatives/ldirectord"),  # noqa: FBT003
            Means.ALTERNATIVE,
        ),
        (Facts(diverts=False, alternatives=True), Means.LINK),
        (Facts(diverts=False, alternatives=True, there=True), None),
    ],
)
def test_the_name_is_taken_by_the_means_that_can_be_undone(
    facts: Facts, expected: Means | None
) -> None:
    assert means(facts) is expected


@pytest.mark.parametrize("how", Means)
@pytest.mark.parametrize("root", ["", "/x"])
def test_every_taking_has_its_giving_back(how: Means, root: str) -> None:
    takes, gives = taking(how, "/p", root), giving(how, "/p", root)

    assert bool(takes) == bool(gives)
    assert {one[0] for one in takes} == {one[0] for one in gives}
    assert all(("--root" in one) == bool(root) for one in takes + gives)


def test_the_first_closed_step_is_named() -> None:
    way = [Step("/", 0o755, 0, 0), Step("/a", 0o750, 0, 7), Step("/a/b", 0o700, 5, 0)]

    assert obstacle(way, 9, [9]) == "/a"
    assert obstacle(way, 9, [7]) == "/a/b"
    assert obstacle(way, 5, [7]) == ""
    assert obstacle([Step("/p", 0o711, 0, 0, 5)], 9, [9]) == "/p"


def test_an_interpreter_that_a_first_line_cannot_name_is_refused() -> None:
    assert "blank" in unusable("/opt/my python")
    assert "too long" in unusable("/" + "x" * 255)
    assert not unusable("/usr/bin/python3")


def test_a_damaged_record_is_told() -> None:
    for text in ("", "{}", "[]", '{"files": 1}'):
        with pytest.raises(Unreadable, match="is damaged"):
            parsed(text)
    whole = Manifest({"/a": frozenset("b")}, frozenset({"/d"}), "divert /p")
    assert parsed(rendered(whole)) == whole
