"""Cut cables as rules for nftables in the machine at one end. Pure.

They stand where frames enter and leave the interface of the lab's network, so ARP is
cut, too, and what IPVS forwards; Vagrant's own network, over which the machine is told,
is not. What one sends to everybody reaches the other of a pair, but nothing comes back.
"""

from collections.abc import Callable, Iterable
from typing import Final

from lvsha.lab.forwarding import Faults
from lvsha.lab.vagrant.shape import NIC

_TABLE: Final = "netdev lvsha_lab"
_CHAIN: Final = """\
  chain {hook} {{
    type filter hook {hook} device "{nic}" priority -500; policy accept;
{rules}  }}
"""


def rules(name: str, faults: Faults, mac: Callable[[str], str]) -> str:
    """Return what ``nft -f`` needs so that *name* has its part of *faults*' cuts."""
    text = f"table {_TABLE}\ndelete table {_TABLE}\n"
    received = [sender for sender, receiver in faults.cuts if receiver == name]
    sent = [receiver for sender, receiver in faults.cuts if sender == name]
    if not received and not sent:
        return text
    chains = _chain("ingress", "saddr", received, mac)
    chains += _chain("egress", "daddr", sent, mac)
    return f"{text}table {_TABLE} {{\n{chains}}}\n"


def _chain(
    hook: str, side: str, others: Iterable[str], mac: Callable[[str], str]
) -> str:
    lines = [
        f"    ether {side} {mac(other)} drop\n" if other else "    drop\n"
        for other in sorted(others)
    ]
    return _CHAIN.format(hook=hook, nic=NIC, rules="".join(lines)) if lines else ""
