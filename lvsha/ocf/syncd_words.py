"""What ``ocf:lvsha:syncd`` says about itself."""

from typing import Final

from lvsha import VERSION
from lvsha.ocf.metadata import Action, Metadata, Parameter
from lvsha.ocf.sync_words import BACKUP_ID, REST, SYNC_ID

_FULL = """\
Runs the kernel's daemons that tell directors of each other's connections, so
that those survive a failover: as a clone, on every director at once. It is
for directors of which each has VIPs of its own; with one promotable
ocf:lvsha:vip, give that the sync_interface instead.

The messages are neither encrypted nor authenticated: use a network of the
directors' own. Mixed address families in a virtual service exclude them.
"""

METADATA: Final = Metadata(
    name="syncd",
    version=VERSION,
    brief="Connection synchronisation of LVS directors",
    full=_FULL,
    parameters=(
        Parameter(
            "sync_interface",
            "string",
            "Interface",
            "The interface the directors tell each other of connections on.",
            required=True,
        ),
        SYNC_ID,
        BACKUP_ID,
        *REST,
        Parameter(
            "roles",
            "string",
            "Daemons to run",
            "'both', 'master' (sends) or 'backup' (receives).",
            default="both",
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
