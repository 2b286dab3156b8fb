"""The profile's sysctls: set, set back, and whose they are."""

from collections.abc import Mapping
from itertools import permutations
from pathlib import Path

import pytest
from click.testing import CliRunner

from lvsha.cli.main import cli
from lvsha.engine.tuning import Tuning
from lvsha.errors import KernelError
from lvsha.ipvs import sysctl
from lvsha.ipvs.profile import Setting, Site, profile

NAMES = {*profile(Site(sync_ports=4)), *profile(Site(stateless=True))}
BEFORE = {
    **dict.fromkeys(NAMES, "0"),
    "sync_threshold": "3\t50",
    "sync_ports": "1",
    "conn_reuse_mode": "1",
}
SITES = [Site(), Site(stateless=True), Site(sync_ports=4)]


@pytest.fixture
def sysctls(tmp_path: Path) -> Path:
    directory = tmp_path / "vs"
    directory.mkdir()
    for name, value in BEFORE.items():
        (directory / name).write_text(f"{value}\n")
    return directory


@pytest.fixture
def tuning(tmp_path: Path, sysctls: Path) -> Tuning:
    return Tuning(tmp_path / "run", sysctls)


def values(sysctls: Path) -> Mapping[str, str]:
    return sysctl.read(sorted(NAMES), sysctls)


def test_applied_it_is_as_the_profile_has_it(tuning: Tuning, sysctls: Path) -> None:
    wanted = profile(Site())
    changed = tuning.apply(Site(), wanted)

    assert {n: values(sysctls)[n] for n in wanted} == {
        n: s.value for n, s in wanted.items()
    }
    assert ("sync_threshold", "0 0", "3 50") in [one[:3] for one in changed]
    assert tuning.apply(Site(), wanted) == []


@pytest.mark.parametrize("sites", list(permutations(SITES)))
def test_whatever_was_applied_restore_leaves_it_as_before(
    sites: tuple[Site, ...], tuning: Tuning, sysctls: Path, tmp_path: Path
) -> None:
    before = values(sysctls)
    for site in sites:
        tuning.apply(site, profile(site))
        assert tuning.site() == site
    left = tuning.restore()

    assert left == []
    assert values(sysctls) == before
    assert list((tmp_path / "run").glob("*.json")) == []


def test_another_profile_undoes_what_it_does_not_name(
    tuning: Tuning, sysctls: Path
) -> None:
    tuning.apply(Site(), profile(Site()))
    stateless = Site(stateless=True)
    tuning.apply(stateless, profile(stateless))

    assert values(sysctls)["sync_threshold"] == "3 50"
    assert values(sysctls)["sloppy_tcp"] == "1"


def test_what_somebody_else_has_changed_since_is_left(
    tuning: Tuning, sysctls: Path
) -> None:
    tuning.apply(Site(), profile(Site()))
    sysctl.write("sync_threshold", "2 10", sysctls)
    left = tuning.restore()

    assert left == ["sync_threshold"]
    assert values(sysctls)["sync_threshold"] == "2 10"


def test_what_was_interrupted_is_undone(tuning: Tuning, sysctls: Path) -> None:
    before = values(sysctls)
    tuning.apply(Site(stateless=True), profile(Site(stateless=True)))
    # on the way to this one, the value on record is not set yet
    tuning.apply(Site(), profile(Site()))
    sysctl.write("sloppy_tcp", "1", sysctls)

    assert tuning.restore() == []
    assert values(sysctls) == before


def test_restore_twice_is_restore_once(tuning: Tuning, sysctls: Path) -> None:
    tuning.apply(Site(), profile(Site()))
    tuning.restore()
    sysctl.write("sync_threshold", "0 0", sysctls)

    assert tuning.restore() == []
    assert values(sysctls)["sync_threshold"] == "0 0"


def test_what_this_kernel_has_not_is_not_made(tuning: Tuning, sysctls: Path) -> None:
    (sysctls / "sloppy_tcp").unlink()
    tuning.apply(Site(), profile(Site()))
    tuning.restore()

    assert not (sysctls / "sloppy_tcp").exists()


def test_nothing_was_applied_for_a_site_with_daemons(tuning: Tuning) -> None:
    assert tuning.site() == Site()


def test_a_refusal_names_the_sysctl(sysctls: Path) -> None:
    with pytest.raises(KernelError) as refused:
        sysctl.write("no_such", "1", sysctls)

    assert str(refused.value) == (
        "cannot set net.ipv4.vs.no_such to 1: No such file or directory"
    )
    assert not (sysctls / "no_such").exists()


def test_a_new_value_takes_the_place_of_a_longer_one(
    tuning: Tuning, sysctls: Path
) -> None:
    wanted = {"sync_sock_size": Setting("4194304", ""), "backup_only": Setting("1", "")}
    before = values(sysctls)
    tuning.apply(Site(), wanted)
    tuning.restore()

    assert values(sysctls) == before


def test_ports_that_are_no_power_of_two_are_a_usage_error(tmp_path: Path) -> None:
    words = ["sync", "profile", "--sync-ports", "3", "--rundir", str(tmp_path)]
    result = CliRunner().invoke(cli, words)

    assert result.exit_code == 2
    assert "power of two" in result.output


def test_the_help_says_what_status_1_is() -> None:
    result = CliRunner().invoke(cli, ["sync", "--help"])

    assert "no daemon runs, or a sysctl differs" in " ".join(result.output.split())


def test_what_two_directors_hold_is_set_back_by_the_last(
    tuning: Tuning, sysctls: Path
) -> None:
    before, wanted = values(sysctls), profile(Site())
    for holder in ("one", "two", "one"):
        tuning.apply(Site(), wanted, holder)
    tuning.restore("one")
    while_held, holders = values(sysctls), tuning.holders()
    tuning.restore("two")

    assert (while_held["sync_threshold"], holders) == ("0 0", ["two"])
    assert values(sysctls) == before


def test_the_operator_s_word_counts_for_all(tuning: Tuning, sysctls: Path) -> None:
    before = values(sysctls)
    tuning.apply(Site(), profile(Site()), "one")
    tuning.restore()

    assert values(sysctls) == before
    assert tuning.holders() == []
