"""What directors answer, as metric families of OpenMetrics: pure.

Names follow OpenMetrics: base units (seconds), one family a quantity. They are
stable: docs/metrics.md has the same table. A sample that nothing is known of is
left out, because zero would be a statement.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from lvsha.cli.directors import differing
from lvsha.cli.wanted import entries, entry, number, text
from lvsha.engine.control import Answer

_DIRECTOR: Final = ("instance",)
_VIRTUAL: Final = (*_DIRECTOR, "virtual")
_REAL: Final = (*_VIRTUAL, "real")


@dataclass(frozen=True, slots=True)
class Family:
    """A quantity: what it is, and the labels its samples have."""

    help: str
    labels: tuple[str, ...] = ()


# By name, in the order they are shown.
FAMILIES: Final[Mapping[str, Family]] = {
    "lvsha_directors": Family("Directors that answer on this machine"),
    "lvsha_director_up": Family("1 when the director answers, 0 if not", _DIRECTOR),
    "lvsha_director_healthy": Family(
        "1 while the director can keep the kernel's table right", _DIRECTOR
    ),
    "lvsha_configuration_loaded_timestamp_seconds": Family(
        "When the configuration in force was read", _DIRECTOR
    ),
    "lvsha_configuration_refused": Family(
        "1 while the file has errors and an older one is in force", _DIRECTOR
    ),
    "lvsha_configuration_differing_directors": Family(
        "Other directors known to have, or follow, another configuration", _DIRECTOR
    ),
    "lvsha_virtual_service_present": Family(
        "1 while the kernel has the virtual service", _VIRTUAL
    ),
    "lvsha_virtual_service_fallback_active": Family(
        "1 while the fallback server answers; none without a fallback", _VIRTUAL
    ),
    "lvsha_virtual_service_panic": Family(
        "1 while all servers are used because too many look down", _VIRTUAL
    ),
    "lvsha_real_server_up": Family(
        "1 when its checks say up, 0 down; none before the first verdict", _REAL
    ),
    "lvsha_real_server_maintenance": Family("1 while it is in maintenance", _REAL),
    "lvsha_real_server_weight": Family("Weight the configuration gives it", _REAL),
    "lvsha_real_server_kernel_weight": Family(
        "Weight the kernel has; none while it is not in the table", _REAL
    ),
    "lvsha_real_server_active_connections": Family(
        "Active connections the kernel counts", _REAL
    ),
    "lvsha_real_server_inactive_connections": Family(
        "Other connections the kernel counts", _REAL
    ),
    "lvsha_real_server_failures": Family(
        "Checks that failed in a row, up to failurecount", _REAL
    ),
    "lvsha_real_server_check_timestamp_seconds": Family(
        "When its last check ended", _REAL
    ),
    "lvsha_real_server_check_duration_seconds": Family(
        "How long its last check took", _REAL
    ),
    "lvsha_real_server_certificate_end_timestamp_seconds": Family(
        "When the certificate that its last check met ends", _REAL
    ),
}

_Sample = tuple[str, tuple[str, ...], float | None]


def families(
    said: Mapping[str, Answer | None], now: float
) -> Iterator[GaugeMetricFamily]:
    """Yield every family of FAMILIES that has a sample, in that order.

    *said* is what each director answers to ``status``, None for one that does
    not; *now* is in seconds since 1970.
    """
    made = {
        name: GaugeMetricFamily(name, family.help, labels=family.labels)
        for name, family in FAMILIES.items()
    }
    for name, labels, value in _samples(said, now):
        if value is not None:
            made[name].add_metric(labels, value)
    yield from (family for family in made.values() if family.samples)


def _samples(said: Mapping[str, Answer | None], now: float) -> Iterator[_Sample]:
    yield "lvsha_directors", (), sum(answer is not None for answer in said.values())
    for name, answer in said.items():
        here = (name,)
        yield "lvsha_director_up", here, answer is not None
        if answer is not None:
            yield from _director(here, answer)
            for virtual in entries(answer, "virtuals"):
                yield from _virtual((*here, text(virtual, "id")), virtual, now)


def _director(here: tuple[str, ...], answer: Answer) -> Iterator[_Sample]:
    yield "lvsha_director_healthy", here, bool(answer.get("ok"))
    file, about = entry(answer, "configuration"), "lvsha_configuration"
    yield f"{about}_loaded_timestamp_seconds", here, number(file, "loaded")
    yield f"{about}_refused", here, bool(file.get("error"))
    if "directors" in answer:
        yield f"{about}_differing_directors", here, len(differing(answer))


def _virtual(
    here: tuple[str, ...], virtual: Mapping[str, object], now: float
) -> Iterator[_Sample]:
    about = "lvsha_virtual_service"
    yield f"{about}_present", here, bool(virtual.get("present"))
    fallback = entry(virtual, "fallback")
    yield f"{about}_fallback_active", here, _flag(fallback, "active")
    yield f"{about}_panic", here, bool(virtual.get("panic"))
    for real in entries(virtual, "reals"):
        yield from _real((*here, text(real, "server")), real, now)


def _real(
    here: tuple[str, ...], real: Mapping[str, object], now: float
) -> Iterator[_Sample]:
    about = "lvsha_real_server"
    up = {"up": 1.0, "down": 0.0}.get(text(real, "standing"))
    yield f"{about}_up", here, up
    yield f"{about}_maintenance", here, bool(real.get("maintenance"))
    yield f"{about}_weight", here, number(real, "weight")
    yield f"{about}_kernel_weight", here, number(real, "kernel_weight")
    yield f"{about}_active_connections", here, number(real, "active")
    yield f"{about}_inactive_connections", here, number(real, "inactive")
    yield f"{about}_failures", here, number(real, "failures")
    last = entry(real, "last")
    age = number(last, "age")
    at = None if age is None else round(now - age, 3)
    yield f"{about}_check_timestamp_seconds", here, at
    yield f"{about}_check_duration_seconds", here, number(last, "seconds")
    ends = _moment(text(entry(real, "certificate"), "ends"))
    yield f"{about}_certificate_end_timestamp_seconds", here, ends


def _flag(answer: Mapping[str, object], name: str) -> float | None:
    return float(bool(answer[name])) if name in answer else None


def _moment(when: str) -> float | None:
    """Return the seconds since 1970 of a time as :func:`lvsha.evidence.moment` has it.

    None for no time, and for one past all calendars.
    """
    try:
        return datetime.fromisoformat(when).timestamp()
    except ValueError:
        return None
