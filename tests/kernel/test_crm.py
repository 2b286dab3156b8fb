"""The topologies before crmsh and Pacemaker's own simulation, offline."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lvsha.crm import crmsh
from lvsha.crm.rehearsal import rehearse
from lvsha.crm.scratch import Scratch, ToolFailed
from lvsha.crm.slots import filled
from lvsha.crm.topologies import TOPOLOGIES

PROVIDER = Path("/usr/lib/ocf/resource.d/lvsha")
PACKAGES = Path("/usr/lib/python3/dist-packages/lvsha")
CHECKOUT = Path(__file__).parents[2]
NODES = ("d1", "d2")
VALUES = {
    "lvs-classic": {"vip": "192.0.2.1"},
    "lvs-warm": {"vip": "192.0.2.1", "sync_interface": "eth0", "netmask": "24"},
    "lvs-active-active": {
        "address_one": "192.0.2.1",
        "address_two": "192.0.2.2",
        "node_one": "d1",
        "node_two": "d2",
        "sync_interface": "eth0",
    },
}
# Where the (first) VIP is after each event of the rehearsal.
COURSE = {
    "lvs-classic": ["d1", "d2", "d2", "d1", "d1", "d1"],
    "lvs-warm": ["d1", "d2", "d2", "d1", "d1", "d1", "d2"],
    "lvs-active-active": ["d1", "d2", "d1", "d2", "d1", "d1", "d2"],
}
EVERY = pytest.mark.parametrize("name", TOPOLOGIES)


@pytest.fixture(scope="module", autouse=True)
def agents() -> Iterator[None]:
    """Put the agents where crmsh asks them for their metadata."""
    shutil.copytree(CHECKOUT / "agents" / "ocf", PROVIDER, dirs_exist_ok=True)
    PACKAGES.symlink_to(CHECKOUT / "lvsha")
    yield
    PACKAGES.unlink()
    shutil.rmtree(PROVIDER)


def crm(scratch: Path, *words: str, stdin: str = "") -> str:
    done = subprocess.run(
        ["crm", "-D", "plain", *words],
        input=stdin,
        env={**os.environ, "CIB_file": str(scratch / "cib.xml"), "HOME": str(scratch)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@EVERY
def test_failovers_of_a_topology_go_where_they_should(
    name: str, tmp_path: Path
) -> None:
    topology = TOPOLOGIES[name]
    scratch = Scratch(tmp_path, NODES)
    scratch.load(crmsh.text(topology, filled(topology.slots, VALUES[name])))
    results = list(rehearse(scratch, NODES))
    assert [result.problems for result in results] == [()] * len(results)
    assert [result.where[0][1] for result in results] == COURSE[name]


@EVERY
def test_crmsh_makes_a_configuration_of_the_template(name: str, tmp_path: Path) -> None:
    scratch = Scratch(tmp_path, NODES)
    template = Path("/usr/share/crmsh/templates") / name
    shutil.copy(CHECKOUT / "crm-templates" / name, template)
    try:
        values = [f"{key}={value}" for key, value in VALUES[name].items()]
        crm(tmp_path, "configure", "template", "new", "web", name, "params", *values)
        crm(tmp_path, "configure", stdin="template\napply update web\nup\ncommit\n")
    finally:
        template.unlink()
    assert "web-director" in {one.get("id") for one in scratch.resources().iter()}
    scratch.verify()


@EVERY
def test_crmsh_verifies_the_wizard_and_types_its_values(
    name: str, tmp_path: Path
) -> None:
    Scratch(tmp_path, NODES)
    scripts = f"--scriptdir={CHECKOUT / 'crm-templates' / 'scripts'}"
    values = [f"{key}={value}" for key, value in VALUES[name].items()]
    said = crm(tmp_path, scripts, "script", "verify", name, *values)
    assert "primitive lvs-director ocf:lvsha:director" in said
    address = next(key for key in VALUES[name] if key in ("vip", "address_one"))
    with pytest.raises(AssertionError, match="is not an IP address"):
        crm(
            tmp_path, scripts, "script", "verify", name, *values, f"{address}=300.1.1.1"
        )


def test_a_text_that_crmsh_does_not_take_is_refused_with_its_words(
    tmp_path: Path,
) -> None:
    scratch = Scratch(tmp_path, NODES)
    with pytest.raises(ToolFailed, match="no_such_parameter"):
        scratch.load("primitive x ocf:lvsha:director params no_such_parameter=1")
