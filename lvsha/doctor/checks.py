"""Everything that is looked at, in the order it is told. Pure."""

from collections.abc import Iterator
from typing import Final

from lvsha.doctor import cluster, machine
from lvsha.doctor.facts import Facts
from lvsha.doctor.finding import Check, Finding, Severity

CHECKS: Final[tuple[Check, ...]] = (
    Check("modules", "the kernel's modules", machine.modules),
    Check("sysctls", "the sysctls of IPVS", machine.sysctls),
    Check("forwarding", "being a router where masq needs one", machine.forwarding),
    Check("arp", "VIPs on lo and tunnels", machine.quiet),
    Check("configuration", "the configuration", machine.configuration),
    Check("directors", "the directors that run", machine.directors),
    Check("sync", "the sync daemons", machine.daemons),
    Check("firewall", "the way in for the peer's sync daemon", machine.firewall),
    Check("agents", "the resource agents and their interpreter", cluster.agents),
    Check("corosync", "corosync", cluster.corosync),
    Check("two_node", "the quorum of a pair", cluster.two_node),
    Check("pacemaker", "the cluster's state", cluster.pacemaker),
    Check("fencing", "fencing", cluster.fencing),
    Check("promotion", "what decides who is promoted", cluster.promotion),
    Check("csync2", "csync2", cluster.csync2),
    Check("equality", "one configuration on all directors", cluster.equal),
    Check("clock", "the clock", machine.clock),
)


def judged(facts: Facts) -> Iterator[tuple[Check, Finding]]:
    """Yield every finding, with the check it is of."""
    for check in CHECKS:
        if check.name in facts.unseen:
            yield check, Finding(Severity.UNSEEN, facts.unseen[check.name])
            continue
        for finding in check.judge(facts):
            yield check, finding
