"""A network namespace of its own for each test.

These tests need root and a kernel with ip_vs. They run inside a lab node;
anywhere else they fail, they do not skip.
"""

from collections.abc import Iterator

import pytest

from lvsha.ipvs.kernel import Kernel
from tests.kernel.differential_table import TOLD
from tests.kernel.link import Far, linked
from tests.kernel.namespace import fresh


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    """Open the empty table of a fresh network namespace."""
    with fresh(), Kernel.open() as opened:
        yield opened


@pytest.fixture
def far() -> Iterator[Far]:
    """Return the other end of a cable to a fresh network namespace."""
    with linked() as other_end:
        yield other_end


def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter") -> None:
    """Print the page about the configurations that were played to ldirectord."""
    terminalreporter.write(terminalreporter.config.stash.get(TOLD, ""))
