"""Facts about a virtual server table, true of the kernel's and of the one in memory.

``tests/unit`` and ``tests/kernel`` each derive :class:`TableFacts` and say
what *kernel* is; a fact that fails on one side only means that the table in
memory lies.
"""

import errno
from collections.abc import Collection, Sequence
from random import Random
from typing import Protocol as Interface

import pytest

from lvsha.identity import Endpoint, Forwarding, Fwmark, ServiceKey
from lvsha.ipvs.plan import (
    AddDestination,
    AddService,
    DeleteDestination,
    DeleteService,
    EditDestination,
    EditService,
    Operation,
    diff,
)
from lvsha.ipvs.refusal import Failure
from lvsha.ipvs.table import (
    Destination,
    Service,
    Settings,
    Table,
)
from tests.ipvs_samples import (
    ADDRESSES,
    CROSSED,
    DESTINATIONS,
    GUE,
    HAVE,
    HAVE6,
    HEAVY,
    KEYS,
    REAL,
    REAL6,
    SETTINGS,
    SIX,
    WEB,
    WEB6,
    at,
    fitting,
    random_table,
)


class TableKernel(Interface):
    """What the engine needs of a kernel."""

    def read(self, keys: Collection[ServiceKey] | None = None) -> Table: ...

    def perform(self, operations: Sequence[Operation]) -> list[Failure]: ...


REFUSED: list[tuple[int, Operation]] = [
    (errno.EEXIST, AddService(WEB, Settings())),
    (errno.EEXIST, AddService(WEB, Settings("nosuch"))),
    (errno.ENOENT, AddService(Fwmark(5), Settings("nosuch"))),
    (errno.ENOENT, AddService(Fwmark(5), Settings(engine="nosuch"))),
    (errno.EINVAL, AddService(Fwmark(5), Settings("a" * 16))),
    (errno.EINVAL, AddService(WEB, Settings(engine="a" * 17))),
    (errno.EINVAL, AddService(Fwmark(5, 6), Settings(netmask=0))),
    (errno.EINVAL, AddService(Fwmark(5, 6), Settings(netmask=129))),
    (errno.ENOENT, AddService(Fwmark(5, 6), Settings("nosuch", netmask=0))),
    (errno.ESRCH, EditService(Fwmark(5), Settings())),
    (errno.ESRCH, EditService(Fwmark(5), Settings("nosuch"))),
    (errno.ENOENT, EditService(WEB, Settings("nosuch"))),
    (errno.ENOENT, EditService(WEB, Settings(engine="nosuch"))),
    (errno.EINVAL, EditService(WEB6, Settings(netmask=0))),
    (errno.ESRCH, DeleteService(Fwmark(5))),
    (errno.ESRCH, AddDestination(Fwmark(5), REAL, Destination())),
    (errno.ESRCH, AddDestination(Fwmark(5), REAL6, CROSSED)),
    (errno.EEXIST, AddDestination(WEB, REAL, Destination(weight=9))),
    (errno.EINVAL, AddDestination(WEB, REAL6, Destination())),
    (errno.EINVAL, AddDestination(WEB6, REAL, Destination(Forwarding.MASQ))),
    (errno.EINVAL, AddDestination(WEB, REAL6, CROSSED)),
    (errno.ERANGE, AddDestination(WEB, REAL, CROSSED)),
    (errno.ERANGE, AddDestination(WEB, REAL, Destination(lower=1))),
    (errno.ERANGE, AddDestination(WEB, REAL, HEAVY)),
    (errno.EINVAL, AddDestination(WEB, REAL, GUE)),
    (errno.EINVAL, AddDestination(WEB, at("0.0.0.0", 80), Destination())),
    (errno.EINVAL, AddDestination(WEB, at("224.0.0.1", 80), Destination())),
    (errno.EINVAL, AddDestination(WEB, at("255.255.255.255", 80), Destination())),
    (errno.EINVAL, AddDestination(WEB6, at("::", 80), Destination())),
    (errno.EINVAL, AddDestination(WEB6, at("ff02::1", 80), Destination())),
    (errno.EINVAL, AddDestination(WEB6, at("fe80::1", 80), Destination())),
    (errno.ENOENT, EditDestination(WEB, at("10.0.0.9", 80), Destination())),
    (errno.ENOENT, EditDestination(WEB, at("224.0.0.1", 80), Destination())),
    (errno.EINVAL, EditDestination(WEB, at("10.0.0.9", 80), GUE)),
    (errno.ERANGE, EditDestination(WEB, at("10.0.0.9", 80), CROSSED)),
    (errno.EINVAL, EditDestination(WEB, REAL6, Destination())),
    (errno.ENOENT, EditDestination(WEB, REAL6, Destination(Forwarding.IPIP))),
    (errno.ESRCH, EditDestination(Fwmark(5), REAL, Destination())),
    (errno.ENOENT, DeleteDestination(WEB, at("10.0.0.2", 81))),
    (errno.ENOENT, DeleteDestination(WEB, REAL6)),
    (errno.ESRCH, DeleteDestination(Fwmark(5), REAL)),
]


