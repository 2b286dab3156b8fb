"""What README and docs/crm-configure.md tell to paste: it loads, clients are served."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lvsha.lab.cluster.cluster import Cluster
from lvsha.lab.cluster.crm_texts import COMMON
from lvsha.lab.cluster.fencing import Fencing
from lvsha.lab.cluster.machines import CLIENT, DIRECTORS, VIP, machines
from lvsha.lab.cluster.pacemaker import Pacemaker
from lvsha.lab.cluster.stacks import STACKS
from lvsha.lab.image import find
from lvsha.lab.lab import Lab

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```crm (\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TEXTS = dict(BLOCK.findall((ROOT / "README.md").read_text()))
BOOT = 120.0
ONLINE = 90.0
SECONDS = 180.0


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("lab"), machines(), image=find()) as made:
        made.up(seconds=BOOT)
        empty = replace(STACKS["warm"], formation=Pacemaker(COMMON, ours=True))
        cluster = Cluster(made, empty)
        with Fencing(made, DIRECTORS):
            cluster.prepare()
            cluster.start(seconds=ONLINE)
            cluster.configure()
            yield made


def pasted(lab: Lab, name: str) -> Cluster:
    """Paste the text *name* as it stands; return when the cluster is whole."""
    node = lab.node(DIRECTORS[0])
    said = node.run(
        ["crm", "configure"], seconds=SECONDS, stdin=TEXTS[name].encode(), check=False
    )
    assert (said.status, said.stderr) == (0, b""), said.stdout + said.stderr
    cluster = Cluster(lab, STACKS[name])
    cluster.wait_whole(SECONDS)
    return cluster


def served(lab: Lab) -> bytes:
    """Return the first answer of a real server to a client of the address."""
    client, until = lab.node(CLIENT), time.monotonic() + SECONDS
    ask = ["curl", "-sf", "--max-time", "5", f"http://{VIP}/who.html"]
    while (said := client.run(ask, seconds=SECONDS, check=False)).status:
        assert time.monotonic() < until
    return said.stdout


def test_the_texts_work_as_they_stand(lab: Lab) -> None:
    pasted(lab, "classic")
    answer = served(lab)

    assert answer.startswith(b"server real")

    voice = lab.node(DIRECTORS[0])
    for words in ("resource stop g-lvs", "configure delete g-lvs director vip"):
        voice.run(["crm", "-w", "-F", *words.split()], seconds=SECONDS)
    warm = pasted(lab, "warm")
    answer = served(lab)

    assert answer.startswith(b"server real")
    seen = warm.state()
    assert seen is not None
    assert seen.failed == frozenset()


def test_both_texts_are_in_both_places() -> None:
    page = (ROOT / "docs" / "crm-configure.md").read_text()

    assert TEXTS.keys() == {"classic", "warm"}
    assert dict(BLOCK.findall(page)) == TEXTS
