"""The table of a whole run, as docs/differential.md has it."""

from collections.abc import Sequence
from typing import Final

import pytest

from tests.kernel.differential import Case

HEAD: Final = """\
# The same file, the same table?

`tests/kernel/test_differential.py` plays each of these configurations to Debian's
ldirectord and to lvsha, each in a network namespace of its own on one real kernel, with
the same real servers, and compares the kernel's tables (`ipvsadm -Sn`, thresholds
included) when every phase has come to rest. Numbers like B4 are those of the
[table of ldirectord's bugs](compatibility.md). This page is what the run printed; the
test fails when it prints something else.

| configuration | phases | the tables are | why not equal |
| --- | --- | --- | --- |
"""


# Where a run keeps the page until all is over and it can be printed.
TOLD: Final = pytest.StashKey[str]()


def row(case: Case, equal: bool) -> str:  # noqa: FBT001
    """Return the line about *case*; *equal* tells whether all its tables were."""
    phases = "; ".join(phase.name for phase in case.phases)
    reasons = "; ".join(phase.because for phase in case.phases if phase.because)
    told = "equal" if equal else "different"
    return f"| {case.name} | {phases} | {told} | {reasons} |\n"


def page(lines: Sequence[str]) -> str:
    """Return the page with *lines* in its table."""
    count = sum("| equal |" in line for line in lines)
    foot = f"\n{len(lines)} configurations: {count} equal, {len(lines) - count} not.\n"
    return HEAD + "".join(lines) + foot
