"""Directors that keepalived keeps by VRRP: no cluster, no fencing. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from lvsha.config.reading import loads
from lvsha.identity import Address, Forwarding, Fwmark, ServiceKey
from lvsha.lab.cluster.machines import SECOND_VIP, VIP, configuration
from lvsha.lab.cluster.state import Member, Resource, State
from lvsha.lab.drill.machines import Step
from lvsha.model import Alerts, Check, CheckType, RealServer, VirtualService

FILE: Final = "/etc/keepalived/keepalived.conf"
ENGINE: Final = "keepalived_lvs"
"""The name of the process that checks real servers and writes the table."""

AWAY: Final = "/run/keepalived.away"
"""What this file says is added to the priority: how an active director steps back."""

# Equal priorities: who is active stays so until it steps back or is gone, as
# resource-stickiness has it in the other stacks. advert_int is keepalived's own
# default: a standby takes over after three of them and 0.6 s that are heard of nobody.
_VRRP: Final = """\
track_file away {{
    file {away}
    init_file 0 overwrite
}}
vrrp_instance lvs {{
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 1
    track_file {{
        away
    }}
    virtual_ipaddress {{
        {vip}/24 dev eth0
    }}
}}
"""
_METHODS: Final = {
    Forwarding.GATE: "DR",
    Forwarding.MASQ: "NAT",
    Forwarding.IPIP: "TUN",
}
# it never waits for a network that systemd does not manage, and comes back by itself
_ENABLED: Final = (
    "cd /etc/systemd/system && mkdir -p multi-user.target.wants && "
    "ln -sf /lib/systemd/system/keepalived.service multi-user.target.wants/"
)
_ASKED: Final = (
    "systemctl is-active keepalived; ipvsadm -L --daemon; "
    "ip -o -4 address show dev eth0; ipvsadm -Sn"
)
_LOGS: Final = {
    "keepalived.conf": ("cat", FILE),
    "sync": ("ipvsadm", "-L", "--daemon"),
}


class _Nobody:
    """Answers for names: the lab's configuration has none."""

    def address(self, host: str, version: int) -> Address | None:
        """Return an address as it is."""
        found = IPv4Address(host) if version == 4 else IPv6Address(host)  # noqa: PLR2004
        return found if str(found) == host else None

    def port(self, service: str, protocol: str) -> int | None:
        """Know no service."""
        del service, protocol
        return None

    def hostname(self) -> str:
        """Return a director."""
        return "director"


@dataclass(frozen=True, slots=True)
class Keepalived:
    """Directors with Debian's keepalived, told what the others read from their file."""

    @property
    def clustered(self) -> bool:
        """Tell that there is no cluster: nobody can be asked, nobody fences."""
        return False

    def steps(self, *, token: int) -> Sequence[Step]:
        """Return the commands that prepare a director."""
        del token  # keepalived has a clock of its own
        return (
            Step(("modprobe", "-a", "ip_vs", "ip_vs_wlc")),
            Step(("mkdir", "-p", "/etc/keepalived")),
            Step(("tee", FILE), keepalived_conf(configuration(VIP, SECOND_VIP))),
            Step(("keepalived", "-t", "-f", FILE)),
            Step(("sh", "-c", _ENABLED)),
            # power will be cut, and what the disk does not hold yet is lost
            Step(("sync",)),
        )

    def meeting(self) -> Sequence[Sequence[str]]:
        """Return nothing: they meet when keepalived runs."""
        return ()

    def starting(self) -> Sequence[str]:
        """Return the command that starts keepalived."""
        return ("systemctl", "start", "keepalived")

    def together(self, seen: State, directors: frozenset[str]) -> bool:
        """Tell whether it runs on all *directors*."""
        return seen.online == directors

    def configuration(self) -> str:
        """Return nothing: its file was there before it started."""
        return ""

    def question(self) -> tuple[Sequence[str], bool]:
        """Return what shows a director's part: nobody knows that of another."""
        return ("sh", "-c", _ASKED), True

    def state(self, said: Mapping[str, bytes]) -> State | None:
        """Return the state that all answers together are."""
        return state(said) if said else None

    def logs(self) -> Mapping[str, Sequence[str]]:
        """Return what shows its file and its sync daemon."""
        return _LOGS


