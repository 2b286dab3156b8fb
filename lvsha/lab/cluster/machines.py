"""Who is in a cluster lab, and the files that make directors a cluster. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from lvsha.lab.drill.machines import PAGES, ROOM, Step, steps
from lvsha.lab.drill.scenario import REALS, SCENARIOS, Method
from lvsha.lab.topology import NodeSpec

DIRECTORS: Final = ("d1", "d2")
CLIENT: Final = "client"
CLIENT_ADDRESS: Final = "192.168.0.10"
MAIL_PORT: Final = 25
"""Where the directors' alerts go, on the client."""

VIP: Final = "192.168.0.200"
SECOND_VIP: Final = "192.168.0.201"
PORT: Final = 80
STICKY_PORT: Final = 81
"""Of the persistent service."""

UDP_PORT: Final = 5007
LARGE: Final = "/large"
"""The page of the download that no drill sees the end of."""

CONFIGURATION: Final = "/etc/ha.d/ldirectord.cf"
FENCE_FOLDER: Final = "fence"
"""Below a director's share: what it asks the lab to do to another."""

TOKEN: Final = 1000
"""Milliseconds without a word after which corosync suspects a node."""

_GATE: Final = SCENARIOS["gate"]
DIRECTOR_ADDRESSES: Final = {"d1": "192.168.0.100", "d2": "192.168.0.101"}

_CONFIGURATION: Final = f"""\
checktimeout = 3
checkinterval = 5
autoreload = yes
quiescent = yes
emailalert = "oncall@example.org"
smtp = {CLIENT_ADDRESS}
"""
_SERVICE: Final = """\
virtual = {vip}:{port}
{reals}        service = http
        request = "test.html"
        receive = "still alive"
        scheduler = wlc
        protocol = tcp
        checktype = negotiate
"""
# Every client of the lab is one address, so one real server has them all.
_STICKY: Final = """\
        persistent = 300
"""
# What answers for datagrams is looked at by the real server's web page: neither
# ldirectord nor keepalived can talk to a UDP service.
_DATAGRAMS: Final = """\
virtual = {vip}:{port}
{reals}        service = http
        checkport = 80
        request = "test.html"
        receive = "still alive"
        scheduler = rr
        protocol = udp
        checktype = negotiate
"""
# dc-deadtime: two directors that start side by side need not wait for a third.
_FIRST_CIB: Final = """\
<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0" \
admin_epoch="0">
  <configuration>
    <crm_config>
      <cluster_property_set id="cib-bootstrap-options">
        <nvpair id="cib-bootstrap-options-dc-deadtime" name="dc-deadtime" value="2s"/>
        <nvpair id="cib-bootstrap-options-stonith-enabled" name="stonith-enabled" \
value="false"/>
      </cluster_property_set>
    </crm_config>
    <nodes/>
    <resources/>
    <constraints/>
  </configuration>
  <status/>
</cib>
"""


def machines(reals: Sequence[str] = REALS) -> tuple[NodeSpec, ...]:
    """Return the nodes: two directors with systemd, the *reals*, a client."""
    vips = tuple(f"addr add {vip}/32 dev lo" for vip in (VIP, SECOND_VIP))
    return (
        *(
            NodeSpec(name, (f"{address}/24",), memory="384M", boot="systemd")
            for name, address in DIRECTOR_ADDRESSES.items()
        ),
        *(
            NodeSpec(name, (f"{_GATE.address(name)}/24",), memory="96M", setup=vips)
            for name in reals
        ),
        NodeSpec(CLIENT, (f"{CLIENT_ADDRESS}/24",), memory="192M"),
    )


def corosync_conf(directors: Sequence[tuple[str, str]], *, token: int = TOKEN) -> str:
    """Return corosync's file for *directors*, each a name and an address."""
    nodes = "".join(
        f"  node {{\n    ring0_addr: {address}\n    name: {name}\n"
        f"    nodeid: {number}\n  }}\n"
        for number, (name, address) in enumerate(directors, 1)
    )
    two = "  two_node: 1\n" if len(directors) == 2 else ""  # noqa: PLR2004
    return (
        "totem {\n  version: 2\n  cluster_name: lvsha\n  transport: knet\n"
        f"  token: {token}\n  crypto_cipher: none\n  crypto_hash: none\n}}\n"
        f"nodelist {{\n{nodes}}}\n"
        f"quorum {{\n  provider: corosync_votequorum\n{two}}}\n"
        "logging {\n  to_logfile: yes\n  logfile: /var/log/corosync/corosync.log\n"
        "  to_syslog: no\n  timestamp: hires\n}\n"
    )