def numbers(failures: Sequence[Failure]) -> list[tuple[Operation, int | None]]:
    return [(failure.operation, failure.error.errno) for failure in failures]


class TableFacts:
    """Derive this and give it a fixture *kernel*: an empty table."""

    @pytest.mark.parametrize("key", KEYS, ids=str)
    @pytest.mark.parametrize("settings", SETTINGS, ids=repr)
    def test_an_added_service_reads_back_as_it_was_given(
        self, kernel: TableKernel, key: ServiceKey, settings: Settings
    ) -> None:
        failures = kernel.perform([AddService(key, fitting(key, settings))])

        assert failures == []
        assert kernel.read() == {key: Service(fitting(key, settings))}

    @pytest.mark.parametrize("settings", SETTINGS, ids=repr)
    def test_an_edited_service_reads_back_and_keeps_its_destinations(
        self, kernel: TableKernel, settings: Settings
    ) -> None:
        for one in [Settings("mh", persistent=5, engine="sip"), settings, Settings()]:
            add = EditService if kernel.read() else AddService
            assert kernel.perform([add(WEB, one)]) == []
            kernel.perform([AddDestination(WEB, REAL, Destination())])

            assert kernel.read() == {WEB: Service(one, {REAL: Destination()})}

    @pytest.mark.parametrize("destination", DESTINATIONS, ids=repr)
    def test_a_destination_reads_back_as_it_was_given(
        self, kernel: TableKernel, destination: Destination
    ) -> None:
        rows: list[tuple[ServiceKey, Endpoint]] = [
            (WEB, REAL),
            (WEB6, REAL6),
            (Fwmark(7), at("10.0.0.2", 0)),
        ]
        for key, where in rows:
            settings = fitting(key, Settings())
            first = Destination(Forwarding.MASQ, weight=3, upper=9, lower=2)
            kernel.perform(
                [AddService(key, settings), AddDestination(key, where, destination)]
            )
            assert kernel.read([key]) == {key: Service(settings, {where: destination})}

            kernel.perform([EditDestination(key, where, first)])
            assert kernel.read([key]) == {key: Service(settings, {where: first})}

            kernel.perform([EditDestination(key, where, destination)])
            assert kernel.read([key]) == {key: Service(settings, {where: destination})}

    @pytest.mark.parametrize("where", ADDRESSES, ids=str)
    @pytest.mark.parametrize("forwarding", Forwarding)
    def test_an_address_of_the_director_keeps_the_method_it_was_given(
        self, kernel: TableKernel, where: Endpoint, forwarding: Forwarding
    ) -> None:
        row = Destination(forwarding)

        kernel.perform([AddService(WEB, Settings()), AddDestination(WEB, where, row)])

        assert kernel.read() == {WEB: Service(Settings(), {where: row})}

    def test_another_address_family_is_reached_by_ipip(
        self, kernel: TableKernel
    ) -> None:
        row = Destination(Forwarding.IPIP)

        failures = kernel.perform(
            [
                *HAVE6,
                AddDestination(WEB6, REAL, row),
                *HAVE,
                AddDestination(WEB, REAL6, row),
            ]
        )

        assert failures == []
        assert kernel.read()[WEB].destinations == {REAL: Destination(), REAL6: row}
        assert kernel.read()[WEB6].destinations == {REAL: row}
        assert kernel.perform([DeleteDestination(WEB, REAL6)]) == []

    @pytest.mark.parametrize(("number", "operation"), REFUSED)
    def test_a_refused_operation_changes_nothing_and_says_why(
        self, kernel: TableKernel, number: int, operation: Operation
    ) -> None:
        kernel.perform([*HAVE, *HAVE6])
        before = kernel.read()

        failures = kernel.perform([operation])

        assert numbers(failures) == [(operation, number)]
        assert f": {errno.errorcode[number]} (" in str(failures[0].error)
        assert str(operation.service) in str(failures[0].error)
        assert kernel.read() == before

    def test_to_delete_a_service_takes_its_destinations_along(
        self, kernel: TableKernel
    ) -> None:
        kernel.perform([*HAVE, DeleteService(WEB)])

        assert kernel.read() == {}
        assert kernel.perform([HAVE[0]]) == []
        assert kernel.read() == {WEB: Service(Settings())}

    def test_the_same_number_marks_two_services_one_a_family(
        self, kernel: TableKernel
    ) -> None:
        kernel.perform(
            [
                AddService(Fwmark(1), Settings("rr")),
                AddService(Fwmark(1, 6), Settings("wlc", netmask=SIX)),
                DeleteService(Fwmark(1)),
            ]
        )

        assert kernel.read() == {Fwmark(1, 6): Service(Settings("wlc", netmask=SIX))}

    def test_a_named_read_leaves_the_others_and_the_missing_out(
        self, kernel: TableKernel
    ) -> None:
        kernel.perform([*HAVE, *HAVE6])

        assert kernel.read([WEB, Fwmark(9)]) == {
            WEB: Service(Settings(), {REAL: Destination()})
        }
        assert kernel.read([]) == {}

    def test_operations_after_a_refused_one_are_performed(
        self, kernel: TableKernel
    ) -> None:
        failures = kernel.perform([HAVE[0], HAVE[0], HAVE[1], HAVE[1]])

        assert numbers(failures) == [(HAVE[0], errno.EEXIST), (HAVE[1], errno.EEXIST)]
        assert kernel.read() == {WEB: Service(Settings(), {REAL: Destination()})}

    @pytest.mark.parametrize("count", [1, 511, 512, 513, 1500])
    def test_each_of_many_refusals_comes_back_with_its_own_row(
        self, kernel: TableKernel, count: int
    ) -> None:
        adds = [
            AddDestination(WEB, at("10.0.0.2", port), Destination())
            for port in range(count)
        ]
        refused = adds[::7] + adds[-1:]
        kernel.perform([AddService(WEB, Settings()), *dict.fromkeys(refused)])

        failures = kernel.perform(adds)

        unique = list(dict.fromkeys(refused))
        assert numbers(failures) == [(add, errno.EEXIST) for add in unique]
        assert len(kernel.read()[WEB].destinations) == count

    def test_a_batch_of_nothing_but_refusals_loses_none(
        self, kernel: TableKernel
    ) -> None:
        deletes = [DeleteService(Fwmark(mark)) for mark in range(1, 2001)]

        failures = kernel.perform(deletes)

        assert numbers(failures) == [(delete, errno.ESRCH) for delete in deletes]

    def test_nothing_to_do_is_done(self, kernel: TableKernel) -> None:
        assert kernel.perform([]) == []

    @pytest.mark.parametrize("seed", range(25))
    def test_after_the_plan_the_table_is_the_desired_one(
        self, kernel: TableKernel, seed: int
    ) -> None:
        random = Random(seed)
        owned: frozenset[ServiceKey] = frozenset(KEYS)

        for _ in range(4):
            desired = random_table(random)
            plan = diff(desired, kernel.read(), owned)
            assert kernel.perform(plan.gains) == []
            assert kernel.perform(plan.losses) == []

            assert kernel.read() == desired
            assert not diff(desired, kernel.read(), owned)
