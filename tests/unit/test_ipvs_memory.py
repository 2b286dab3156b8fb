"""The table in memory keeps the contract, and a script can break it."""

import errno

import pytest

from lvsha.identity import Fwmark
from lvsha.ipvs.memory import MemoryKernel
from lvsha.ipvs.plan import AddService, DeleteService, Operation
from lvsha.ipvs.table import Service, Settings
from tests.ipvs_facts import TableFacts, numbers
from tests.ipvs_samples import HAVE, WEB


class TestMemoryTable(TableFacts):
    @pytest.fixture
    def kernel(self) -> MemoryKernel:
        return MemoryKernel()


def test_a_scripted_refusal_leaves_the_row_out() -> None:
    def script(operation: Operation) -> int:
        return errno.ENOMEM if operation.service == WEB else 0

    kernel = MemoryKernel(script=script)

    failures = kernel.perform([HAVE[0], AddService(Fwmark(1), Settings())])

    assert numbers(failures) == [(HAVE[0], errno.ENOMEM)]
    assert kernel.read() == {Fwmark(1): Service(Settings())}
    assert kernel.performed == [HAVE[0], AddService(Fwmark(1), Settings())]


def test_a_scheduler_without_its_module_is_named() -> None:
    kernel = MemoryKernel(schedulers=["rr"])

    [failure] = kernel.perform([AddService(WEB, Settings("wlc"))])

    assert str(failure.error) == (
        "cannot add tcp:192.0.2.10:80: ENOENT"
        " (no scheduler 'wlc', is the module ip_vs_wlc missing?)"
    )


def test_a_table_read_earlier_does_not_change() -> None:
    kernel = MemoryKernel()
    kernel.perform(HAVE)
    before = kernel.read()

    kernel.perform([DeleteService(WEB)])

    assert WEB in before
