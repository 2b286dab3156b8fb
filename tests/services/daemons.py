"""Daemons as people run them, on loopback addresses, each with its own files."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Final

# Where a daemon listens; where with a certificate nobody vouches for; and where one
# of another protocol listens on its port, or one that has nothing good to say.
HERE: Final = "127.0.1.1"
SELF_SIGNED: Final = "127.0.1.2"
ANOTHER: Final = "127.0.1.3"

_LOOK: Final = 0.1
_START: Final = 120.0
_END: Final = 20.0
_PREPARE: Final = 120.0


def everywhere(*ports: int) -> tuple[str, ...]:
    """Return where a daemon listens that does so on *ports* of both families."""
    return tuple(f"{host}:{port}" for host in (HERE, "[::1]") for port in ports)


@dataclass(frozen=True, slots=True)
class Daemon:
    """How a daemon is started, as a value; PLACE and TLS stand for its folders.

    *prepare* is run before it, each to its end; *run* and *besides* stay in the
    foreground. It is there once all of *listens* (``ADDRESS:PORT``, TCP) accept a
    connection and *asked*, if anything, ends with 0.
    """

    name: str
    run: tuple[str, ...]
    listens: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    prepare: tuple[tuple[str, ...], ...] = ()
    asked: tuple[str, ...] = ()
    besides: tuple[tuple[str, ...], ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def running(daemon: Daemon, place: Path, tls: Path) -> Iterator[None]:
    """Have *daemon* run in *place*; nothing of it is left afterwards."""

    def here(text: str) -> str:
        return text.replace("PLACE", str(place)).replace("TLS", str(tls))

    place.mkdir()
    for name, text in daemon.files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(here(text))
    environment = os.environ | {k: here(v) for k, v in daemon.environment.items()}
    said = place / "said"
    with said.open("wb") as log:
        for argv in daemon.prepare:
            done = subprocess.run(
                [here(word) for word in argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                timeout=_PREPARE,
                check=False,
            )
            if done.returncode:
                raise AssertionError(
                    f"{daemon.name}: {argv} ended with {done.returncode}\n{_end(said)}"
                )
        processes = [
            subprocess.Popen(
                [here(word) for word in argv],
                cwd=place,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
            for argv in (daemon.run, *daemon.besides)
        ]
    try:
        _wait(daemon, processes, said)
        yield
    finally:
        for process in processes:
            _finish(process)


def _wait(daemon: Daemon, processes: list[subprocess.Popen[bytes]], said: Path) -> None:
    """Return when *daemon* is there."""
    deadline = monotonic() + _START
    waiting = list(daemon.listens)
    while waiting or not _answers(daemon.asked):
        statuses = [process.poll() for process in processes]
        if set(statuses) != {None} or monotonic() > deadline:
            raise AssertionError(
                f"{daemon.name}: status {statuses}, still waiting for"
                f" {waiting or daemon.asked}\n{_end(said)}"
            )
        waiting = [address for address in waiting if not _accepts(address)]
        sleep(_LOOK if waiting else 0)


def _accepts(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _END).close()
    except OSError:
        return False
    return True


def _answers(argv: tuple[str, ...]) -> bool:
    if not argv:
        return True
    done = subprocess.run(argv, capture_output=True, timeout=_END, check=False)
    return done.returncode == 0


def _finish(process: subprocess.Popen[bytes]) -> None:
    """End *process* and whatever it started in its session."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(_END)
        except subprocess.TimeoutExpired:
            continue


def _end(said: Path) -> str:
    return said.read_text(errors="replace")[-3000:]


def certificates(place: Path) -> None:
    """Make what TLS in a `Daemon` stands for, in *place*."""
    place.mkdir()
    names = f"DNS:www.example.com,DNS:localhost,IP:{HERE},IP:::1"
    _openssl(
        place, "req", "-x509", *_NEW, "-days", "30", "-subj", "/CN=Testing",
        "-keyout", "ca.key", "-out", "ca.pem",
    )  # fmt: skip
    _openssl(
        place, "req", *_NEW, "-subj", "/CN=www.example.com",
        "-keyout", "key.pem", "-out", "asked.pem",
    )  # fmt: skip
    (place / "names").write_text(f"subjectAltName={names}\n")
    _openssl(
        place, "x509", "-req", "-in", "asked.pem", "-CA", "ca.pem", "-CAkey", "ca.key",
        "-CAcreateserial", "-days", "30", "-extfile", "names", "-out", "cert.pem",
    )  # fmt: skip
    _openssl(
        place, "req", "-x509", *_NEW, "-days", "30", "-subj", "/CN=nobody",
        "-addext", f"subjectAltName=IP:{SELF_SIGNED}",
        "-keyout", "self.key", "-out", "self.pem",
    )  # fmt: skip
    for key in place.iterdir():
        key.chmod(0o644)  # the daemons run as different users, all of them here


_NEW: Final = ("-newkey", "rsa:2048", "-nodes")


def _openssl(place: Path, *arguments: str) -> None:
    subprocess.run(
        ("openssl", *arguments),
        cwd=place,
        check=True,
        capture_output=True,
        timeout=_PREPARE,
    )