def state(said: Mapping[str, bytes]) -> State:
    """Return the state of the directors that *said* what they have.

    The address makes one ``Promoted``; a backup sync daemon makes one ``Unpromoted``:
    it hears of connections, as an active director does not. A table with a live real
    server is a ``director`` that is ``Started``.
    """
    members, resources = [], []
    for name, answer in said.items():
        active, *lines = answer.decode(errors="replace").split("\n")
        here = frozenset({name})
        members.append(Member(name, online=active == "active"))
        if any(f" {VIP}/" in line for line in lines):
            resources.append(Resource("vip", "Promoted", here))
        elif any(line.startswith("backup sync daemon") for line in lines):
            resources.append(Resource("vip", "Unpromoted", here))
        live = [line for line in lines if line.startswith("-a ") and "-w 0" not in line]
        if live:
            resources.append(Resource("director", "Started", here))
    return State("", quorum=True, members=tuple(members), resources=tuple(resources))


def keepalived_conf(ldirectord_cf: str) -> str:
    """Return keepalived's file for what *ldirectord_cf* says.

    Checks look for the same, as often, and wait as long. *ValueError* for a check
    that keepalived has not.
    """
    loaded = loads(ldirectord_cf.encode(), "ldirectord.cf", resolver=_Nobody())
    virtuals = loaded.configuration.virtuals
    everywhere = _block(
        "global_defs",
        "process_names",
        "lvs_sync_daemon eth0 lvs id 1",
        *_alerts(next((one.alerts for one in virtuals), Alerts())),
    )
    services = "".join(map(_virtual, virtuals))
    return everywhere + _VRRP.format(away=AWAY, vip=VIP) + services


def _alerts(told: Alerts) -> Iterable[str]:
    """Return the lines that mail to whom ldirectord mails."""
    if told.recipients and told.smtp:
        yield _block("notification_email", *told.recipients)
        yield f"smtp_server {told.smtp}"
        yield "smtp_alert true"


def _virtual(service: VirtualService) -> str:
    methods = {real.forwarding for real in service.reals}
    if len(methods) != 1:
        raise ValueError(f"{service.key}: real servers of more than one method")
    return _block(
        f"virtual_server {_where(service.key)}",
        f"delay_loop {service.checkinterval:g}",
        "warmup 0",
        # one more than told at least: it has no check without a second try
        f"retry {max(1, service.failurecount - 1)}",
        "delay_before_retry 1",
        f"lvs_sched {service.scheduler}",
        f"lvs_method {_METHODS[methods.pop()]}",
        *([] if isinstance(service.key, Fwmark) else _protocol(service)),
        *([f"persistence_timeout {service.persistent}"] if service.persistent else []),
        *(["ops"] if service.ops else []),
        *(["inhibit_on_failure"] if service.quiescent else []),
        # like ldirectord's, a real server is down until a check has passed
        "alpha",
        *(_real(real) for real in service.reals),
    )


def _where(key: ServiceKey) -> str:
    if isinstance(key, Fwmark):
        return f"fwmark {key.mark}"
    return f"{key.endpoint.address} {key.endpoint.port}"


def _protocol(service: VirtualService) -> list[str]:
    assert not isinstance(service.key, Fwmark)  # noqa: S101 - it was asked before
    return [f"protocol {service.key.protocol.name}"]


def _real(real: RealServer) -> str:
    return _block(
        f"real_server {real.endpoint.address} {real.endpoint.port}",
        f"weight {real.weight}",
        *_check(real.check),
    )


def _check(check: Check) -> Iterable[str]:
    how = [f"connect_timeout {check.checktimeout:g}", f"connect_port {check.port}"]
    match check.kind, check.service:
        case CheckType.NEGOTIATE, "http":
            url = _block(
                "url",
                f"path /{check.request.lstrip('/')}",
                f'regex "{check.receive}"',
            )
            return [_block("HTTP_GET", *how, url)]
        case CheckType.CONNECT, _:
            return [_block("TCP_CHECK", *how)]
        case CheckType.PING, _:
            return [_block("PING_CHECK", how[0])]
        case ((CheckType.ON | CheckType.OFF), _):
            return []
    raise ValueError(f"keepalived has no check {check.kind.value} of {check.service}")


def _block(head: str, *lines: str) -> str:
    inside = "".join(
        f"    {line}\n" for text in lines for line in text.rstrip("\n").split("\n")
    )
    return f"{head} {{\n{inside}}}\n"
