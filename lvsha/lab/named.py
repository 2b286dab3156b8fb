"""Labs with a name, run by a daemon: where they are, and how to talk to one.

A conversation is JSON lines over a unix socket: one request, and answers until the
daemon closes. What goes over it besides is in `lvsha.lab.daemon`.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

from lvsha.lab.errors import DeadlineExpired, LabError
from lvsha.lab.lab import CHECKOUT
from lvsha.lab.topology import NodeSpec, check, to_json

Words = dict[str, object]
_DOWN_SECONDS = 60
_ANSWER_SECONDS = 180
"""Booting is the longest that a request may take."""

_LOOK = 0.05


def place() -> Path:
    """Return the folder of all named labs of this user."""
    return Path(tempfile.gettempdir()) / f"lvsha-labs-{os.getuid()}"


def folder(name: str) -> Path:
    """Return the folder of the lab *name*: its socket, consoles, shares and log."""
    if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,30}", name):
        raise LabError(f"{name!r} is no name for a lab: letters, digits, - _ .")
    return place() / name


def names() -> list[str]:
    """Return the names of the labs that run."""
    found = sorted(path.parent.name for path in place().glob("*/control"))
    return [name for name in found if running(name)]


def running(name: str) -> bool:
    """Tell whether the daemon of lab *name* answers."""
    try:
        with _connected(name):
            return True
    except LabError:
        return False


def up(
    name: str,
    nodes: Sequence[NodeSpec],
    *,
    seconds: float,
    progress: Callable[[str], None],
    stack: str = "",
) -> None:
    """Start the lab *name* and return when all nodes are up; the daemon stays.

    With *stack* it is a cluster that runs what `lvsha.lab.cluster.stacks` calls so.
    """
    check(nodes)
    if running(name):
        raise LabError(f"lab {name!r} is running already: 'lvsha lab down' ends it")
    home = folder(name)
    _private(place())
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700)
    topology = "[" + ",\n ".join(map(to_json, nodes)) + "]\n"
    (home / "nodes.json").write_text(topology)
    (home / "stack").write_text(stack)
    with (home / "log").open("wb") as log:
        daemon = subprocess.Popen(
            [sys.executable, "-P", "-m", "lvsha.lab.daemon", str(home), str(seconds)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
            cwd="/",
            start_new_session=True,
        )
    try:
        _follow(daemon, name, progress)
    except BaseException:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(_DOWN_SECONDS)
        shutil.rmtree(home, ignore_errors=True)
        raise
    # it stays behind on purpose, and is not ours to wait for any more
    daemon.returncode = 0


def down(name: str) -> None:
    """End the lab *name*; return when nothing of it is left."""
    with _connected(name) as stream:
        _say(stream, {"do": "down"})
        stream.read()
    deadline = time.monotonic() + _DOWN_SECONDS
    while folder(name).exists():
        if time.monotonic() > deadline:
            raise DeadlineExpired(
                f"lab {name!r} is still there: see {folder(name)}/log"
            )
        time.sleep(_LOOK)  # the daemon removes its folder as the last thing


def ask(name: str, request: Words) -> Words:
    """Return the answer of lab *name* to *request*; raise what it could not do."""
    with _connected(name) as stream:
        _say(stream, request)
        line = stream.readline()
    if not line:
        raise LabError(f"lab {name!r} did not answer: see {folder(name)}/log")
    answer = cast("Words", json.loads(line))
    if "error" in answer:
        raise LabError(str(answer["error"]))
    return answer


@contextlib.contextmanager
def conversation(name: str, request: Words) -> Iterator[BinaryIO]:
    """Ask lab *name* for something that is answered in many lines both ways."""
    with _connected(name, seconds=None) as stream:
        _say(stream, request)
        yield stream


@contextlib.contextmanager
def _connected(
    name: str, *, seconds: float | None = _ANSWER_SECONDS
) -> Iterator[BinaryIO]:
    path = folder(name) / "control"
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(seconds)
        try:
            connection.connect(str(path))
        except OSError as error:
            raise LabError(
                f"no lab {name!r} is running: start it with 'lvsha lab up'"
            ) from error
        stream = connection.makefile("rwb")
        try:
            yield cast("BinaryIO", stream)
        except TimeoutError as error:
            raise DeadlineExpired(f"lab {name!r} does not answer") from error
        except ConnectionError as error:
            raise LabError(f"lab {name!r} hung up: {error}") from error
        finally:
            # A lab that has said no reads no more: what is unsent is not missed.
            with contextlib.suppress(OSError):
                stream.close()


def _say(stream: BinaryIO, words: Words) -> None:
    stream.write(json.dumps(words).encode() + b"\n")
    stream.flush()


def _follow(
    daemon: subprocess.Popen[bytes], name: str, progress: Callable[[str], None]
) -> None:
    """Pass on what *daemon* tells until it is ready."""
    assert daemon.stdout is not None  # noqa: S101 - it was asked for
    with daemon.stdout as news:
        for line in news:
            words = json.loads(line)
            if "error" in words:
                raise LabError(words["error"])
            if "ready" in words:
                return
            progress(words["news"])
    raise LabError(
        f"lab {name!r} ended while it started:\n"
        + (folder(name) / "log").read_text(errors="replace")[-2000:]
    )


def _private(path: Path) -> None:
    """Make *path* ours alone: its sockets give root in the nodes."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.lstat().st_uid != os.getuid() or not path.is_dir():
        raise LabError(f"{path} belongs to somebody else")
    path.chmod(0o700)
