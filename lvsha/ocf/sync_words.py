"""What the agents say about connection synchronisation in their metadata."""

from lvsha.ocf.metadata import Parameter

SYNC_ID = Parameter(
    "sync_id",
    "integer",
    "Synchronisation id, 0 to 255",
    "What the master's messages are marked with. Directors that share"
    " connections share an id.",
    default="0",
)
BACKUP_ID = Parameter(
    "backup_id",
    "integer",
    "Synchronisation id listened to",
    "Which messages the backup takes: those with this id, or all with 0."
    " Without it, those of sync_id.",
)
REST = (
    Parameter(
        "sync_group",
        "string",
        "Multicast group",
        "Where the messages go; the kernel's own group is 224.0.0.81.",
    ),
    Parameter("sync_port", "integer", "UDP port", "The kernel's own port is 8848."),
    Parameter(
        "sync_ttl",
        "integer",
        "Hops a message may take",
        "The kernel's own value is 1: not beyond the link.",
    ),
    Parameter(
        "sync_maxlen",
        "integer",
        "Longest message",
        "Bytes. Both directors need the same on links with jumbo frames.",
    ),
)
