"""What crmsh is told of each stack of a cluster: resources, order, fencing. Pure."""

from typing import Final

from lvsha.lab.cluster.machines import CONFIGURATION, SECOND_VIP, VIP

# load-threshold: Pacemaker does less at a time on a busy machine, and here every node
# that starts a few programs is one.
#
# pcmk_delay_base: two directors that hear each other no more would cut each other's
# power at once. d2 waits before it fences d1, so d1 is quicker, and it alone is left.
COMMON: Final = """\
primitive fence stonith:fence_lvsha_lab params pcmk_host_list="d1 d2" \
pcmk_delay_base="d1:1s;d2:0s" op monitor interval=3600s timeout=60s
property stonith-enabled=true stonith-timeout=60s load-threshold=1000%
rsc_defaults resource-stickiness=100 migration-threshold=3 failure-timeout=300s
"""
CLASSIC: Final = f"""\
primitive dir ocf:heartbeat:ldirectord params configfile={CONFIGURATION} \
op start timeout=60s op stop timeout=60s op monitor interval=20s timeout=60s
primitive vip ocf:heartbeat:IPaddr2 params ip={VIP} cidr_netmask=24 nic=eth0 \
op start timeout=20s op stop timeout=20s op monitor interval=10s timeout=20s
group g-lvs dir vip
"""
_DIRECTOR: Final = f"""\
primitive director ocf:lvsha:director params configfile={CONFIGURATION} profile=sync \
op start timeout=60s op stop timeout=60s op monitor interval=10s timeout=20s
clone cl-director director meta interleave=true clone-max=2 clone-node-max=1
"""
_VIP: Final = """\
primitive {name} ocf:lvsha:vip params ip={ip} cidr_netmask=24 nic=eth0 \
director=ldirectord.cf{more} op start timeout=20s op stop timeout=20s \
op promote timeout=20s op demote timeout=20s \
op monitor interval=10s role=Promoted timeout=20s on-fail=demote \
op monitor interval=11s role=Unpromoted timeout=20s
clone cl-{name} {name} meta promotable=true promoted-max=1 promoted-node-max=1 \
clone-max=2 clone-node-max=1 interleave=true notify=false
colocation col-{name}-with-director inf: cl-{name} cl-director
"""
WARM: Final = (
    _DIRECTOR
    + _VIP.format(name="vip", ip=VIP, more=" sync_interface=eth0 sync_id=1")
    + "order ord-director-then-vip Mandatory: cl-director:start cl-vip:promote\n"
    + "order ord-director-vip Optional: cl-director cl-vip\n"
)
_SYNCD: Final = """\
primitive syncd ocf:lvsha:syncd params sync_interface=eth0 sync_id=1 \
op start timeout=20s op stop timeout=20s op monitor interval=20s timeout=20s
clone cl-syncd syncd meta interleave=true clone-max=2 clone-node-max=1
"""
# 200 is more than the 100 that a promoted VIP has ahead: each goes back to its own.
ACTIVE_ACTIVE: Final = (
    _DIRECTOR
    + _SYNCD
    + "".join(
        _VIP.format(name=name, ip=ip, more="")
        + f"order ord-director-{name} Optional: cl-director cl-{name}\n"
        + f"location l-{name} cl-{name} rule $role=Promoted 200: #uname eq {home}\n"
        for name, ip, home in (("vip", VIP, "d1"), ("vip2", SECOND_VIP, "d2"))
    )
    + "colocation col-spread -100: cl-vip2:Promoted cl-vip:Promoted\n"
)
