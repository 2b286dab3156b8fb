"""Judgements on the machine: kernel, addresses, configuration, directors. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from lvsha.doctor.facts import Facts
from lvsha.doctor.finding import Finding, error, unseen, warning

SYNC_PORT: Final = 8848
_ROOT: Final = "run lvsha doctor as root"
# A chain for what comes in that drops by policy, or by a rule without a condition;
# as nft lists it, its end is a brace behind one tab.
_BARRED: Final = re.compile(
    r"hook (?:input|prerouting)(?:(?!\n\t\}).)*?"
    r"(?:policy drop|\n\t\t(?:counter \w+ \d+ \w+ \d+ )?(?:drop|reject))",
    re.DOTALL,
)


def modules(facts: Facts) -> Iterator[Finding]:
    """Judge whether the kernel has IPVS and the schedulers."""
    if facts.kernel.ipvs is None:
        yield unseen("whether the kernel has IPVS", _ROOT)
    elif not facts.kernel.ipvs:
        yield error("the kernel's module ip_vs is not loaded", "modprobe ip_vs")
    for name in facts.kernel.unloadable:
        yield error(
            f"the kernel has no scheduler {name}, which the configuration uses",
            f"modprobe ip_vs_{name}",
        )


def sysctls(facts: Facts) -> Iterator[Finding]:
    """Judge the sysctls beside the profile."""
    if facts.kernel.differences is None:
        if facts.kernel.ipvs:
            yield unseen("the sysctls of IPVS", _ROOT)
        return
    for one in facts.kernel.differences:
        yield warning(
            f"net.ipv4.vs.{one.name} is {one.actual or 'missing'}, not {one.wanted}:"
            f" {one.reason}",
            "lvsha sync profile --apply",
        )


def forwarding(facts: Facts) -> Iterator[Finding]:
    """Judge whether a director of masq real servers is a router."""
    if facts.configuration.masq and facts.kernel.forward == "0":
        yield error(
            "net.ipv4.ip_forward is 0: answers of real servers with masq go nowhere",
            "sysctl -w net.ipv4.ip_forward=1",
        )


def quiet(facts: Facts) -> Iterator[Finding]:
    """Judge whether VIPs on lo or on a tunnel are kept quiet about."""
    if facts.loud is None:
        yield unseen("the addresses of this machine", _ROOT)
        return
    for one in facts.loud:
        yield error(
            f"{one.address} is on {one.nic}, and ARP tells of it:"
            f" {', '.join(one.problems)}",
            f"lvsha realserver up {one.address} --nic {one.nic}",
        )


def configuration(facts: Facts) -> Iterator[Finding]:
    """Judge whether the configuration can be used."""
    path = facts.configuration.path
    if not facts.configuration.digest and not facts.configuration.errors:
        yield warning(f"there is no configuration {path}", "man ldirectord.cf")
    for one in facts.configuration.errors:
        yield error(one, f"lvsha check {path}")
    if number := facts.configuration.warnings:
        yield warning(f"{path} has {number} warnings", f"lvsha check {path}")


def directors(facts: Facts) -> Iterator[Finding]:
    """Judge whether directors answer, and follow the file as it is now."""
    for one in facts.running:
        if not one.answers:
            what = f"the director {one.name} does not answer"
            yield error(what, f"lvsha stop {one.name}")
            continue
        if one.error:
            yield error(
                f"the director {one.name} refused the last change of its file",
                f"lvsha check {one.path}",
            )
        on_disk = facts.configuration
        if one.path == on_disk.path and on_disk.digest and one.digest != on_disk.digest:
            yield warning(
                f"the director {one.name} follows another version of {one.path} than"
                " the one on disk",
                f"lvsha reload {one.name}",
            )


def daemons(facts: Facts) -> Iterator[Finding]:
    """Judge whether connections are told to the peer."""
    kernel = facts.kernel
    if kernel.daemons is None:
        if kernel.ipvs:
            yield unseen("the sync daemons", _ROOT)
        return
    if not kernel.daemons and facts.running and not kernel.stateless:
        yield warning(
            "no sync daemon runs: a failover ends every connection",
            "crm ra info ocf:lvsha:syncd",
        )
    if len({one.interface for one in kernel.daemons}) > 1:
        names = " and ".join(sorted({one.interface for one in kernel.daemons}))
        yield error(
            f"the sync daemons are on {names}: master and backup need the same",
            "crm configure edit, and set sync_interface",
        )
    if len({one.sync_id for one in kernel.daemons}) > 1:
        ids = " and ".join(str(one.sync_id) for one in kernel.daemons)
        yield warning(
            f"the sync daemons have the ids {ids}: peers with one id hear each other"
        )
    if kernel.dropped:
        yield warning(
            f"{kernel.dropped} messages of the peer were dropped for want of room",
            "lvsha sync profile --apply, then restart the sync daemons",
        )


def firewall(facts: Facts) -> Iterator[Finding]:
    """Judge whether the peer's messages about connections come in."""
    if facts.kernel.firewall is None:
        if facts.kernel.daemons:
            yield unseen("the firewall's rules", _ROOT)
        return
    if not facts.kernel.daemons:
        return
    barred = _BARRED.search(facts.kernel.firewall)
    if barred and str(SYNC_PORT) not in facts.kernel.firewall:
        yield error(
            f"the firewall drops what comes in, and has no word for udp/{SYNC_PORT}",
            f"nft insert rule inet filter input udp dport {SYNC_PORT} accept",
        )


def clock(facts: Facts) -> Iterator[Finding]:
    """Judge whether the clock is kept right."""
    if facts.synchronised is None:
        yield unseen("whether the clock is synchronised", "timedatectl")
    elif not facts.synchronised:
        yield warning(
            "the clock is not synchronised: logs of two directors do not compare",
            "timedatectl set-ntp true",
        )
