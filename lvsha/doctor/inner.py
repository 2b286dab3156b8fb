"""Looking at lvsha's own side: the file, directors that run, the kernel. Effects."""

import os
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from lvsha.asking import Unanswered, ask
from lvsha.config.load import load
from lvsha.doctor.facts import Configuration, Kernel, Running
from lvsha.engine.instance import DEFAULT_FILE, Instance, found
from lvsha.errors import ConfigError, KernelError
from lvsha.identity import Forwarding, Vip
from lvsha.ipvs import sysctl, totals
from lvsha.ipvs.counters import Role
from lvsha.ipvs.kernel import Kernel as Table
from lvsha.ipvs.profile import Site, differences, profile
from lvsha.lock import holder
from lvsha.vip import record

_SECONDS: Final = 5.0
_FEW: Final = 5


class Meant(NamedTuple):
    """The configuration, and the schedulers and methods it uses."""

    seen: Configuration
    schedulers: frozenset[str] = frozenset()


def configuration(file: str | None) -> Meant:
    """Return what *file* asks for; names in it are looked up."""
    try:
        path = found(file)
        content = path.read_bytes()
    except FileNotFoundError:
        return Meant(Configuration(path=file or str(DEFAULT_FILE)))
    except OSError as error:
        return Meant(Configuration(path=file or "", errors=(str(error),)))
    digest = sha256(content).hexdigest()
    try:
        loaded = load(path)
    except ConfigError as error:
        told = tuple(str(problem) for problem in error.problems[:_FEW])
        return Meant(Configuration(str(path), digest, told, len(error.warnings)))
    virtuals = loaded.configuration.virtuals
    seen = Configuration(
        path=str(path),
        digest=digest,
        warnings=len(loaded.warnings),
        masq=any(
            real.forwarding is Forwarding.MASQ for one in virtuals for real in one.reals
        ),
        addresses=frozenset(
            str(one.key.endpoint.address)
            for one in virtuals
            if isinstance(one.key, Vip)
        ),
    )
    return Meant(seen, frozenset(one.scheduler for one in virtuals))


def running(directory: Path) -> tuple[Running, ...]:
    """Return the directors that run below *directory*."""
    try:
        places = sorted(path for path in directory.iterdir() if path.is_dir())
    except OSError:
        return ()
    instances = [Instance(path.name, directory) for path in places]
    return tuple(_running(one) for one in instances if _held(one))


def _held(instance: Instance) -> bool:
    try:
        return holder(instance.lock) is not None
    except PermissionError:
        return False


def _running(instance: Instance) -> Running:
    try:
        answer = ask(instance.control, {"do": "status"}, seconds=_SECONDS)
    except Unanswered:
        return Running(instance.name, answers=False)
    said = answer.get("configuration")
    if not isinstance(said, dict):
        return Running(instance.name)
    return Running(
        instance.name,
        path=str(said.get("path", "")),
        digest=str(said.get("sha256", "")),
        error=bool(said.get("error")),
    )


def kernel(schedulers: Collection[str], directory: Path) -> Kernel:
    """Return the kernel's side; without root only part of it."""
    ipvs = sysctl.DIRECTORY.is_dir() or Path("/sys/module/ip_vs").is_dir()
    unloadable = tuple(sorted(one for one in schedulers if not _loadable(one)))
    forward = _forward()
    site = _site(directory)
    if not ipvs or os.geteuid() != 0:
        return Kernel(ipvs=ipvs, unloadable=unloadable, forward=forward)
    try:
        with Table.open() as table:
            daemons = tuple(table.daemons())
            methods: set[Forwarding] = {
                row.forwarding
                for service in table.read().values()
                for row in service.destinations.values()
            }
        wanted = profile(Site(frozenset(methods), site.stateless, site.sync_ports))
        actual = sysctl.read(wanted)
        backups = [one for one in daemons if one.role is Role.BACKUP]
        ports = {one.port or totals.SYNC_PORT for one in backups}
        return Kernel(
            ipvs=True,
            unloadable=unloadable,
            differences=tuple(differences(wanted, actual)),
            forward=forward,
            daemons=daemons,
            dropped=totals.read_drops(ports) if ports else None,
            stateless=site.stateless,
        )
    except KernelError:
        return Kernel(ipvs=True, unloadable=unloadable, forward=forward)


def _site(directory: Path) -> Site:
    """Return what the profile was applied for, as ``lvsha sync`` recorded it."""
    try:
        said = record.read(directory / "sync" / "profile.json") or {}
    except OSError:
        return Site()
    ports = said.get("sync_ports")
    stateless = said.get("stateless") is True
    return Site(
        stateless=stateless, sync_ports=ports if isinstance(ports, int) else None
    )


def _forward() -> str | None:
    try:
        return Path("/proc/sys/net/ipv4/ip_forward").read_text().strip()
    except OSError:
        return None


def _loadable(scheduler: str) -> bool:
    """Tell whether the kernel has *scheduler*, or a module of it."""
    name = f"ip_vs_{scheduler}"
    if Path(f"/sys/module/{name}").is_dir():
        return True
    modules = Path("/lib/modules") / os.uname().release
    lists = [modules / "modules.dep", modules / "modules.builtin"]
    texts = [path.read_text() for path in lists if path.is_file()]
    # Without a list nobody can tell.
    return not texts or any(f"/{name}.ko" in text for text in texts)
