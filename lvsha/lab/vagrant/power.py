"""How a provider of Vagrant cuts and gives power: the commands of each. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from lvsha.lab.errors import LabError

Argv = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Power:
    """The switch of one machine: a command for each position, one that asks."""

    off: Argv
    on: Argv
    freeze: Argv
    thaw: Argv
    asked: Argv
    running: str
    """Stands in the answer when the machine is not off."""


def _libvirt(machine: str) -> Power:
    virsh = ("virsh", "-q", "-c", "qemu:///system")
    return Power(
        off=(*virsh, "destroy", machine),
        on=(*virsh, "start", machine),
        freeze=(*virsh, "suspend", machine),
        thaw=(*virsh, "resume", machine),
        asked=(*virsh, "domstate", machine),
        running="running",
    )


def _virtualbox(machine: str) -> Power:
    return Power(
        off=("VBoxManage", "controlvm", machine, "poweroff"),
        on=("VBoxManage", "startvm", machine, "--type", "headless"),
        freeze=("VBoxManage", "controlvm", machine, "pause"),
        thaw=("VBoxManage", "controlvm", machine, "resume"),
        asked=("VBoxManage", "showvminfo", machine, "--machinereadable"),
        running='VMState="running"',
    )


_PROVIDERS: Final[Mapping[str, Callable[[str], Power]]] = {
    "libvirt": _libvirt,
    "virtualbox": _virtualbox,
}


def power(provider: str, machine: str) -> Power:
    """Return the switch of the *machine* that *provider* knows by that id."""
    if provider not in _PROVIDERS:
        known = ", ".join(_PROVIDERS)
        raise LabError(
            f"machines of provider {provider!r} have no switch here, those of "
            f"{known} have"
        )
    return _PROVIDERS[provider](machine)
