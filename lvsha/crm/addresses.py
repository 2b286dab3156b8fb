"""Which VIPs of a configuration belong into which slot of a topology. Pure."""

from lvsha.crm.statements import Topology
from lvsha.identity import Vip
from lvsha.model import Configuration


def addresses(topology: Topology, configuration: Configuration) -> dict[str, str]:
    """Return the slots for addresses with the VIPs of *configuration* in them.

    Where there are two, the first VIP has one for itself and the others share the
    other one. Services by firewall mark tell no address: without a VIP nothing is
    returned.
    """
    vips = dict.fromkeys(
        str(virtual.key.endpoint.address)
        for virtual in configuration.virtuals
        if isinstance(virtual.key, Vip)
    )
    names = [slot.name for slot in topology.slots if slot.several]
    first, *rest = [*vips, ""]
    if not first:
        return {}
    if len(names) == 1:
        return {names[0]: ",".join(vips)}
    return {names[0]: first, names[1]: ",".join(filter(None, rest))}
