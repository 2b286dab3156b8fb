"""What makes a machine of Vagrant what the embedded lab's node of its name is. Pure."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from shlex import join
from typing import Final

from lvsha.lab import topology
from lvsha.lab.cluster.machines import (
    CLIENT,
    DIRECTORS,
    FENCE_FOLDER,
    director_steps,
    own_steps,
    real_programs,
    real_steps,
)
from lvsha.lab.drill.machines import Step
from lvsha.lab.recipe import BASE
from lvsha.lab.vagrant import leap
from lvsha.lab.vagrant.shape import NIC, Shape

SETTINGS: Final = "/etc/lvsha-lab.json"
"""Where a machine keeps its name and the shape of its lab."""

UNIT: Final = "lvsha-lab.service"
"""Does `at_boot`."""

_BOOT_UNIT: Final = """\
[Unit]
Description=lvsha lab: this machine's part in it
After=local-fs.target systemd-udev-trigger.service
Before=corosync.service pacemaker.service

[Service]
Type=oneshot
RemainAfterExit=yes
Environment=PYTHONPATH=/srv/lvsha PYTHONPYCACHEPREFIX=/var/cache/lvsha-lab
ExecStart=/usr/bin/python3 -m lvsha.lab.vagrant.role --boot

[Install]
WantedBy=multi-user.target
"""
_PROGRAM_UNIT: Final = f"""\
[Unit]
Description=lvsha lab: what this real server serves with
Requires={UNIT}
After={UNIT}

[Service]
ExecStart={{command}}

[Install]
WantedBy=multi-user.target
"""
_NO_CIB: Final = "rm -f /var/lib/pacemaker/cib/*"
_NOT_HERE: Final = frozenset({"/srv/node"})


def program_units(name: str) -> tuple[str, ...]:
    """Return the units of what serves on the real server *name*."""
    return tuple(
        f"lvsha-lab-{number}.service" for number, _ in enumerate(real_programs(name), 1)
    )


def named(name: str, shape: Shape) -> tuple[Step, ...]:
    """Return the commands after which machine *name* knows itself and the others."""
    settings = json.dumps({"name": name, **asdict(shape)}) + "\n"
    folders = [one for one in BASE.folders if one not in _NOT_HERE]
    return (
        Step(("tee", SETTINGS), settings),
        Step(("tee", "/etc/hostname"), f"{name}\n"),
        Step(("hostname", name)),
        Step(("tee", "/etc/hosts"), topology.hosts(shape.specs)),
        Step(("mkdir", "-p", *folders, f"/srv/share/{FENCE_FOLDER}")),
    )


def prepared(name: str, shape: Shape) -> tuple[Step, ...]:
    """Return the commands that prepare *name*; no cluster runs on it."""
    steps: list[Step] = []
    units = {UNIT: _boot_unit(shape)}
    if name in DIRECTORS:
        steps.append(Step(("sh", "-c", _NO_CIB)))
        steps += director_steps(
            token=shape.token, reals=shape.names, method=shape.method
        )
        if shape.topology != "classic":
            steps += own_steps()
    elif name != CLIENT:
        for unit, argv in zip(program_units(name), real_programs(name), strict=True):
            units[unit] = _PROGRAM_UNIT.format(command=join(argv))
    for unit, text in units.items():
        steps.append(Step(("tee", f"/etc/systemd/system/{unit}"), text))
    steps += (
        Step(("systemctl", "daemon-reload")),
        Step(("systemctl", "-q", "enable", *units)),
        Step(("systemctl", "restart", *units)),
    )
    return _on(shape, steps)


def at_boot(name: str, shape: Shape) -> tuple[Step, ...]:
    """Return the commands that make *name* serve whenever it has booted.

    The lab's network is there by then, under its name, and down.
    """
    steps: list[Step] = []
    if name in DIRECTORS:
        steps.append(Step(("modprobe", "-a", "ip_vs", "ip_vs_wlc", "ip_vs_rr")))
    elif name != CLIENT:
        steps += [_again(step) for step in real_steps(name, shape.method)]
    batch = "".join(f"{line}\n" for line in network(name, shape))
    steps.append(Step(("ip", "-batch", "-"), batch))
    return _on(shape, steps)


def network(name: str, shape: Shape) -> list[str]:
    """Return the lines of ``ip -batch`` that put *name* on the lab's network."""
    spec = next(one for one in shape.specs if one.name == name)
    return [
        line.replace("eth0", NIC).replace("addr add ", "addr replace ")
        for line in topology.network_steps(spec)
        if " name " not in line
    ]


def _again(step: Step) -> Step:
    """Return *step* so that it can be done twice."""
    if step.argv[:3] == ("ip", "address", "add"):
        return Step(("ip", "address", "replace", *step.argv[3:]), step.given)
    return step


def _boot_unit(shape: Shape) -> str:
    if shape.system == "leap15":
        return _BOOT_UNIT.replace("/usr/bin/python3 ", f"/usr/bin/{leap.PYTHON} ")
    return _BOOT_UNIT


def _on(shape: Shape, steps: Sequence[Step]) -> tuple[Step, ...]:
    if shape.system == "leap15":
        return tuple(new for step in steps for new in leap.translated(step))
    return tuple(steps)
