"""What ``ocf:lvsha:vip`` says about itself."""

from typing import Final

from lvsha import VERSION
from lvsha.ocf.metadata import Action, Metadata, Parameter
from lvsha.ocf.sync_words import BACKUP_ID, REST, SYNC_ID
from lvsha.ocf.vip_wish import FAILBACK_SHARE, FAILBACK_TIME

_FULL = """\
Has the virtual addresses of LVS directors, IPv4 and IPv6, where the cluster
wants them. As a promotable clone it is ready on every director and has the
addresses on the promoted one; as a plain resource it has them where it runs.

Taking an address asks the link first whether somebody else has it, tells the
neighbours at once and again in the background. Giving one up comes before all
else. As a clone it publishes a promotion score: 1100 promoted, 1000 ready, up
to 500 less for real servers its director cannot reach, 350 less for a ready one
that was started lately and lacks connections, 300 less without connection
synchronisation, 50 less for a configuration that was refused or is not the
promoted one's, 0 without carrier or director. So preferences below 100 move
nothing, and those below 450 do not bring a service back before the connections.
It must not be colocated with the promoted role of another clone with an
infinite score: that drowns the scores.
"""

METADATA: Final = Metadata(
    name="vip",
    version=VERSION,
    brief="Virtual addresses of LVS directors",
    full=_FULL,
    parameters=(
        Parameter(
            "vip",
            "string",
            "Addresses",
            "One or several addresses, IPv4 or IPv6, separated by commas or"
            " spaces; each may have its own prefix length (192.0.2.10/24)."
            " Required, unless 'ip' is given.",
            unique_group="vip",
        ),
        Parameter(
            "nic",
            "string",
            "Interface",
            "The interface to have them on. Without it, the one that is in"
            " their network, or that leads there.",
        ),
        Parameter(
            "prefix",
            "string",
            "Prefix length",
            "Prefix length of addresses that have none of their own, or an"
            " IPv4 netmask. Without it 32 and 128: the VIP brings no route.",
        ),
        Parameter(
            "label",
            "string",
            "Label",
            "Label of IPv4 addresses; without a colon the interface's name and"
            " one are put before it.",
        ),
        Parameter(
            "ip",
            "string",
            "Addresses, as ocf:heartbeat:IPaddr2 calls them",
            "The same as 'vip'.",
        ),
        Parameter(
            "cidr_netmask",
            "string",
            "Prefix length, as ocf:heartbeat:IPaddr2 calls it",
            "The same as 'prefix'.",
        ),
        Parameter(
            "iflabel",
            "string",
            "Label, as ocf:heartbeat:IPaddr2 calls it",
            "The same as 'label'.",
        ),
        Parameter(
            "dad",
            "boolean",
            "Let the kernel detect duplicates of IPv6 addresses",
            "It takes a second or two, during which the address cannot be used.",
            default="false",
        ),
        Parameter(
            "source",
            "boolean",
            "May connections of the director begin at the addresses",
            "Without it an IPv6 VIP is never chosen: otherwise checks come from"
            " it, and real servers that have it answer themselves.",
            default="false",
        ),
        Parameter(
            "duplicate_test",
            "boolean",
            "Ask the link before taking an address",
            "Takes a tenth of a second. An address somebody else answers for is"
            " not taken.",
            default="true",
            reloadable=True,
        ),
        Parameter(
            "announce_times",
            "integer",
            "Announcements after taking",
            "How often the neighbours are told, the first time at once.",
            default="5",
            reloadable=True,
        ),
        Parameter(
            "announce_pace",
            "integer",
            "Milliseconds between them",
            "Time from one announcement to the next.",
            default="200",
            reloadable=True,
        ),
        Parameter(
            "announce_refresh",
            "integer",
            "Seconds between later ones",
            "The neighbours are told again for as long as the address is here;"
            " 0 for never.",
            default="0",
            reloadable=True,
        ),
        Parameter(
            "carrier",
            "boolean",
            "Watch the carrier",
            "A node whose interface has no carrier does not deserve the addresses.",
            default="true",
            reloadable=True,
        ),
        Parameter(
            "director",
            "string",
            "Director whose view counts",
            "Name of the director on the node (by default the base name of its"
            " configuration file) whose view of the real servers makes the"
            " promotion score. Without it only carrier and synchronisation count.",
            reloadable=True,
        ),
        Parameter(
            "sync_interface",
            "string",
            "Interface of the connection synchronisation",
            "With it, both sync daemons of the kernel run where a clone is started,"
            " and the master daemon where a plain resource has the addresses."
            " Leave it out when ocf:lvsha:syncd runs them.",
        ),
        Parameter(
            "failback_share",
            "integer",
            "Percent of the connections that a node has to have",
            "A ready node that was started lately is worth 350 less until it has"
            " this share of the promoted one's active connections. It takes"
            " 'director' to count them.",
            default=str(FAILBACK_SHARE),
            reloadable=True,
        ),
        Parameter(
            "failback_time",
            "integer",
            "Seconds after which it need not",
            "After so many seconds it counts as much as any other, whatever it"
            " has; 0 for at once.",
            default=str(FAILBACK_TIME),
            reloadable=True,
        ),
        SYNC_ID,
        BACKUP_ID,
        *REST,
    ),
    actions=(
        Action("start", 20),
        Action("stop", 20),
        Action("promote", 20),
        Action("demote", 20),
        Action("monitor", 20, interval=10, depth=0, role="Promoted"),
        Action("monitor", 20, interval=11, depth=0, role="Unpromoted"),
        Action("reload-agent", 20),
        Action("validate-all", 20),
        Action("meta-data", 5),
    ),
)
