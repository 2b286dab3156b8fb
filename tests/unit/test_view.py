"""What a director sees of its real servers, as the agents ask for it."""

from ipaddress import ip_address

from lvsha.engine import view
from lvsha.engine.ledger import Ledger
from lvsha.engine.state import Connections
from lvsha.health import Health, Standing
from lvsha.identity import Address, Fwmark, ServiceKey
from lvsha.model import VirtualService
from tests.directing import OTHER, VIP, A, B, C, at, configuration, real, virtual

HERE, THERE, NOWHERE = map(ip_address, ("192.0.2.10", "192.0.2.11", "192.0.2.99"))
DOWN, UP = Health(Standing.DOWN), Health(Standing.UP)


def ledger(*virtuals: VirtualService, **standings: dict[ServiceKey, Health]) -> Ledger:
    found = Ledger()
    found.follow(found.turn(configuration(*virtuals)), {})
    for address, by_key in standings.items():
        for key, health in by_key.items():
            found.health[key, at({"a": A, "b": B, "c": C}[address])] = health
    return found


def lost(of: Ledger, *addresses: Address) -> float:
    return view.lost(of, view.at(of, addresses))


def test_the_share_is_one_of_weight_at_the_addresses() -> None:
    found = ledger(
        virtual(real(A, 3), real(B, 1)),
        virtual(real(C, 100), key=OTHER),
        a={VIP: UP},
        b={VIP: DOWN},
        c={OTHER: DOWN},
    )

    assert lost(found, HERE) == 0.25
    assert lost(found, HERE, THERE) == 101 / 104


def test_a_mark_counts_for_every_address() -> None:
    mark = Fwmark(7)
    found = ledger(virtual(real(A), real(B), key=mark), a={mark: DOWN})

    assert lost(found, NOWHERE) == 0.5


def test_what_is_unknown_or_in_maintenance_is_not_lost() -> None:
    out = Health(Standing.DOWN, maintenance=True)
    found = ledger(virtual(real(A), real(B), real(C)), a={VIP: out}, b={VIP: UP})

    assert lost(found, HERE) == 0.0


def test_who_has_no_service_has_lost_nothing() -> None:
    assert lost(ledger(), HERE) == 0.0


def test_connections_are_those_of_the_services_at_the_addresses() -> None:
    found = ledger(virtual(real(A), real(B)), virtual(real(C), key=OTHER))
    connections: Connections = {
        (VIP, at(A)): (3, 1),
        (VIP, at(B)): (4, 0),
        (OTHER, at(C)): (9, 9),
    }

    assert view.active(connections, view.at(found, [HERE])) == {
        "active": 7,
        "inactive": 1,
    }
