"""The three ways to run a pair of directors. Pure: tables, nothing else."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from lvsha.crm import slots
from lvsha.crm.statements import (
    Clone,
    Colocation,
    Group,
    Operation,
    Order,
    Parameter,
    Preference,
    Primitive,
    Topology,
)

_BEFORE: Final = """

Before: corosync and Pacemaker run on both nodes and fencing works (stonith-enabled=true
with a tried device); the packages of lvsha are on both; the configuration file is the
same on both. Nothing but resources and constraints is made: no file, no property, no
fencing device."""
_START: Final = Operation("start", "60s")
_STOP: Final = Operation("stop", "60s")
_DIRECTOR: Final = Primitive(
    "{id}-director",
    "ocf:lvsha:director",
    (Parameter("configfile", "{configfile}"),),
    (_START, _STOP, Operation("monitor", "20s", interval="10s")),
)
# Connections survive only with the kernel's settings for it.
_WARM_DIRECTOR: Final = replace(
    _DIRECTOR,
    parameters=(*_DIRECTOR.parameters, Parameter("profile", "sync")),
)
_DIRECTORS: Final = Clone("{id}-directors", "{id}-director", (("interleave", "true"),))
_ROLES: Final = (
    Operation("start", "20s"),
    Operation("stop", "20s"),
    Operation("promote", "20s"),
    Operation("demote", "20s"),
    Operation("monitor", "20s", interval="10s", role="Promoted", on_fail="demote"),
    Operation("monitor", "20s", interval="11s", role="Unpromoted"),
)
_VIEW: Final = Parameter("director", "{director}")
_PROMOTABLE: Final = (
    ("promoted-max", "1"),
    ("promoted-node-max", "1"),
    ("clone-node-max", "1"),
    ("interleave", "true"),
    ("notify", "false"),
)


def _vip(name: str, address: str, *more: Parameter) -> Primitive:
    return Primitive(
        name,
        "ocf:lvsha:vip",
        (
            Parameter("vip", address),
            *more,
            Parameter("prefix", "{netmask}", needs="netmask"),
            Parameter("nic", "{nic}", needs="nic"),
        ),
        _ROLES,
    )


_CLASSIC: Final = Topology(
    "lvs-classic",
    "LVS director and its VIP on one node, the other one cold",
    """\
One director runs, and the address is where it runs. When its node fails the other one
starts both. Simple, and what a cluster with ldirectord and IPaddr2 is used to;
established connections are lost with the node.

The director is started before the address comes and stopped after it has gone, so that
clients never meet an empty table."""
    + _BEFORE,
    (slots.ID, slots.VIP, slots.CONFIGURATION, slots.PREFIX, slots.NIC),
    (
        _DIRECTOR,
        Primitive(
            "{id}-vip",
            "ocf:lvsha:vip",
            _vip("", "{vip}").parameters,
            (
                Operation("start", "20s"),
                Operation("stop", "20s"),
                Operation("monitor", "20s", interval="10s"),
            ),
        ),
        Group("{id}-group", ("{id}-director", "{id}-vip")),
    ),
)
_WARM: Final = Topology(
    "lvs-warm",
    "LVS directors on both nodes, the VIP promoted on one",
    """\
Both directors run, check the real servers and know the connections; the address is on
one of them. A failover moves the address alone, and established connections go on.

The node that sees more live real servers is promoted; nothing moves back by itself."""
    + _BEFORE,
    (
        slots.ID,
        slots.VIP,
        slots.SYNC_INTERFACE,
        slots.SYNC_ID,
        slots.CONFIGURATION,
        slots.INSTANCE,
        slots.PREFIX,
        slots.NIC,
    ),
    (
        _WARM_DIRECTOR,
        _DIRECTORS,
        _vip(
            "{id}-vip",
            "{vip}",
            _VIEW,
            Parameter("sync_interface", "{sync_interface}"),
            Parameter("sync_id", "{sync_id}"),
        ),
        Clone("{id}-vips", "{id}-vip", _PROMOTABLE, promotable=True),
        Colocation(
            "{id}-vip-with-director", "inf", ("{id}-vips", ""), ("{id}-directors", "")
        ),
        Order(
            "{id}-director-then-vip",
            "Mandatory",
            ("{id}-directors", "start"),
            ("{id}-vips", "promote"),
        ),
        # A director stops after the address has gone, and not beside it.
        Order(
            "{id}-director-around-vip",
            "Optional",
            ("{id}-directors", "start"),
            ("{id}-vips", "start"),
        ),
    ),
)
_ACTIVE_ACTIVE: Final = Topology(
    "lvs-active-active",
    "LVS directors on both nodes, each with a VIP of its own",
    """\
Both directors work: each has an address of its own and is the other one's standby. Each
address goes home by itself when its node is back.

The kernel has one synchronisation daemon for all; it is a resource of its own here."""
    + _BEFORE,
    (
        slots.ID,
        slots.FIRST_VIP,
        slots.SECOND_VIP,
        slots.FIRST_NODE,
        slots.SECOND_NODE,
        slots.SYNC_INTERFACE,
        slots.SYNC_ID,
        slots.CONFIGURATION,
        slots.INSTANCE,
        slots.PREFIX,
        slots.NIC,
    ),
    (
        _WARM_DIRECTOR,
        _DIRECTORS,
        Primitive(
            "{id}-syncd",
            "ocf:lvsha:syncd",
            (
                Parameter("sync_interface", "{sync_interface}"),
                Parameter("sync_id", "{sync_id}"),
            ),
            (
                Operation("start", "20s"),
                Operation("stop", "20s"),
                Operation("monitor", "20s", interval="20s"),
            ),
        ),
        Clone("{id}-syncds", "{id}-syncd", (("interleave", "true"),)),
        _vip("{id}-vip-one", "{address_one}", _VIEW),
        Clone("{id}-vips-one", "{id}-vip-one", _PROMOTABLE, promotable=True),
        _vip("{id}-vip-two", "{address_two}", _VIEW),
        Clone("{id}-vips-two", "{id}-vip-two", _PROMOTABLE, promotable=True),
        *(
            Colocation(
                f"{{id}}-vip-{which}-with-director",
                "inf",
                (f"{{id}}-vips-{which}", ""),
                ("{id}-directors", ""),
            )
            for which in ("one", "two")
        ),
        *(
            Order(
                f"{{id}}-director-then-vip-{which}",
                "Optional",
                ("{id}-directors", "start"),
                (f"{{id}}-vips-{which}", "start"),
            )
            for which in ("one", "two")
        ),
        # More than the 100 that a promoted VIP is ahead by: each goes home again.
        *(
            Preference(
                f"{{id}}-home-{which}",
                f"{{id}}-vips-{which}",
                "200",
                f"{{node_{which}}}",
            )
            for which in ("one", "two")
        ),
        Colocation(
            "{id}-apart",
            "-100",
            ("{id}-vips-two", "Promoted"),
            ("{id}-vips-one", "Promoted"),
        ),
    ),
)
TOPOLOGIES: Final[Mapping[str, Topology]] = {
    one.name: one for one in (_CLASSIC, _WARM, _ACTIVE_ACTIVE)
}
