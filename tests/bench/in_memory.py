"""A director whose table is in memory, for machines without IPVS."""

from unittest import mock

from lvsha.cli.main import main as command
from lvsha.engine import run
from lvsha.ipvs.memory import MemoryKernel


class InMemory(MemoryKernel):
    """A kernel that is opened, and counts nothing."""

    @classmethod
    def open(cls) -> "InMemory":
        """Return an empty one."""
        return cls()

    def statistics(self) -> dict[object, object]:
        """Return no counters."""
        return {}


def main() -> None:
    """Be ``lvsha``, with that kernel."""
    with mock.patch.object(run, "Kernel", InMemory):
        command()
