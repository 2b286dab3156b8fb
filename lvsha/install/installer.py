"""Installing and uninstalling: read what there is, plan, record, perform."""

import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lvsha.install import takeover
from lvsha.install.disk import Disk
from lvsha.install.layout import Link, Wanted
from lvsha.install.manifest import PATH, Manifest
from lvsha.install.plan import Plan, plan
from lvsha.install.takeover import LDIRECTORD, Means

_SECONDS: Final = 60.0
_BOOTED: Final = Path("/run/systemd/system")


class Refusal(Exception):
    """It was not done; *reasons* say why, each a sentence."""

    def __init__(self, reasons: Sequence[str]) -> None:
        """Keep *reasons*."""
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)


@dataclass(frozen=True, slots=True)
class _Taking:
    """How ldirectord is ours, for the record, and what is left to do for it."""

    recorded: str
    commands: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Installer:
    """Installs below *root*, empty for this machine.

    Without *records* nothing is recorded: a package's own list knows the files.
    """

    root: str = ""
    records: bool = True

    def install(
        self, wanted: Wanted, *, program: str, as_ldirectord: bool, dry: bool = False
    ) -> Plan:
        """Have *wanted*, and nothing else of ours; raises Refusal, Unreadable.

        Unless *dry*. *program* is what a taken over ldirectord becomes.
        """
        disk = self._disk()
        before = disk.recorded()
        how, program = _taken(before.takeover, program)
        missing = as_ldirectord and how is None
        if missing and (how := self._means()) is None:
            raise Refusal([f"{LDIRECTORD} is there, and nothing here can divert it"])
        if how in {Means.DIVERT, Means.LINK}:
            wanted = {**wanted, LDIRECTORD: Link(program)}
        present = _present(disk, wanted.keys() | before.files.keys())
        if missing and how is Means.DIVERT:
            # By then it has another name.
            present.pop(LDIRECTORD, None)
        marks = {path: one.mark for path, one in wanted.items()}
        chosen = plan(marks, present, before.files)
        if chosen.conflicts:
            raise Refusal(chosen.conflicts)
        if not dry and (chosen.write or chosen.remove or missing):
            commands = takeover.taking(how, program, self.root) if how else []
            taken = f"{how.value} {program}" if how else ""
            self._perform(
                disk, wanted, chosen, _Taking(taken, commands if missing else [])
            )
        return chosen

    def _perform(
        self, disk: Disk, wanted: Wanted, chosen: Plan, taking: "_Taking"
    ) -> None:
        before = disk.recorded() if self.records else Manifest()
        after = Manifest(
            {
                path: frozenset([wanted[path].mark])
                for path in sorted((*chosen.write, *chosen.same))
            },
            before.directories | set(_missing(disk, (*chosen.write, PATH))),
            taking.recorded,
        )
        # On record before it is done: whatever happens, it can be undone.
        if self.records:
            disk.record(_both(before, after))
        try:
            _run_all(taking.commands)
        except Refusal:
            if self.records:
                disk.record(before)
            raise
        for path in chosen.write:
            disk.write(path, wanted[path])
        for path in chosen.remove:
            disk.remove(path)
        if self.records:
            disk.record(_tidied(disk, after))

    def uninstall(self, *, dry: bool = False) -> Plan:
        """Remove what is on record, unless *dry*; raises Refusal, Unreadable."""
        disk = self._disk()
        before = disk.recorded()
        chosen = plan({}, _present(disk, before.files), before.files)
        if dry or before.empty:
            return chosen
        for path in chosen.remove:
            disk.remove(path)
        taken = before.takeover
        how, program = _taken(taken, "")
        if how is not None and LDIRECTORD not in chosen.left:
            _run_all(takeover.giving(how, program, self.root))
            taken = ""
        left = {path: before.files[path] for path in chosen.left}
        if left or taken:
            disk.record(_tidied(disk, Manifest(left, before.directories, taken)))
        else:
            disk.record(Manifest())
            for directory in _inwards(before.directories):
                disk.tidy(directory)
        return chosen

    def settle(self) -> list[str]:
        """Have systemd notice what changed on this machine; return what went wrong."""
        if self.root or not _BOOTED.is_dir():
            return []
        problems: list[str] = []
        for command in (
            ["systemctl", "daemon-reload"],
            ["systemd-tmpfiles", "--create", "lvsha.conf"],
        ):
            try:
                _run(command)
            except Refusal as refusal:
                problems += refusal.reasons
        return problems

    def _disk(self) -> Disk:
        return Disk(Path(self.root or "/"))

    def _means(self) -> Means | None:
        place = self._disk().at(LDIRECTORD)
        facts = takeover.Facts(
            diverts=shutil.which("dpkg-divert") is not None,
            alternatives=shutil.which("update-alternatives") is not None,
            there=place.exists() or place.is_symlink(),
            link=str(place.readlink()) if place.is_symlink() else "",
        )
        return takeover.means(facts)


def _taken(recorded: str, program: str) -> tuple[Means | None, str]:
    """Return how *recorded* says ldirectord was taken over, and by which program."""
    if not recorded:
        return None, program
    how, _, program = recorded.partition(" ")
    return Means(how), program


def _present(disk: Disk, paths: Iterable[str]) -> dict[str, str]:
    marks = {path: disk.mark(path) for path in paths}
    return {path: mark for path, mark in marks.items() if mark is not None}


def _missing(disk: Disk, paths: Iterable[str]) -> list[str]:
    return [directory for path in paths for directory in disk.missing(path)]


def _both(one: Manifest, other: Manifest) -> Manifest:
    """Return a record of whatever there is in the midst of going from one to other."""
    return Manifest(
        {
            path: one.files.get(path, frozenset()) | other.files.get(path, frozenset())
            for path in one.files.keys() | other.files.keys()
        },
        one.directories | other.directories,
        other.takeover or one.takeover,
    )


def _inwards(directories: Iterable[str]) -> list[str]:
    """Return *directories*, each before the one it is in."""
    return sorted(directories, key=len, reverse=True)


def _tidied(disk: Disk, manifest: Manifest) -> Manifest:
    """Remove directories of ours that are empty; return *manifest* without them."""
    gone = {one for one in _inwards(manifest.directories) if disk.tidy(one)}
    return Manifest(manifest.files, manifest.directories - gone, manifest.takeover)


def _run_all(commands: Iterable[Sequence[str]]) -> None:
    for command in commands:
        _run(command)


def _run(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refusal([f"cannot run {command[0]}: {error}"]) from error
    if done.returncode:
        said = " ".join(done.stdout.decode(errors="replace").split())
        raise Refusal([f"{' '.join(command)}: {said or done.returncode}"])
