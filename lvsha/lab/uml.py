"""One node as a user-mode-linux process: its command line, its start and its end."""

import contextlib
import mmap
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lvsha.lab.errors import DeadlineExpired, LabError
from lvsha.lab.topology import Boot

# Code built into Debian's kernel that no node uses and that costs a second of every
# boot: it measures which checksum routine of RAID 6 is the fastest on this machine.
_SKIPPED = (
    "raid6_select_algo",
    "register_xor_blocks",
    "calibrate_xor_blocks",
    "init_btrfs_fs",
)

_FIRST: dict[Boot, str] = {
    "light": "/usr/lib/lvsha-lab/start",
    "systemd": "/lib/systemd/systemd",
}


@dataclass(frozen=True, slots=True)
class Machine:
    """What a node's process is started with; all paths free of blanks and commas."""

    name: str
    kernel: Path
    disk: Path
    """The image, which every node only reads."""

    own: Path
    """What this node has changed on it."""

    place: Path
    """The folder with the agent and ``node.json``."""

    sockets: Path
    """Where user-mode-linux keeps its own files; the mark of this lab's processes."""

    port: Path
    """The socket of its port on the switch."""

    mac: str
    memory: str
    boot: Boot
    line: int
    """The descriptor of the agent's serial line."""


def command_line(machine: Machine) -> list[str]:
    """Return the argument list that boots *machine*."""
    return [
        # a panic must not leave the node's memory on the disk
        "prlimit",
        "--core=0",
        str(machine.kernel),
        f"ubd0={machine.own},{machine.disk}",
        "root=/dev/ubda",
        "rw",
        f"mem={machine.memory}",
        "quiet",
        "noreboot",
        "panic=-1",
        "con=null",
        "con0=null,fd:1",
        "ssl=null",
        f"ssl0=fd:{machine.line}",
        f"vec0:transport=bess,dst={machine.port},mac={machine.mac},depth=128",
        f"uml_dir={machine.sockets}",
        f"umid={machine.name}",
        f"lab={machine.place}",
        f"init={_FIRST[machine.boot]}",
        "systemd.show_status=0",
        # without a disk to check and with one processor, waiting for either is idle
        "fsck.mode=skip",
        "initcall_blacklist=" + ",".join(_SKIPPED),
    ]


def memory_folder(needed: int) -> Path:
    """Return a folder for the nodes' memory: executable, with *needed* bytes free."""
    refused = []
    for folder in ("/dev/shm", tempfile.gettempdir(), "/var/tmp"):  # noqa: S108
        try:
            if not _executable(folder):
                refused.append(f"{folder} is mounted noexec")
            elif _free(folder) < needed:
                refused.append(f"{folder} has only {_free(folder) >> 20} MB free")
            else:
                return Path(folder)
        except OSError as error:
            refused.append(f"{folder}: {error.strerror}")
    raise LabError(
        f"no room for {needed >> 20} MB of nodes' memory: {'; '.join(refused)}"
    )


def _free(folder: str) -> int:
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize


def _executable(folder: str) -> bool:
    with tempfile.TemporaryFile(dir=folder) as file:
        file.truncate(mmap.PAGESIZE)
        try:
            mmap.mmap(
                file.fileno(), mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_EXEC
            ).close()
        except PermissionError:
            return False
    return True


def start(machine: Machine, *, console: Path, memory: Path) -> subprocess.Popen[bytes]:
    """Start *machine* as a process group of its own; its console goes to a file."""
    with console.open("ab") as output:
        return subprocess.Popen(
            command_line(machine),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[machine.line],
            start_new_session=True,
            env={"TMPDIR": str(memory), "PATH": os.environ.get("PATH", os.defpath)},
        )


def end(process: subprocess.Popen[bytes], *, seconds: float = 10) -> None:
    """Cut the power: kill the kernel with its helpers and wait until it is gone."""
    # the helpers outlive the kernel's own process: the whole group, always
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired as error:
        raise DeadlineExpired(
            f"process {process.pid} is still there {seconds} s after it was killed"
        ) from error


def processes(sockets: Path) -> list[int]:
    """Return the ids of all node processes whose files are in *sockets*."""
    mark = f"uml_dir={sockets}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if mark in (entry / "cmdline").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found


def end_all(sockets: Path, *, seconds: float = 10) -> Sequence[int]:
    """Kill every process of *sockets*' lab; return those that remain, normally none."""
    deadline = time.monotonic() + seconds
    while found := processes(sockets):
        for number in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(number, signal.SIGKILL)
        if time.monotonic() > deadline:
            return found
        time.sleep(0.02)  # the kernel needs a moment to take them down
    return []
