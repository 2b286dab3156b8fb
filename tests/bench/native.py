"""The lab's image as a room on this machine's own kernel, which is many times faster.

A node's kernel is a process, and starting a program costs it a hundred times what it
costs a real one: what is measured there says little of seconds. Here the image's files
are seen through a layer that is forgotten, in namespaces of their own: no network but
their own, and nothing that was started outlives the command. Needs root.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lvsha.lab.image import find

# $1 is the image, $2 the checkout, the rest the command
_ENTER: Final = """\
set -e
image=$1 checkout=$2
shift 2
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
cd /mnt
mkdir below upper work room
mount -o loop,ro,noload "$image" below
mount -t overlay overlay -o lowerdir=below,upperdir=upper,workdir=work room
mkdir -p room/srv/lvsha
mount --bind -o ro "$checkout" room/srv/lvsha
mount -t proc proc room/proc
mount --rbind /dev room/dev
mount -t tmpfs tmpfs room/run
mount -t tmpfs tmpfs room/tmp
exec chroot room env -C /srv/lvsha "$@"
"""
_SPACES: Final = ("--mount", "--net", "--pid", "--fork", "--kill-child", "--uts")


def run_native(argv: Sequence[str], *, seconds: float) -> int:
    """Run *argv* as root from the checkout, with the image's files; return its status.

    Raises TimeoutExpired when it takes longer than *seconds*; nothing is left of it.
    """
    room = ("sh", "-c", _ENTER, "sh", str(find().disk), str(Path.cwd()))
    return subprocess.run(
        ["unshare", *_SPACES, *room, *argv], check=False, timeout=seconds
    ).returncode
