"""What docs/migrating-from-ldirectord.md tells to paste: there, and back again.

Run by ``make guides``: too long for a tier of every change.
"""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lvsha.lab.cluster.cluster import Cluster
from lvsha.lab.cluster.crm_texts import COMMON
from lvsha.lab.cluster.fencing import Fencing
from lvsha.lab.cluster.grounds import DrillLab, DrillNode
from lvsha.lab.cluster.machines import (
    CLIENT,
    CONFIGURATION,
    DIRECTORS,
    VIP,
    configuration,
    machines,
)
from lvsha.lab.cluster.pacemaker import Pacemaker
from lvsha.lab.cluster.stacks import STACKS, Stack
from lvsha.lab.image import find
from lvsha.lab.lab import Lab

TOLD = Path(__file__).parents[2] / "docs" / "migrating-from-ldirectord.md"
BLOCK = re.compile(r"^```(?:sh|crm) ([\w-]+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TEXTS = dict(BLOCK.findall(TOLD.read_text()))
BOOT = 120.0
ONLINE = 90.0
SECONDS = 180.0
PATIENT = 3000
"""Milliseconds of corosync's token: a busy machine is no reason to fence anybody."""

CLASSIC = Stack(
    "classic",
    "the cluster of the guide",
    Pacemaker(COMMON + TEXTS["before"]),
    vip="vip",
    role="Started",
    clone="g-lvs",
    engine=(),
)
WARM = STACKS["warm"]
INSTALL = (
    "cp -aL --no-preserve=ownership /srv/lvsha/lvsha /usr/lib/python3/dist-packages/ &&"
    " python3 -I -m compileall -q -x /lvsha/lab/ /usr/lib/python3/dist-packages/lvsha"
    " && cd / && python3 -I -m lvsha install && mkdir -p /var/lock/subsys && sync"
)
# Asks for a page, waits for a word, and asks again on the same connection.
KEPT = f"""
import http.client, sys
there = http.client.HTTPConnection({VIP!r}, timeout=60)
for _ in sys.stdin:
    there.request("GET", "/who.html")
    there.auto_open = 0
    print(there.getresponse().read().decode(), flush=True)
"""


# Ends when a row that was there is missing.
WATCH = """
import subprocess, time
def rows():
    done = subprocess.run(["ipvsadm", "-Sn"], capture_output=True)
    return set(done.stdout.splitlines())
first = rows()
print("watching", flush=True)
while first <= (now := rows()):
    time.sleep(0.02)
print(first - now, flush=True)
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("lab"), machines(), image=find()) as made:
        made.up(seconds=BOOT)
        Cluster(made, CLASSIC).prepare(token=PATIENT)
        for name in DIRECTORS:
            node = made.node(name)
            run(node, INSTALL)
            text = configuration(VIP).encode()
            node.run(["tee", CONFIGURATION], seconds=SECONDS, stdin=text)
        yield made


def run(node: DrillNode, line: str, *, check: bool = True) -> str:
    done = node.run(["sh", "-c", line], seconds=SECONDS, check=check)
    return done.stdout.decode()


def paste(node: DrillNode, name: str) -> str:
    """Run the block *name* as it stands, to its first failure."""
    done = node.run(["sh", "-ec", TEXTS[name]], seconds=SECONDS, check=False)
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert done.status == 0, f"{name}: {said}"
    return said


def table(node: DrillNode) -> list[str]:
    return sorted(run(node, "ipvsadm -Sn").splitlines())


def same(node: DrillNode, wanted: list[str]) -> None:
    """Wait until the table of *node* is the *wanted* one."""
    until = time.monotonic() + SECONDS
    while (found := table(node)) != wanted:
        assert time.monotonic() < until, found
        time.sleep(0.5)


def complete(node: DrillNode) -> list[str]:
    """Return the table of *node* once both real servers are in all three services."""
    until = time.monotonic() + SECONDS
    while len([row for row in table(node) if "-w 1" in row]) < 6:
        assert time.monotonic() < until, table(node)
        time.sleep(0.5)
    return table(node)


def test_every_text_is_pasted() -> None:
    used = Path(__file__).read_text()

    assert [name for name in TEXTS if f'"{name}"' not in used] == []


def test_a_machine_without_a_cluster_changes_hands_without_a_row_missing(
    lab: Lab,
) -> None:
    node = lab.node(DIRECTORS[0])
    before = run(node, f"cat {CONFIGURATION}")
    run(node, "systemctl start ldirectord")
    rows = complete(node)
    watch = node.start(["python3", "-c", WATCH])
    watch.wait_output(b"watching", SECONDS)

    paste(node, "alone")

    assert "6 of 6 real servers up" in run(node, "lvsha status")
    assert table(node) == rows
    assert watch.alive, watch.output()
    watch.end()

    paste(node, "alone-back")

    assert run(node, "systemctl is-active ldirectord").strip() == "active"
    same(node, rows)
    run(node, "systemctl disable --now ldirectord; ipvsadm -C")
    node.run(["tee", CONFIGURATION], seconds=SECONDS, stdin=before.encode())


@pytest.fixture(scope="module")
def cluster(lab: Lab) -> Iterator[Cluster]:
    made = Cluster(lab, CLASSIC)
    with Fencing(lab, DIRECTORS):
        made.start(seconds=ONLINE)
        made.configure()
        made.wait_whole(SECONDS)
        yield made


def answers(lab: DrillLab) -> set[str]:
    """Return who answers a client of the address, once both do."""
    client, until = lab.node(CLIENT), time.monotonic() + SECONDS
    ask = f"curl -sf --max-time 5 http://{VIP}/who.html"
    found: set[str] = set()
    while len(found) < 2:
        found |= set(run(client, ask, check=False).splitlines())
        assert time.monotonic() < until, found
    return found


def moved(cluster: Cluster, stack: Stack, *names: str) -> DrillNode:
    """Paste *names*; return the active director of *stack* when that is whole."""
    voice = cluster.lab.node(DIRECTORS[0])
    for name in names:
        paste(voice, name)
    now = Cluster(cluster.lab, stack)
    seen = now.wait_whole(SECONDS)
    assert seen.failed == frozenset()
    return cluster.lab.node(stack.active(seen))


def agents(cluster: Cluster) -> set[str]:
    """Return what dir and vip are; crmsh leaves ocf:heartbeat out."""
    said = run(cluster.voice(), "crm configure show dir vip")
    return set(re.findall(r"(?m)^primitive \S+ (\S+)", said))


def test_a_classic_cluster_becomes_a_warm_one_and_a_classic_one_again(
    cluster: Cluster,
) -> None:
    lab = cluster.lab
    active = moved(cluster, CLASSIC)
    rows, served = complete(active), answers(lab)
    for name in DIRECTORS:
        paste(lab.node(name), "look")
    planned = paste(active, "plan")
    assert "nothing" in planned

    def all_is_as_it_was(*directors: DrillNode) -> None:
        for node in directors:
            same(node, rows)
        assert answers(lab) == served

    all_is_as_it_was(moved(cluster, CLASSIC, "director"))
    assert agents(cluster) == {"ocf:lvsha:director", "IPaddr2"}

    kept = lab.node(CLIENT).start(["python3", "-c", KEPT], interactive=True)
    kept.write(b"first\n")
    kept.wait_output(b"server", SECONDS)
    all_is_as_it_was(moved(cluster, CLASSIC, "address"))
    assert agents(cluster) == {"ocf:lvsha:director", "ocf:lvsha:vip"}
    kept.write(b"second\n")
    kept.close_input()
    done = kept.wait(SECONDS)
    assert done.status == 0, done.stderr
    assert done.stdout.count(b"server") == 2

    moved(cluster, WARM, "warm-text", "warm")
    for name in DIRECTORS:
        # The doctor finds a lab's clock unkept; that is worth a warning.
        said = run(lab.node(name), TEXTS["warm-look"], check=False)
        assert "6 of 6 real servers up" in said
        assert " 0 errors" in said, said
        run(lab.node(name), "lvsha sync status")
    all_is_as_it_was(*map(lab.node, DIRECTORS))

    all_is_as_it_was(moved(cluster, CLASSIC, "warm-back"))
    assert agents(cluster) == {"ocf:lvsha:director", "ocf:lvsha:vip"}
    all_is_as_it_was(moved(cluster, CLASSIC, "address-back"))
    assert agents(cluster) == {"ocf:lvsha:director", "IPaddr2"}
    all_is_as_it_was(moved(cluster, CLASSIC, "director-back"))
    assert agents(cluster) == {"ldirectord", "IPaddr2"}
