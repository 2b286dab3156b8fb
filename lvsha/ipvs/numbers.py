"""The numbers of the IPVS generic netlink family, from ``linux/ip_vs.h``.

Sizes and byte orders are those of ``ip_vs_svc_policy``, ``ip_vs_dest_policy``
and ``ip_vs_daemon_policy`` in the kernel's ``ip_vs_ctl.c``.
"""

import enum
from socket import AF_INET, AF_INET6
from typing import Final

FAMILY: Final = "IPVS"
FAMILY_VERSION: Final = 1

ADDRESS_FAMILY: Final = {4: int(AF_INET), 6: int(AF_INET6)}

# The state of a service, not a setting: set by the kernel in every answer.
HASHED: Final = 0x2
PERSISTENT: Final = 0x1
ONE_PACKET: Final = 0x4
SCHEDULER_FLAGS: Final = 0x38
EVERY_FLAG: Final = 0xFFFFFFFF


class Command(enum.IntEnum):
    """``IPVS_CMD_*``."""

    NEW_SERVICE = 1
    SET_SERVICE = 2
    DEL_SERVICE = 3
    GET_SERVICE = 4
    NEW_DEST = 5
    SET_DEST = 6
    DEL_DEST = 7
    GET_DEST = 8
    NEW_DAEMON = 9
    DEL_DAEMON = 10
    GET_DAEMON = 11
    SET_CONFIG = 12
    GET_CONFIG = 13
    GET_INFO = 15
    ZERO = 16


class Top(enum.IntEnum):
    """``IPVS_CMD_ATTR_*``."""

    SERVICE = 1
    DEST = 2
    DAEMON = 3
    TIMEOUT_TCP = 4
    TIMEOUT_TCP_FIN = 5
    TIMEOUT_UDP = 6


class Svc(enum.IntEnum):
    """``IPVS_SVC_ATTR_*``."""

    AF = 1
    PROTOCOL = 2
    ADDR = 3
    PORT = 4
    FWMARK = 5
    SCHED_NAME = 6
    FLAGS = 7
    TIMEOUT = 8
    NETMASK = 9
    STATS = 10
    PE_NAME = 11
    STATS64 = 12


class Dest(enum.IntEnum):
    """``IPVS_DEST_ATTR_*``."""

    ADDR = 1
    PORT = 2
    FWD_METHOD = 3
    WEIGHT = 4
    U_THRESH = 5
    L_THRESH = 6
    ACTIVE_CONNS = 7
    INACT_CONNS = 8
    PERSIST_CONNS = 9
    STATS = 10
    ADDR_FAMILY = 11
    STATS64 = 12
    TUN_TYPE = 13
    TUN_PORT = 14
    TUN_FLAGS = 15


class DaemonAttribute(enum.IntEnum):
    """``IPVS_DAEMON_ATTR_*``."""

    STATE = 1
    MCAST_IFN = 2
    SYNC_ID = 3
    SYNC_MAXLEN = 4
    MCAST_GROUP = 5
    MCAST_GROUP6 = 6
    MCAST_PORT = 7
    MCAST_TTL = 8


class Info(enum.IntEnum):
    """``IPVS_INFO_ATTR_*``."""

    VERSION = 1
    CONN_TAB_SIZE = 2


# IPVS_STATS_ATTR_CONNS (1) to IPVS_STATS_ATTR_OUTBPS (10), in this order.
COUNTERS: Final = 10
