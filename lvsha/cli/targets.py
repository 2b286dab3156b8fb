"""What is to be probed: checks of real servers, by the names those go by. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lvsha.desired import reals
from lvsha.model import (
    Check,
    CheckType,
    Configuration,
    RealServer,
    VirtualService,
)
from lvsha.names import names_of, names_of_real


@dataclass(frozen=True, slots=True)
class Target:
    """One check of one real server; *unasked* says why it is not to be run."""

    virtual: VirtualService
    real: RealServer
    check: Check
    unasked: str = ""


class Unknown(Exception):
    """Nothing goes by that name; says what there is."""


def targets(
    configuration: Configuration, virtual: str | None, real: str | None
) -> list[Target]:
    """Return the checks of the real servers named, of all without a name.

    Raises Unknown if there are none.
    """
    chosen = [
        each
        for each in configuration.virtuals
        if virtual is None or virtual.lower() in names_of(each)
    ]
    if virtual is not None and not chosen:
        there = [str(each.key) for each in configuration.virtuals]
        raise Unknown(_unknown("virtual service", virtual, there))
    found = [
        target
        for each in chosen
        for server in reals(each).values()
        if real is None or real.lower() in names_of_real(server)
        for target in _asked(each, server)
    ]
    if real is not None and not found:
        there = [
            str(server.endpoint) for each in chosen for server in reals(each).values()
        ]
        raise Unknown(_unknown("real server", real, there))
    return found


def kind_of(check: Check) -> str:
    """Return what *check* does, in a word or two of the configuration's."""
    if check.kind is CheckType.NEGOTIATE:
        return check.service
    if check.kind in (CheckType.EXTERNAL, CheckType.EXTERNAL_PERL):
        return f"{check.kind.value} {check.command}"
    return str(check.kind.value)


def _asked(virtual: VirtualService, real: RealServer) -> Iterator[Target]:
    """Return the checks a director would make of *real*, each by itself."""
    yield from _runs(virtual, real, real.check)
    for check in real.also:
        yield from _runs(virtual, real, check)
    if real.agent is not None:
        yield Target(virtual, real, real.agent)


def _runs(virtual: VirtualService, real: RealServer, check: Check) -> Iterator[Target]:
    """Return what *check* comes down to: none, one or two runs."""
    kind = check.kind
    nothing = check.service == "none"
    if kind in (CheckType.ON, CheckType.OFF):
        always = "up" if kind is CheckType.ON else "as it is"
        said = f"checktype = {kind.value}: always {always}"
        yield Target(virtual, real, check, said)
    elif kind is CheckType.NEGOTIATE and nothing:
        yield Target(virtual, real, check, "service = none: always up")
    elif kind is CheckType.COMBINED:
        if not nothing:
            yield Target(virtual, real, replace(check, kind=CheckType.NEGOTIATE))
        yield Target(virtual, real, replace(check, kind=CheckType.CONNECT))
    else:
        yield Target(virtual, real, check)


def _unknown(what: str, name: str, there: list[str]) -> str:
    if not there:
        return f"there is no {what}"
    shown = ", ".join(there[:10]) + (", ..." if len(there) > 10 else "")  # noqa: PLR2004
    return f"no {what} is called {name!r}; there are {shown}"
