"""What ``ocf:lvsha:realserver`` says about itself."""

from typing import Final

from lvsha import VERSION
from lvsha.ocf.metadata import Action, Metadata, Parameter

_FULL = """\
Lets a real server take packets for a VIP that the director forwards by gate
(direct routing) or ipip (tunnel): the VIP is put on lo or on the tunnel's
interface, and ARP is told to answer for it to nobody (arp_ignore,
arp_announce; rp_filter of the tunnel). Stop restores all of it, unless another
VIP still needs it. Not for the directors themselves.
"""

METADATA: Final = Metadata(
    name="realserver",
    version=VERSION,
    brief="VIPs on LVS real servers",
    full=_FULL,
    parameters=(
        Parameter(
            "vip",
            "string",
            "Addresses",
            "One or several addresses, IPv4 or IPv6, separated by commas or spaces.",
            required=True,
        ),
        Parameter(
            "nic",
            "string",
            "Interface",
            "'lo' for gate; 'tunl0' for ipip, which means ip6tnl0 for IPv6.",
            default="lo",
        ),
    ),
    actions=(
        Action("start", 20),
        Action("stop", 20),
        Action("monitor", 20, interval=30, depth=0),
        Action("validate-all", 20),
        Action("meta-data", 5),
    ),
)