def configuration(
    *vips: str, reals: Sequence[str] = REALS, method: Method = "gate"
) -> str:
    """Return the directors' configuration: a web service at each of *vips*.

    The first has a persistent one, too, and one for datagrams.
    """
    services = [
        *((_SERVICE, vip, PORT) for vip in vips),
        *((_SERVICE + _STICKY, vip, STICKY_PORT) for vip in vips[:1]),
        *((_DATAGRAMS, vip, UDP_PORT) for vip in vips[:1]),
    ]

    def real_lines(port: int) -> str:
        return "".join(
            f"        real = {_GATE.address(name)}:{port} {method}\n" for name in reals
        )

    return _CONFIGURATION + "".join(
        text.format(vip=vip, port=port, reals=real_lines(port))
        for text, vip, port in services
    )


def director_steps(
    *, token: int = TOKEN, reals: Sequence[str] = REALS, method: Method = "gate"
) -> tuple[Step, ...]:
    """Return the commands that prepare a director; the cluster has not started."""
    rules = configuration(VIP, SECOND_VIP, reals=reals, method=method)
    cib = "/var/lib/pacemaker/cib/cib.xml"
    corosync = corosync_conf(list(DIRECTOR_ADDRESSES.items()), token=token)
    agent = "/usr/sbin/fence_lvsha_lab"
    return (
        Step(("modprobe", "-a", "ip_vs", "ip_vs_wlc", "ip_vs_rr")),
        Step(("mkdir", "-p", "/etc/ha.d")),
        Step(("tee", CONFIGURATION), rules),
        Step(("tee", "/etc/corosync/corosync.conf"), corosync),
        Step(("tee", cib), _FIRST_CIB),
        Step(("chown", "hacluster:haclient", cib)),
        Step(("chmod", "600", cib)),
        Step(("cp", "/srv/lvsha/lvsha/lab/cluster/guest/fence_lvsha_lab", agent)),
        Step(("chmod", "755", agent)),
        # a director that was fenced comes back by itself
        Step(("sh", "-c", _ENABLED)),
        # power will be cut, and what the disk does not hold yet is lost
        Step(("sync",)),
    )


# what 'systemctl enable' does, which takes it seconds
_ENABLED: Final = (
    "cd /etc/systemd/system && mkdir -p multi-user.target.wants && "
    "ln -sf /lib/systemd/system/corosync.service /lib/systemd/system/pacemaker.service"
    " multi-user.target.wants/"
)


_INSTALLED: Final = (
    "to=/usr/lib/python3/dist-packages agents=/usr/lib/ocf/resource.d/lvsha && "
    "cp -a --no-preserve=ownership /srv/lvsha/lvsha $to/ && "
    "python3 -I -m compileall -q -x /lvsha/lab/ $to/lvsha && "
    "mkdir -p $agents && cp /srv/lvsha/agents/ocf/* $agents/ && chmod 755 $agents/*"
)
_PROGRAM: Final = """\
#!/usr/bin/python3 -I
from lvsha.cli.main import main

main()
"""


def own_steps() -> tuple[Step, ...]:
    """Return the commands that install this lvsha and its agents, as a package does."""
    return (
        Step(("sh", "-c", _INSTALLED)),
        Step(("tee", "/usr/bin/lvsha"), _PROGRAM),
        Step(("chmod", "755", "/usr/bin/lvsha")),
        Step(("sync",)),
    )


# an idle connection must outlive the longest drill
_PATIENCE: Final = ("keepalive_timeout 120;", "keepalive_timeout 3600;")


def real_steps(name: str, method: Method = "gate") -> tuple[Step, ...]:
    """Return the commands that prepare the real server *name*."""
    listen = "listen 80 backlog=511;"
    more = f"{listen}\n    listen {STICKY_PORT};"
    large = f"truncate -s 1G /root/large && ln -sf /root/large {PAGES}{LARGE}"
    return (
        *(
            replace(step, given=step.given.replace(listen, more).replace(*_PATIENCE))
            for step in steps(SCENARIOS[method])[name]
        ),
        Step(("sh", "-c", large)),
    )


def real_programs(name: str) -> tuple[tuple[str, ...], ...]:
    """Return what serves on the real server *name*, to be started."""
    responder = ("python3", "/srv/lvsha/lvsha/lab/drill/guest/responder.py")
    return (
        ("nginx", "-c", f"{ROOM}/nginx.conf"),
        (*responder, name, ROOM, str(UDP_PORT), VIP),
    )
