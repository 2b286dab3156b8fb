"""What a resource tells its cluster: a promotion score, and a word for its peers.

The score is kept by Pacemaker and moves roles. The word is known to all nodes
and to nobody's scheduler: nothing follows from it but what an agent makes of it.
"""

import os
import re
import select
import signal
import time
from typing import Final

from lvsha.ocf.protocol import say

_SECONDS: Final = 5.0
_MOST: Final = 1 << 16
_VALUE: Final = re.compile(rb'host="([^"]*)" value="([^"]*)"')


def publish(resource: str, score: int | None) -> None:
    """Have *resource* known to be worth *score* here; None takes it back."""
    words = ["-v", str(score)] if score is not None else ["-D"]
    argv = ["crm_attribute", "-q", "-l", "reboot", "-p", resource, *words]
    if wrong := _asked(argv)[0]:
        say(f"cannot publish the promotion score: {wrong}")


def tell(resource: str, word: str | None) -> None:
    """Have the peers of *resource* know *word* of this node; None takes it back."""
    words = ["-U", word] if word is not None else ["-D"]
    argv = ["attrd_updater", "-q", "-p", "-n", _name(resource), *words]
    if wrong := _asked(argv)[0]:
        say(f"cannot tell the other nodes: {wrong}")


def heard(resource: str) -> list[str]:
    """Return the words that the nodes have told of *resource*."""
    wrong, said = _asked(["attrd_updater", "-A", "-Q", "-n", _name(resource)])
    # That nobody has told anything is an error of its own.
    return [] if wrong else [word.decode() for _, word in _VALUE.findall(said)]


def _name(resource: str) -> str:
    return f"lvsha-{resource}"


def _asked(argv: list[str]) -> tuple[str, bytes]:
    """Run *argv*; return what went wrong, empty if nothing did, and its output.

    The module subprocess takes longer to import than most of these programs run.
    """
    readable, writable = os.pipe2(os.O_CLOEXEC)
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, writable, 1),
        (os.POSIX_SPAWN_DUP2, writable, 2),
    ]
    try:
        pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions)
    except OSError as error:
        os.close(readable)
        return f"{argv[0]}: {error.strerror}", b""
    finally:
        os.close(writable)
    try:
        said = _read(readable, time.monotonic() + _SECONDS)
        late = said is None
    finally:
        os.close(readable)
    if late:
        os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if late:
        return f"{argv[0]} takes longer than {_SECONDS:g} s", b""
    said = said or b""
    words = said.decode(errors="replace").strip()[:200]
    return (f"{argv[0]}: {words or status}" if status else ""), said


def _read(readable: int, until: float) -> bytes | None:
    """Return all that comes from *readable*; None if it does not end in time."""
    said = b""
    while (left := until - time.monotonic()) > 0:
        if select.select([readable], [], [], left)[0]:
            piece = os.read(readable, _MOST)
            if not piece:
                return said
            said += piece
    return None
