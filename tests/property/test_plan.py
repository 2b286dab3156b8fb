"""Laws of the plan, for any pair of tables."""

from collections.abc import Iterator, Sequence
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from lvsha.identity import Forwarding, Fwmark, ServiceKey
from lvsha.ipvs.memory import perform_one
from lvsha.ipvs.plan import (
    AddDestination,
    AddService,
    DeleteService,
    EditDestination,
    EditService,
    Operation,
    Plan,
    affordable,
    diff,
)
from lvsha.ipvs.table import Destination, Service, Settings, Table
from tests.ipvs_samples import at, vip

KEYS: list[ServiceKey] = [vip("192.0.2.10", 80), vip("192.0.2.10", 81), Fwmark(7)]
ENDPOINTS = [at(f"10.0.0.{n}", 80) for n in range(1, 4)]

destinations = st.builds(
    Destination,
    forwarding=st.sampled_from(Forwarding),
    weight=st.integers(0, 2),
)
services = st.builds(
    Service,
    settings=st.builds(Settings, scheduler=st.sampled_from(["rr", "wrr", "sh"])),
    destinations=st.dictionaries(st.sampled_from(ENDPOINTS), destinations),
)
tables = st.dictionaries(st.sampled_from(KEYS), services)
ownership = st.frozensets(st.sampled_from(KEYS))


def applied(operations: Sequence[Operation], table: Table) -> Table:
    """Return *table* after *operations*, none of which the kernel would refuse."""
    for operation in operations:
        table = perform_one(operation, table)
    return table


def live(service: Service | None) -> int:
    return sum(d.weight > 0 for d in service.destinations.values()) if service else 0


@given(tables, tables, ownership)
def test_applying_the_plan_yields_the_desired_table(
    desired: Table, actual: Table, owned: frozenset[ServiceKey]
) -> None:
    foreign = {k: v for k, v in actual.items() if k not in owned | desired.keys()}

    plan = diff(desired, actual, owned)

    assert applied(plan.operations, actual) == {**foreign, **desired}


@given(tables, ownership)
def test_a_table_needs_nothing_to_become_itself(
    table: Table, owned: frozenset[ServiceKey]
) -> None:
    assert diff(table, table, owned) == Plan()
    assert not diff(table, table, owned)


@given(tables, tables, ownership, st.data())
def test_an_interrupted_plan_can_be_resumed(
    desired: Table, actual: Table, owned: frozenset[ServiceKey], data: st.DataObject
) -> None:
    operations = diff(desired, actual, owned).operations
    halfway = applied(operations[: data.draw(st.integers(0, len(operations)))], actual)

    resumed = applied(diff(desired, halfway, owned).operations, halfway)

    assert resumed == applied(operations, actual)


@given(tables, tables, ownership)
def test_gains_take_no_weight_and_losses_bring_none(
    desired: Table, actual: Table, owned: frozenset[ServiceKey]
) -> None:
    plan = diff(desired, actual, owned)

    for operation in plan.gains:
        match operation:
            case EditDestination(key, endpoint, row):
                assert row.weight >= actual[key].destinations[endpoint].weight
            case _:
                assert isinstance(operation, AddService | EditService | AddDestination)
    for operation in plan.losses:
        match operation:
            case EditDestination(key, endpoint, row):
                assert row.weight < actual[key].destinations[endpoint].weight
            case _:
                assert not isinstance(
                    operation, AddService | EditService | AddDestination
                )


@given(tables, tables, ownership)
def test_only_what_is_owned_and_not_desired_is_deleted(
    desired: Table, actual: Table, owned: frozenset[ServiceKey]
) -> None:
    plan = diff(desired, actual, owned)

    deleted = {
        operation.service
        for operation in plan.operations
        if isinstance(operation, DeleteService)
    }
    assert deleted == (owned & actual.keys()) - desired.keys()
    assert {operation.service for operation in plan.operations} <= (
        deleted | desired.keys()
    )


@given(tables, tables, ownership)
def test_no_row_is_touched_twice(
    desired: Table, actual: Table, owned: frozenset[ServiceKey]
) -> None:
    operations = diff(desired, actual, owned).operations

    touched = [(o.service, getattr(o, "endpoint", None)) for o in operations]
    assert len(touched) == len(set(touched))


@given(tables, tables, ownership)
def test_without_failures_every_loss_is_affordable(
    desired: Table, actual: Table, owned: frozenset[ServiceKey]
) -> None:
    losses = diff(desired, actual, owned).losses

    assert affordable(losses, actual, frozenset()) == list(losses)


@given(tables, tables, ownership, st.data())
def test_failed_gains_cost_no_service_its_last_live_destination(
    desired: Table, actual: Table, owned: frozenset[ServiceKey], data: st.DataObject
) -> None:
    plan = diff(desired, actual, owned - desired.keys())
    refused = data.draw(st.sets(st.sampled_from(plan.gains))) if plan.gains else set()
    failed = {operation.service for operation in refused}
    done = [
        gain for gain in plan.gains if gain not in refused and possible(gain, failed)
    ]
    table = applied(done, actual)

    losses = affordable(plan.losses, table, failed)

    after = applied(losses, table)
    for key in failed & table.keys():
        assert live(after[key]) >= min(1, live(table[key]))
    assert [loss for loss in losses if loss.service not in failed] == [
        loss for loss in plan.losses if loss.service not in failed
    ]


def possible(gain: Operation, failed: set[ServiceKey]) -> bool:
    """Tell whether *gain* could be done; of a failed service, nothing is."""
    return gain.service not in failed


def every_service() -> Iterator[Service]:
    """Every virtual service of up to three destinations: gone, quiesced or live."""
    for weights in product([None, 0, 1], repeat=len(ENDPOINTS)):
        present = zip(ENDPOINTS, weights, strict=True)
        yield Service(
            Settings(),
            {at: Destination(weight=w) for at, w in present if w is not None},
        )


def test_no_step_is_poorer_in_live_destinations_than_both_tables() -> None:
    for want, have in product(every_service(), every_service()):
        table: Table = {KEYS[0]: have}
        floor = min(live(have), live(want))

        for operation in diff({KEYS[0]: want}, table, frozenset()).operations:
            table = perform_one(operation, table)
            assert live(table[KEYS[0]]) >= floor


def test_whatever_gains_fail_a_service_that_had_a_live_destination_keeps_one() -> None:
    key = KEYS[0]
    for want, have in product(every_service(), every_service()):
        plan = diff({key: want}, {key: have}, frozenset())
        for kept in product([False, True], repeat=len(plan.gains)):
            done = [gain for gain, keep in zip(plan.gains, kept, strict=True) if keep]
            table = applied(done, {key: have})
            failed = set() if all(kept) else {key}

            losses = affordable(plan.losses, table, failed)

            if failed:
                remaining = live(applied(losses, table)[key])
                assert remaining >= min(1, live(table[key]))
            else:
                assert tuple(losses) == plan.losses
