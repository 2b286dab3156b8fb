"""Runs a tier of tests inside a node, where root and a real kernel are theirs.

``python -m lvsha.lab.tier kernel [PYTEST ARGUMENT ...]`` boots a node, runs
``tests/kernel`` of the checkout in it, passes on what pytest prints and ends with
its status.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from lvsha.lab.errors import LabError
from lvsha.lab.lab import CHECKOUT
from lvsha.lab.recipe import BASE, DAEMONS, Recipe
from lvsha.lab.single import run_in_node

_RECIPES: Final[Mapping[str, tuple[Recipe, str]]] = {"services": (DAEMONS, "3G")}
"""Of tiers that want more than a plain node: its image and memory."""

_TEST_SECONDS = 1800
_FAILED = 1
_USAGE = 2


def run(
    path: str,
    arguments: Sequence[str] = (),
    *,
    seconds: float = _TEST_SECONDS,
) -> int:
    """Run pytest on *path* of the checkout inside a node; return its status.

    Raise `DeadlineExpired` when it takes longer than *seconds*.
    """
    argv = ["python3", "-m", "pytest", "-p", "no:cacheprovider", "-q", path]
    # where it hangs is worth more than that it does
    argv += ["-o", "faulthandler_timeout=150"]
    environment = {
        # the checkout is read-only in the node
        "HYPOTHESIS_STORAGE_DIRECTORY": "/tmp/hypothesis",  # noqa: S108
    }
    if "CI" in os.environ:
        environment["CI"] = os.environ["CI"]
    tier = path.removeprefix("tests/").partition("/")[0]
    recipe, memory = _RECIPES.get(tier, (BASE, "1G"))
    return run_in_node(
        [*argv, *arguments],
        seconds=seconds,
        memory=memory,
        recipe=recipe,
        environment=environment,
        results=CHECKOUT / "reports" / tier if tier in _RECIPES else None,
    )


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
