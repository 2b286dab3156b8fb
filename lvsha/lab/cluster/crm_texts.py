"""What crmsh is told of each stack of a cluster: resources, order, fencing. Pure."""

from typing import Final

from lvsha.crm import crmsh
from lvsha.crm.slots import filled
from lvsha.crm.topologies import TOPOLOGIES
from lvsha.lab.cluster.machines import CONFIGURATION, DIRECTORS, SECOND_VIP, VIP

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
_NETWORK: Final = {"netmask": "24", "nic": "eth0", "sync_interface": "eth0"}


def _ours(topology: str, **values: str) -> str:
    """Return what an operator of this network gets of *topology*, not a word else."""
    chosen = TOPOLOGIES[topology]
    given = {"configfile": CONFIGURATION, **_NETWORK, **values}
    return crmsh.text(chosen, filled(chosen.slots, given)) + "\n"


WARM: Final = _ours("lvs-warm", vip=VIP)
ACTIVE_ACTIVE: Final = _ours(
    "lvs-active-active",
    address_one=VIP,
    address_two=SECOND_VIP,
    node_one=DIRECTORS[0],
    node_two=DIRECTORS[1],
)
