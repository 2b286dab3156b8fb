"""Makes a node ready: mounts, host name, network; the agent runs it once."""

import ctypes
import os
import socket
import subprocess
from pathlib import Path
from typing import TypedDict

_MS_RDONLY, _MS_NOSUID, _MS_NODEV = 1, 2, 4


class Settings(TypedDict):
    """What ``node.json`` says; the host writes it."""

    name: str
    boot: str
    hosts: str
    shares: list[tuple[str, str, bool]]
    network: list[str]


# what an init system would mount: type, place, flags, options
_SYSTEM = (
    ("proc", "/proc", 0, ""),
    ("sysfs", "/sys", 0, ""),
    ("cgroup2", "/sys/fs/cgroup", 0, ""),
    ("tmpfs", "/run", _MS_NOSUID | _MS_NODEV, "mode=755"),
    ("tmpfs", "/tmp", _MS_NOSUID | _MS_NODEV, "mode=1777"),  # noqa: S108
    ("devpts", "/dev/pts", 0, "gid=5,mode=620,ptmxmode=666"),
    ("tmpfs", "/dev/shm", _MS_NOSUID | _MS_NODEV, "mode=1777"),  # noqa: S108
)


def prepare(settings: Settings, *, first: bool) -> list[str]:
    """Do what ``node.json`` says; return what did not work, each as a sentence.

    *first*: nobody has mounted the system's file systems yet.
    """
    problems = []
    if first:
        problems += [problem for row in _SYSTEM if (problem := _mount(*row))]
        for link, target in (
            ("/dev/fd", "/proc/self/fd"),
            ("/dev/stdin", "/proc/self/fd/0"),
            ("/dev/stdout", "/proc/self/fd/1"),
            ("/dev/stderr", "/proc/self/fd/2"),
        ):
            if not os.path.lexists(link):
                Path(link).symlink_to(target)
        Path("/run/lock").mkdir(exist_ok=True)
    name = settings["name"]
    socket.sethostname(name)
    Path("/etc/hostname").write_text(name + "\n")
    Path("/etc/hosts").write_text(settings["hosts"])
    for place, source, writable in settings["shares"]:
        flags = 0 if writable else _MS_RDONLY
        if problem := _mount("hostfs", place, flags, source):
            problems.append(problem)
    return problems + _network(settings["network"])


def tell_systemd() -> None:
    """Tell systemd that the service is ready, if it asked."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
            speaker.connect(address)
            speaker.send(b"READY=1")


def _mount(kind: str, place: str, flags: int, options: str) -> str | None:
    Path(place).mkdir(parents=True, exist_ok=True)
    if os.path.ismount(place):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    words = (kind, place, kind, options)
    source, target, filesystem, data = (os.fsencode(word) for word in words)
    if libc.mount(source, target, filesystem, flags, data) != 0:
        return f"cannot mount {kind} at {place}: {os.strerror(ctypes.get_errno())}"
    return None


def _network(steps: list[str]) -> list[str]:
    """Run *steps*, each a line of ``ip -batch``, in one go."""
    problems = []
    commands = (
        (["modprobe", "-a", "ipv6"], ""),
        (["ip", "-force", "-batch", "-"], "\n".join(steps) + "\n"),
    )
    for argv, text in commands:
        done = subprocess.run(
            argv, input=text.encode(), capture_output=True, check=False, timeout=60
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            problems.append(f"{argv[0]}: {said}")
    return problems
