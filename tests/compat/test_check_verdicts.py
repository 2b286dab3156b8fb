"""What ldirectord was seen to say of scripted servers, and what we say of them.

Recorded with ldirectord 1.186. Where a verdict is another one here there is a reason,
and the table in docs/compatibility.md has it. Not here, because they take more than a
server: pings (tests/unit/test_checks_ping.py, and the kernel's tests) and a combined
check's turns (tests/unit/test_director_lives.py).
"""

import asyncio
from pathlib import Path
from typing import Final

import pytest

from tests.compat.recorded import DOWN, UP, Case, seen
from tests.compat.recorded_beyond import BEYOND_TEXT
from tests.compat.recorded_text import TEXT

COMPATIBILITY: Final = Path(__file__).parents[2] / "docs" / "compatibility.md"
CASES: Final = (*TEXT, *BEYOND_TEXT)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.service}, {case.name}")
def test_a_verdict_is_as_recorded_or_there_is_a_reason(
    case: Case, tmp_path: Path
) -> None:
    said = asyncio.run(seen(case, tmp_path))

    assert (UP if said.passed else DOWN) == case.here, said.detail


def test_every_reason_is_in_the_documentation() -> None:
    others = [case for case in CASES if case.ours]
    lines = [
        f"| {each.service}: {each.name} | {each.recorded} | {each.ours} | {each.why} |"
        for each in others
    ]
    counted = f"Of {len(CASES)} recorded verdicts, {len(CASES) - len(others)} are ours"

    text = COMPATIBILITY.read_text()
    assert [line for line in [*lines, counted] if line not in text] == []
