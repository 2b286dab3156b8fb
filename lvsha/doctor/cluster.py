"""Judgements on the cluster: agents, corosync, Pacemaker, fencing, csync2. Pure."""

from collections.abc import Iterator
from typing import Final

from lvsha.doctor.facts import Facts
from lvsha.doctor.finding import Finding, error, unseen, warning

_PAIR: Final = 2
# Crashes are found after a token and a consensus: 1.2 tokens (corosync.conf(5)).
_LONG_TOKEN: Final = 5000


def agents(facts: Facts) -> Iterator[Finding]:
    """Judge whether the cluster can ask the agents what they are."""
    if not facts.clustered:
        return
    missing = [one.name for one in facts.agents if not one.there]
    if missing:
        yield error(f"agents are not installed: {', '.join(missing)}", "lvsha install")
    if facts.hindrance:
        yield error(facts.hindrance, "install lvsha below /usr or /opt")
    for one in facts.agents:
        if one.trouble:
            yield error(
                f"ocf:lvsha:{one.name} cannot tell what it is: {one.trouble}",
                f"crm_resource --show-metadata ocf:lvsha:{one.name}",
            )


def corosync(facts: Facts) -> Iterator[Finding]:
    """Judge corosync's configuration and state."""
    seen = facts.corosync
    if seen is None:
        if facts.pacemaker is not None:
            yield error("there is no /etc/corosync/corosync.conf", "crm cluster init")
        return
    if seen.running is False:
        yield error("corosync does not run", "systemctl start corosync")
    elif seen.running is None:
        yield unseen("whether corosync runs", "corosync-cfgtool -s")
    if seen.quorate is False:
        yield error("this node has no quorum", "corosync-quorumtool -s")
    if seen.token > _LONG_TOKEN:
        yield warning(
            f"token is {seen.token} ms: a crash is noticed after"
            f" {seen.token * 2.2 / 1000:.1f} s",
            "set token: 3000 in the totem section of corosync.conf",
        )


def two_node(facts: Facts) -> Iterator[Finding]:
    """Judge whether corosync knows that it is a pair."""
    seen = facts.corosync
    if seen is None or not seen.nodes:
        return
    if seen.nodes == _PAIR and not seen.two_node:
        yield error(
            "two nodes without two_node: one alone has no quorum, and stops everything",
            "set two_node: 1 in the quorum section of corosync.conf",
        )
    elif seen.nodes != _PAIR and seen.two_node:
        yield error(
            f"two_node with {seen.nodes} nodes: a part of them may go on alone",
            "set two_node: 0 in the quorum section of corosync.conf",
        )


def fencing(facts: Facts) -> Iterator[Finding]:
    """Judge whether a node that is not heard can be made to stop."""
    seen = facts.pacemaker
    if seen is None or not seen.reachable:
        return
    if not seen.enabled:
        yield warning(
            "fencing is off: a director that hangs keeps its addresses, and two answer",
            "crm configure property stonith-enabled=true, with a fencing device",
        )
    elif not seen.fences:
        yield error(
            "there is no fencing device, and nothing starts without one",
            "crm ra list stonith",
        )


def pacemaker(facts: Facts) -> Iterator[Finding]:
    """Judge the cluster's state."""
    seen = facts.pacemaker
    if seen is None:
        if facts.corosync is not None:
            yield unseen("the cluster: its commands are not here", "crm status")
        return
    if not seen.reachable:
        yield error("Pacemaker does not answer", "systemctl start pacemaker")
        return
    if seen.maintenance:
        yield warning(
            "the cluster is in maintenance: nothing is moved, whatever fails",
            "crm maintenance off",
        )
    for one in seen.offline:
        yield warning(f"node {one} is offline", f"crm cluster start {one}")
    for one in seen.standby:
        yield warning(f"node {one} is in standby", f"crm node online {one}")
    for one in seen.failed:
        yield warning(f"{one} failed", f"crm resource cleanup {one.split()[0]}")
    if not seen.ours:
        yield warning("the cluster has no resource of lvsha", "lvsha crm list")


def promotion(facts: Facts) -> Iterator[Finding]:
    """Judge the constraint that takes from agents what they say of their nodes."""
    if facts.pacemaker is None:
        return
    for one in facts.pacemaker.unordered:
        yield error(
            f"constraint {one} has a promoted VIP with its director's clone, and gives"
            " every node the same promotion score",
            f"crm configure delete {one}, then colocate without a role",
        )


def csync2(facts: Facts) -> Iterator[Finding]:
    """Judge whether csync2 would hear another director."""
    if not facts.sharing.configured:
        return
    if facts.sharing.listens is None:
        yield unseen("whether somebody takes what csync2 sends", "ss -ltn")
    elif not facts.sharing.listens:
        yield error(
            "nobody takes what csync2 sends (tcp/30865)",
            "systemctl enable --now csync2.socket",
        )


def equal(facts: Facts) -> Iterator[Finding]:
    """Judge whether all directors have one configuration."""
    ours = facts.configuration.digest
    for host, digest in sorted(facts.sharing.peers.items()):
        if digest != ours:
            yield error(
                f"{host} has another configuration ({digest[:12] or 'none'}) than this"
                f" director ({ours[:12] or 'none'})",
                "lvsha csync2 push",
            )
