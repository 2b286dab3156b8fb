"""The page about what was seen, printed when all is over."""

import pytest

from tests.services.page import TOLD


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let every outcome have an ldirectord of its own, where one might hang."""
    parser.addoption("--alone", action="store_true", help="an ldirectord each cell")


def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter") -> None:
    """Print the page about the servers that were checked by both."""
    terminalreporter.write(terminalreporter.config.stash.get(TOLD, ""))
