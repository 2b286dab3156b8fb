"""What a lab of Vagrant was asked to be: topology, method, how many, how slow. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final, Literal, cast

from lvsha.lab.cluster.faults import Fault
from lvsha.lab.cluster.machines import TOKEN, machines
from lvsha.lab.cluster.pacemaker import Pacemaker
from lvsha.lab.cluster.stacks import STACKS, Stack
from lvsha.lab.drill.scenario import JOINING, REALS
from lvsha.lab.errors import LabError
from lvsha.lab.topology import NodeSpec

Topology = Literal["classic", "warm", "active-active"]
Method = Literal["gate", "ipip"]
System = Literal["debian12", "leap15"]

NIC: Final = "lab0"
"""The lab's network in every machine: the first one is Vagrant's own."""

_EVERY_REAL: Final = (*REALS, JOINING)
_TIMEOUT: Final = re.compile(r"(\btimeout|-timeout)=([0-9]+)s")
_FENCE: Final = "primitive fence "


@dataclass(frozen=True, slots=True)
class Shape:
    """One lab. *patience*: everything waits so many times as long as usual."""

    topology: Topology = "warm"
    method: Method = "gate"
    reals: int = len(REALS)
    patience: int = 1
    system: System = "debian12"

    def __post_init__(self) -> None:
        """Refuse what cannot be built, with a clear word."""
        if self.topology not in {"classic", "warm", "active-active"}:
            raise LabError(
                f"topology {self.topology!r} is not classic, warm, active-active"
            )
        if str(self.method) == "masq":
            raise LabError(
                "method masq needs a second network and a gateway that moves with the "
                "VIP: this lab has gate and ipip"
            )
        if self.method not in {"gate", "ipip"}:
            raise LabError(f"method {self.method!r} is not gate, ipip")
        if not len(REALS) <= self.reals <= len(_EVERY_REAL):
            raise LabError(f"{self.reals} real servers: there may be 2 or 3")
        if not 1 <= self.patience <= 20:  # noqa: PLR2004
            raise LabError(f"patience {self.patience} is not 1 to 20")
        if self.system not in {"debian12", "leap15"}:
            raise LabError(f"system {self.system!r} is not debian12, leap15")

    @property
    def names(self) -> tuple[str, ...]:
        """The real servers."""
        return _EVERY_REAL[: self.reals]

    @property
    def token(self) -> int:
        """Corosync's token in milliseconds."""
        return TOKEN * self.patience

    @property
    def specs(self) -> tuple[NodeSpec, ...]:
        """All machines, in the order in which they are numbered."""
        return machines(self.names)

    def mac(self, name: str) -> str:
        """Return the hardware address of machine *name* on the lab's network."""
        number = [spec.name for spec in self.specs].index(name) + 1
        return f"02:4c:56:00:{number >> 8:02x}:{number & 255:02x}"

    def stack(self) -> Stack:
        """Return the stack of the topology, on this lab's network, as patient as it."""
        known = STACKS[self.topology]
        formation = known.formation
        if not isinstance(formation, Pacemaker):
            raise LabError(f"{self.topology} is no cluster of Pacemaker")
        crm = slowed(formation.crm.replace("eth0", NIC), self.patience)
        return replace(known, formation=replace(formation, crm=crm))

    def refusal(self, fault: Fault) -> str:
        """Return why *fault* cannot be played here, empty if it can."""
        if self.topology not in fault.stacks:
            return f"not on {self.topology}"
        if self.method != "gate" and fault.act in {"tamper", "break-file"}:
            return (
                f"it edits rows of method gate, and this lab forwards by {self.method}"
            )
        if self.reals != len(REALS) and fault.act in {"path", "break-file"}:
            return f"it knows two real servers, and this lab has {self.reals}"
        if self.system != "debian12" and fault.act == "upgrade":
            return f"it edits a file of Debian's package, and this lab is {self.system}"
        return ""

    def to_json(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(asdict(self))


def from_json(text: str) -> Shape:
    """Return the shape that *text* tells of, with further words or without."""
    words = cast("Mapping[str, str | int]", json.loads(text))
    known = {name: words[name] for name in asdict(Shape()) if name in words}
    return Shape(**known)  # type: ignore[arg-type]


def slowed(crm: str, patience: int) -> str:
    """Return *crm* with all its timeouts *patience* times as long."""
    return _TIMEOUT.sub(lambda found: f"{found[1]}={int(found[2]) * patience}s", crm)


def unarmed(crm: str) -> str:
    """Return *crm* without fencing: nobody answers the device between drills."""
    lines = [line for line in crm.splitlines() if not line.startswith(_FENCE)]
    text = "\n".join(lines) + "\n"
    return text.replace("stonith-enabled=true", "stonith-enabled=false")
