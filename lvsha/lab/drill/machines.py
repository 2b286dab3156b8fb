"""The machines of a scenario: addresses, routes and what is set in them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lvsha.lab.drill.scenario import FALLBACK, JOINING, REALS, Scenario
from lvsha.lab.topology import NodeSpec

ROOM: Final = "/run/drill"
"""Where a node keeps what belongs to the drill."""

PAGES: Final = f"{ROOM}/www"
FILE: Final = "/etc/ha.d/drill.cf"
"""The director's configuration."""

DOWNLOAD: Final = 160_000
"""The bytes of the slow download."""

_SPEED: Final = "20k"  # DOWNLOAD takes eight seconds: longer than a check's interval
_STEADY: Final = "64k"  # of the drills of a cluster, which last as long as they do
_WORLD: Final = "172.20.0"  # where the client of ``masq`` lives

_NGINX: Final = """\
user root;
daemon off;
worker_processes 1;
pid {room}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 512; }}
http {{
  access_log off;
  default_type text/plain;
  keepalive_timeout 120;
  keepalive_requests 1000000;
  add_header X-Server {name};
  server {{
    listen 80 backlog=511;
    listen [::]:80 backlog=511;
    root {pages};
    index who.html;
    {rules}
  }}
}}
"""
_REAL_RULES: Final = """\
if (-f {room}/wrong) {{ rewrite ^ /wrong.html break; }}
    location = /test.html {{
      if (-f {room}/unwell) {{ rewrite ^ /wrong.html break; }}
    }}
    location = /slow {{ limit_rate {speed}; }}
    location = /large {{ limit_rate {steady}; }}"""
_FALLBACK_RULES: Final = "rewrite ^ /who.html break;"
# Debian's user-mode-linux kernel has nf_tables without IP, so tc sets the mark.
_MARKING: Final = (
    "qdisc add dev eth0 clsact",
    (
        "filter add dev eth0 ingress protocol ip flower dst_ip {vip} ip_proto tcp"
        " dst_port {port} action skbedit mark {mark}"
    ),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One command that prepares a node; *given* is its standard input."""

    argv: tuple[str, ...]
    given: str = ""


def machines(scenario: Scenario) -> tuple[NodeSpec, ...]:
    """Return the nodes of *scenario*: a client, a director, three real servers."""
    masq = scenario.method == "masq"
    world = (f"{_WORLD}.1/24",) if masq else ()
    client = (f"{_WORLD}.10/24",) if masq else ("192.168.0.10/24", "fd00:77::10/64")
    return (
        NodeSpec(
            "client",
            client,
            memory="96M",
            setup=(f"route add default via {_WORLD}.1",) if masq else (),
        ),
        NodeSpec(
            "director",
            ("192.168.0.100/24", "fd00:77::100/64", *world),
            memory="192M",
            setup=(f"addr add {_alone(scenario)} dev eth0{_nodad(scenario)}",),
        ),
        *(
            NodeSpec(
                name,
                (f"192.168.0.1{number}0/24", f"fd00:77::1{number}0/64"),
                memory="96M",
                setup=_real_setup(scenario),
            )
            for number, name in enumerate((*REALS, JOINING), 1)
        ),
    )


def steps(scenario: Scenario) -> Mapping[str, tuple[Step, ...]]:
    """Return the commands that prepare each node of *scenario*, in their order."""
    return {
        "client": (),
        "director": (*_director(scenario), *_pages(FALLBACK)),
        **{name: (*_real(scenario), *_pages(name)) for name in (*REALS, JOINING)},
    }


def _real_setup(scenario: Scenario) -> tuple[str, ...]:
    match scenario.method:
        case "gate":
            return (f"addr add {_alone(scenario)} dev lo{_nodad(scenario)}",)
        case "masq":
            return ("route add default via 192.168.0.100",)
        case "ipip":
            return ()


def _real(scenario: Scenario) -> tuple[Step, ...]:
    # a VIP on lo or tunl0 must not be answered for, nor announced, on the network
    quiet = (
        Step(
            (
                "sysctl",
                "-qw",
                "net.ipv4.conf.all.arp_ignore=1",
                "net.ipv4.conf.all.arp_announce=2",
                "net.ipv4.conf.all.rp_filter=0",
            )
        ),
    )
    match scenario.method:
        case "gate":
            return quiet
        case "masq":
            return ()
        case "ipip":
            return (
                *quiet,
                Step(("modprobe", "ipip")),
                Step(("ip", "address", "add", _alone(scenario), "dev", "tunl0")),
                Step(("ip", "link", "set", "tunl0", "up")),
                # what comes out of the tunnel has come in by another interface
                Step(("sysctl", "-qw", "net.ipv4.conf.tunl0.rp_filter=0")),
            )


def _director(scenario: Scenario) -> tuple[Step, ...]:
    found = [
        Step(("modprobe", "-a", "ip_vs", "ip_vs_wlc")),
        Step(("mkdir", "-p", "/etc/ha.d")),
    ]
    if scenario.method == "masq":
        found.append(
            Step(
                (
                    "sysctl",
                    "-qw",
                    "net.ipv4.ip_forward=1",
                    "net.ipv4.conf.all.send_redirects=0",
                    "net.ipv4.conf.eth0.send_redirects=0",
                )
            )
        )
    if scenario.mark:
        for line in _MARKING:
            rule = line.format(vip=scenario.vip, port=scenario.port, mark=scenario.mark)
            found.append(Step(("tc", *rule.split())))
    return tuple(found)


def _pages(name: str) -> tuple[Step, ...]:
    rules = _FALLBACK_RULES if name == FALLBACK else _REAL_RULES
    nginx = _NGINX.format(
        room=ROOM,
        pages=PAGES,
        name=name,
        rules=rules.format(room=ROOM, speed=_SPEED, steady=_STEADY),
    )
    slow = f"head -c {DOWNLOAD} /dev/zero >{PAGES}/slow"
    return (
        Step(("mkdir", "-p", PAGES)),
        Step(("tee", f"{ROOM}/nginx.conf"), nginx),
        Step(("tee", f"{PAGES}/test.html"), "still alive\n"),
        Step(("tee", f"{PAGES}/who.html"), f"server {name}\n"),
        Step(("tee", f"{PAGES}/wrong.html"), "under construction\n"),
        Step(("sh", "-c", slow)),
    )


def _alone(scenario: Scenario) -> str:
    return f"{scenario.vip}/{'128' if ':' in scenario.vip else '32'}"


def _nodad(scenario: Scenario) -> str:
    # deprecated, or the director would speak to real servers from this address
    return " nodad preferred_lft 0" if ":" in scenario.vip else ""
