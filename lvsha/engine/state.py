"""The director's state as ``status`` tells it: pure, and a documented schema.

Keys are stable within a version of the control protocol; new ones may appear.
"""

from collections.abc import Mapping

from lvsha.desired import fallback_row, last_resort, panicking, reals
from lvsha.engine.expiry import DAY
from lvsha.engine.ledger import Heard, Ledger
from lvsha.errors import Problem
from lvsha.evidence import moment
from lvsha.health import Seat
from lvsha.ipvs.table import Table
from lvsha.model import RealServer, Verdict, VirtualService

# Active and inactive connections by seat, as far as the kernel told.
Connections = Mapping[Seat, tuple[int, int]]


def problems(found: tuple[Problem, ...]) -> list[dict[str, object]]:
    """Return *found* as JSON objects."""
    return [problem._asdict() for problem in found]


def virtuals(
    ledger: Ledger,
    table: Table,
    connections: Connections,
    now: float,
    calendar: float = 0.0,
) -> list[dict[str, object]]:
    """Return every virtual service with its servers, in file order.

    *now* is in the loop's seconds, *calendar* in those since 1970.
    """
    return [
        {
            "id": str(virtual.key),
            "servicename": virtual.servicename,
            "scheduler": virtual.scheduler,
            "checktype": virtual.checktype.value,
            "service": virtual.service,
            "present": virtual.key in table,
            "fallback": _fallback(virtual, ledger, table),
            "panic": panicking(virtual, ledger.health),
            "reals": [
                _real(virtual, (virtual.key, row), real, ledger, table)
                | _connections(connections.get((virtual.key, row)))
                | _last(
                    ledger.last.get((virtual.key, row)),
                    now,
                    virtual.tls_warn_days,
                    calendar,
                )
                for row, real in reals(virtual).items()
            ],
        }
        for virtual in ledger.configuration.virtuals
    ]


def shortage(ledger: Ledger, *, settled: bool) -> dict[str, object]:
    """Return how many virtual services there are, and which lack real servers.

    Of those the ``unanswered`` have no fallback either.
    """
    lost = [
        virtual
        for virtual in ledger.configuration.virtuals
        if last_resort(virtual, ledger.health, settled=settled)
    ]
    return {
        "services": len(ledger.configuration.virtuals),
        "lost": [str(virtual.key) for virtual in lost],
        "unanswered": [str(v.key) for v in lost if v.fallback is None],
    }


def _fallback(
    virtual: VirtualService, ledger: Ledger, table: Table
) -> dict[str, object] | None:
    if virtual.fallback is None:
        return None
    service = table.get(virtual.key)
    present = service is not None and fallback_row(virtual) in service.destinations
    lost = last_resort(virtual, ledger.health, settled=True)
    return {
        "server": str(virtual.fallback.endpoint),
        "active": bool(present and lost),
    }


def _real(
    virtual: VirtualService, seat: Seat, real: RealServer, ledger: Ledger, table: Table
) -> dict[str, object]:
    health = ledger.health[seat]
    service = table.get(virtual.key)
    row = service.destinations.get(seat[1]) if service else None
    return {
        "server": str(real.endpoint),
        "name": real.name,
        "forward": real.forwarding.name.lower(),
        "weight": real.weight,
        "standing": health.standing.value,
        "maintenance": health.maintenance,
        "failures": health.failures,
        "failurecount": virtual.failurecount,
        "kernel_weight": None if row is None else row.weight,
        **_beside(seat, real, ledger),
    }


def _beside(seat: Seat, real: RealServer, ledger: Ledger) -> dict[str, object]:
    """Return what is known of a real server beside its own check.

    *checks* is empty where there is only that one.
    """
    advice = ledger.allowances.advice(seat)
    parts = ledger.parts.get(seat, [])
    asked = (real.check, *real.also)
    return {
        "share": ledger.health[seat].share,
        "vetoed": ledger.health[seat].vetoed,
        "agent": None if advice is None else str(advice),
        "checks": [
            {
                "checktype": check.kind.value,
                "service": check.service,
                "port": check.port,
                "standing": part.standing.value,
                "failures": part.failures,
            }
            for check, part in zip(asked, parts, strict=False)
        ],
    }


def _connections(counted: tuple[int, int] | None) -> dict[str, object]:
    active, inactive = counted or (None, None)
    return {"active": active, "inactive": inactive}


def _last(
    last: Heard | None, now: float, days: int, calendar: float
) -> dict[str, object]:
    if last is None:
        return {"last": None, "certificate": None}
    return {
        "last": {
            "passed": last.verdict.passed,
            "detail": last.verdict.detail,
            "seconds": round(last.verdict.seconds, 6),
            "age": round(now - last.at, 3),
        },
        "certificate": _certificate(last.verdict, days, calendar),
    }


def _certificate(
    verdict: Verdict, days: int, calendar: float
) -> dict[str, object] | None:
    """Return when the certificate ends that *verdict* is about, if it is about one."""
    ends = verdict.transcript.ends if verdict.transcript else None
    if ends is None:
        return None
    left = ends - calendar
    return {
        "ends": moment(ends),
        "days": int(left // DAY),
        "ending": left < days * DAY,
    }
