"""Runs a tier of tests inside a node, where root and a real kernel are theirs.

``python -m lvsha.lab.tier kernel [PYTEST ARGUMENT ...]`` boots a node, runs
``tests/kernel`` of the checkout in it, passes on what pytest prints and ends with
its status.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lvsha.lab.errors import LabError
from lvsha.lab.guest.wire import Kind
from lvsha.lab.image import find
from lvsha.lab.lab import CHECKOUT, Lab
from lvsha.lab.topology import NodeSpec

_BOOT_SECONDS = 120
_TEST_SECONDS = 1800
_FAILED = 1
_USAGE = 2
_SIGNALLED = 128


def run(
    path: str, arguments: Sequence[str] = (), *, seconds: float = _TEST_SECONDS
) -> int:
    """Run pytest on *path* of the checkout inside a node; return its status.

    Raise `DeadlineExpired` when it takes longer than *seconds*.
    """
    node = NodeSpec("tests", ("10.77.0.1/24", "fd00:77::1/64"), memory="1G")
    argv = ["python3", "-m", "pytest", "-p", "no:cacheprovider", "-q", path]
    environment = {
        # the checkout is read-only in the node
        "HYPOTHESIS_STORAGE_DIRECTORY": "/tmp/hypothesis",  # noqa: S108
        "COLUMNS": os.environ.get("COLUMNS", "80"),
    }
    if "CI" in os.environ:
        environment["CI"] = os.environ["CI"]
    with (
        tempfile.TemporaryDirectory(prefix="lvsha-tier-") as folder,
        Lab(Path(folder), [node], image=find()) as lab,
    ):
        lab.up(seconds=_BOOT_SECONDS)
        process = lab.node("tests").start(
            [*argv, *arguments], env=environment, cwd="/srv/lvsha", listener=_pass_on
        )
        status = process.wait(seconds).status
    return status if status >= 0 else _SIGNALLED - status


def _pass_on(kind: Kind, content: bytes) -> None:
    stream = sys.stdout if kind is Kind.OUTPUT else sys.stderr
    stream.buffer.write(content)
    stream.flush()


def main(arguments: Sequence[str]) -> int:
    """Run the tier that *arguments* name first; return the exit status."""
    if not arguments or not (CHECKOUT / "tests" / arguments[0]).is_dir():
        sys.stderr.write("usage: python -m lvsha.lab.tier TIER [PYTEST ARGUMENT ...]\n")
        return _USAGE
    try:
        return run(f"tests/{arguments[0]}", arguments[1:])
    except LabError as error:
        sys.stderr.write(f"{error}\n")
        return _FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
