"""One command in one node of its own: booted for it, gone after it."""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from lvsha.lab.guest.wire import Kind
from lvsha.lab.image import find
from lvsha.lab.lab import Lab
from lvsha.lab.recipe import BASE, Recipe
from lvsha.lab.topology import NodeSpec

_BOOT_SECONDS = 120
_SIGNALLED = 128


def run_in_node(  # noqa: PLR0913 - what a node is, each by name
    argv: Sequence[str],
    *,
    seconds: float,
    memory: str = "1G",
    recipe: Recipe = BASE,
    environment: Mapping[str, str] | None = None,
    results: Path | None = None,
) -> int:
    """Run *argv* as root from the checkout, in a node of *recipe*; return its status.

    What it prints is passed on as it comes. What it writes to ``/srv/share``
    is found in *results* afterwards. Raise `DeadlineExpired` when it takes
    longer than *seconds*.
    """
    node = NodeSpec("single", ("10.77.0.1/24", "fd00:77::1/64"), memory=memory)
    words = {"COLUMNS": os.environ.get("COLUMNS", "80"), **(environment or {})}
    with (
        tempfile.TemporaryDirectory(prefix="lvsha-single-") as folder,
        Lab(results or Path(folder), [node], image=find(recipe)) as lab,
    ):
        lab.up(seconds=_BOOT_SECONDS)
        process = lab.node("single").start(
            argv, env=words, cwd="/srv/lvsha", listener=_pass_on
        )
        status = process.wait(seconds).status
    return status if status >= 0 else _SIGNALLED - status


def _pass_on(kind: Kind, content: bytes) -> None:
    stream = sys.stdout if kind is Kind.OUTPUT else sys.stderr
    stream.buffer.write(content)
    stream.flush()
