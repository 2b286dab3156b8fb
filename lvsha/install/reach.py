"""Whether a user may run a program: the cluster asks agents what they are as hacluster.

The modes on the way to it are judged (pure), and then it is tried.
"""

import os
import pwd
import subprocess
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

USER: Final = "hacluster"

_SECONDS: Final = 20.0
# Linux reads so much of a first line (BINPRM_BUF_SIZE), "#!" and " -IS" included.
_LONGEST: Final = 255 - len("#! -IS")
_OTHERS, _GROUP, _OWNER = 0, 3, 6
_READ, _SEARCH = 4, 1


@dataclass(frozen=True, slots=True)
class Step:
    """A directory or file on the way; *needed* are the bits a user must have."""

    path: str
    mode: int
    uid: int
    gid: int
    needed: int = _SEARCH


def obstacle(way: Sequence[Step], uid: int, groups: Collection[int]) -> str:
    """Return the first step of *way* that is closed to the user; empty for none."""
    for step in way:
        shift = _OTHERS
        if step.uid == uid:
            shift = _OWNER
        elif step.gid in groups:
            shift = _GROUP
        if (step.mode >> shift) & step.needed != step.needed:
            return step.path
    return ""


def unusable(interpreter: str) -> str:
    """Return why *interpreter* cannot stand in a first line, empty if it can."""
    if any(character.isspace() for character in interpreter):
        return f"{interpreter!r} has a blank in it: no first line can name it"
    if len(interpreter) > _LONGEST:
        return f"{interpreter!r} is too long for a first line"
    return ""


def hindrance(interpreter: str, site: str, user: str = USER) -> str:
    """Return why *user* cannot run agents, empty if it can, or there is no such user.

    Only root can try; for others the modes have to do.
    """
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return ""
    groups = os.getgrouplist(user, entry.pw_gid)
    way = [*_way(interpreter, _READ | _SEARCH), *_way(f"{site}/lvsha", _READ | _SEARCH)]
    if closed := obstacle(way, entry.pw_uid, groups):
        return (
            f"user {user}, as whom the cluster asks agents what they are, may not"
            f" enter or read {closed}"
        )
    if os.geteuid() != 0:
        return ""
    return _tried(interpreter, site, entry, groups)


def _tried(
    interpreter: str, site: str, entry: pwd.struct_passwd, groups: Collection[int]
) -> str:
    words = "import sys; sys.path.insert(0, sys.argv[1]); import lvsha.ocf.vip_words"
    try:
        done = subprocess.run(
            [interpreter, "-ISB", "-c", words, site],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd="/",
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            user=entry.pw_uid,
            group=entry.pw_gid,
            extra_groups=list(groups),
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"user {entry.pw_name} cannot run {interpreter}: {error}"
    if done.returncode == 0:
        return ""
    said = done.stderr.decode(errors="replace").strip().splitlines()
    reason = said[-1] if said else f"status {done.returncode}"
    return f"user {entry.pw_name} cannot run agents with {interpreter}: {reason}"


def _way(path: str, last: int) -> Iterator[Step]:
    """Yield every step to *path*, and to where its links lead."""
    for end in dict.fromkeys([Path(path), Path(path).resolve()]):
        for each in reversed([end, *end.parents]):
            status = each.stat()
            needed = last if each == end else _SEARCH
            yield Step(str(each), status.st_mode, status.st_uid, status.st_gid, needed)
