"""Looking at the machine and its cluster; every look has a deadline. Effects."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from lvsha.doctor import readings
from lvsha.doctor.facts import Agent, Corosync, Facts, Loud, Pacemaker, Sharing
from lvsha.doctor.inner import configuration, kernel, running
from lvsha.engine.instance import run_directory
from lvsha.errors import KernelError
from lvsha.install.reach import USER, hindrance
from lvsha.vip.addresses import Interfaces
from lvsha.vip.realserver import Place, RealServer

AGENTS: Final = Path("/usr/lib/ocf/resource.d/lvsha")
NAMES: Final = ("director", "vip", "syncd", "realserver")
COROSYNC: Final = Path("/etc/corosync/corosync.conf")
RECEIPTS: Final = Path("/var/lib/lvsha/csync2/receipts")
_CSYNC2: Final = (
    Path("/etc/csync2_lvsha.cfg"),
    Path("/etc/csync2/csync2_lvsha.cfg"),
    Path("/etc/csync2.cfg"),
    Path("/etc/csync2/csync2.cfg"),
)
_CSYNC2_PORT: Final = 30865
_SECONDS: Final = 10.0
_TIMES: Final = 124
# Interfaces whose addresses the network should not hear of.
_QUIET: Final = frozenset({"lo", "tunl0"})
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def facts(file: str | None, rundir: Path | None) -> Facts:
    """Return all that can be seen from here, of the director of *file*."""
    meant = configuration(file)
    directory = run_directory(rundir)
    corosync = _corosync()
    pacemaker = _pacemaker()
    in_cluster = corosync is not None or pacemaker is not None
    agents = tuple(_agent(name) for name in NAMES) if in_cluster else ()
    first = AGENTS / NAMES[0]
    return Facts(
        root=os.geteuid() == 0,
        kernel=replace(kernel(meant.schedulers, directory), firewall=_firewall()),
        loud=_loud(directory),
        configuration=meant.seen,
        running=running(directory),
        agents=agents,
        hindrance=_hindrance(first) if in_cluster else "",
        corosync=corosync,
        pacemaker=pacemaker,
        sharing=_sharing(Path(meant.seen.path).name),
        synchronised=_synchronised(),
    )


def _loud(directory: Path) -> tuple[Loud, ...] | None:
    """Return the VIPs on quiet interfaces that the network hears of."""
    try:
        with Interfaces() as interfaces:
            names = {link.index: link.name for link in interfaces.links()}
            places = [
                Place(one.address, names[one.index])
                for one in interfaces.held()
                if names.get(one.index) in _QUIET
                and not (one.address.is_loopback or one.address.is_link_local)
            ]
        told = RealServer(directory / "realserver").status(places)
    except KernelError:
        return None
    return tuple(
        Loud(str(one.place.address), one.place.nic, one.problems)
        for one in told
        if one.problems
    )


def _agent(name: str) -> Agent:
    place = AGENTS / name
    if not place.exists():
        return Agent(name, there=False)
    said, status = _said([str(place), "meta-data"], both=True)
    if status == 0 and f'name="{name}"' in said:
        return Agent(name, there=True)
    lines = said.strip().splitlines()
    return Agent(name, there=True, trouble=lines[-1] if lines else f"status {status}")


def _hindrance(agent: Path) -> str:
    """Return why the cluster's user cannot run *agent*, empty if it can."""
    try:
        lines = agent.read_text().splitlines()
    except OSError:
        return ""
    interpreter = lines[0].removeprefix("#!").split()[0]
    sites = [line for line in lines if line.startswith("SITE = ")]
    site = sites[0].partition(" = ")[2].strip("'\"") if sites else "/"
    try:
        return hindrance(interpreter, site, USER)
    except OSError as error:
        return f"the agents' interpreter or package is missing: {error}"


def _corosync() -> Corosync | None:
    try:
        seen = readings.corosync(COROSYNC.read_text(errors="replace"))
    except FileNotFoundError:
        return None
    except OSError:
        seen = Corosync()
    _, status = _said(["corosync-cfgtool", "-s"])
    running = None if status is None else status == 0
    said, quorum = _said(["corosync-quorumtool", "-s"])
    quorate = "Quorate:          Yes" in said if quorum is not None and said else None
    return replace(seen, running=running, quorate=quorate if running else None)


def _pacemaker() -> Pacemaker | None:
    monitor, status = _said(["crm_mon", "--one-shot", "--output-as=xml"])
    if status is None:
        return None
    cib, asked = _said(["cibadmin", "--query"])
    if status or asked:
        # Its programs alone make no cluster.
        return Pacemaker(reachable=False) if COROSYNC.exists() else None
    try:
        return readings.pacemaker(cib, monitor)
    except readings.Unintelligible:
        return Pacemaker(reachable=False)


def _sharing(live: str) -> Sharing:
    peers = {}
    for path in sorted(RECEIPTS.glob(f"{live}@*.json")) if live else []:
        if told := readings.receipt(_read(path) or ""):
            peers[told[0]] = told[1]
    tables = [_read(Path(f"/proc/net/{name}")) for name in ("tcp", "tcp6")]
    listens = any(readings.listening(one or "", _CSYNC2_PORT) for one in tables)
    configured = any(readings.shares(_read(path) or "") for path in _CSYNC2)
    return Sharing(configured, listens if any(tables) else None, peers)


def _firewall() -> str | None:
    if os.geteuid() != 0:
        return None
    said, status = _said(["nft", "list", "ruleset"])
    return said if status == 0 else None


def _synchronised() -> bool | None:
    said, status = _said(
        ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    )
    return said.strip() == "yes" if status == 0 else None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return None


def _said(argv: Sequence[str], *, both: bool = False) -> tuple[str, int | None]:
    """Return what *argv* prints and its status; None when it cannot be started."""
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if both else subprocess.DEVNULL,
            cwd="/",
            env={"PATH": _PATH, "LC_ALL": "C.UTF-8", "OCF_ROOT": "/usr/lib/ocf"},
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {_SECONDS:g} s", _TIMES
    except OSError:
        return "", None
    return done.stdout.decode(errors="replace"), done.returncode
