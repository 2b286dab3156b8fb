"""What the documentation names exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = "\n".join(
    path.read_text() for path in sorted((ROOT / "tests").rglob("test_*.py"))
)
COMPATIBILITY = (ROOT / "docs" / "compatibility.md").read_text()
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"`(test_\w+\*?)`", COMPATIBILITY)))
)
def test_a_test_that_proves_compatibility_exists(name: str) -> None:
    pattern = name.replace("*", r"\w*")

    assert re.search(rf"def {pattern}\(", TESTS)


@pytest.mark.parametrize("number", range(1, 66))
def test_every_numbered_bug_of_the_original_has_its_word(number: int) -> None:
    assert re.search(rf"\bB{number}\b", COMPATIBILITY)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target
