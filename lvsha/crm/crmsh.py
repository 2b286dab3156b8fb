"""Topologies in crmsh's language: filled in, or with marks to be filled. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from lvsha.crm.statements import (
    Clone,
    Colocation,
    Group,
    Order,
    Parameter,
    Preference,
    Primitive,
    Statement,
    Topology,
    said,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a statement; left out when *needs* names a slot that stays empty."""

    text: str
    needs: str = ""


def text(topology: Topology, values: Mapping[str, str]) -> str:
    """Return *topology* with *values*, as ``crm configure`` takes it."""
    return "\n".join(
        " \\\n    ".join(
            line.text.format_map(values)
            for line in lines(statement)
            if not line.needs or values[line.needs]
        )
        for statement in topology.statements
    )


def lines(statement: Statement) -> list[Line]:
    """Return the lines of *statement*, its fields not filled in; the first heads it."""
    return list(_LINES[type(statement)](statement))


def _primitive(of: Primitive) -> Iterator[Line]:
    yield Line(f"primitive {of.name} {of.agent}")
    needed = [each for each in of.parameters if not each.needs]
    yield Line("params " + " ".join(_parameter(each) for each in needed))
    for each in of.parameters:
        if each.needs:
            yield Line(_parameter(each), each.needs)
    for operation in of.operations:
        yield Line(f"op {operation.action} {said(operation.options)}")


def _clone(of: Clone) -> Iterator[Line]:
    yield Line(f"clone {of.name} {of.of}")
    meta = (("promotable", "true"), *of.meta) if of.promotable else of.meta
    yield Line(f"meta {said(meta)}")


def _group(of: Group) -> Iterator[Line]:
    yield Line(f"group {of.name} {' '.join(of.members)}")


def _order(of: Order) -> Iterator[Line]:
    pair = " ".join(f"{resource}:{action}" for resource, action in (of.first, of.then))
    one_way = "" if of.symmetrical else " symmetrical=false"
    yield Line(f"order {of.name} {of.kind}: {pair}{one_way}")


def _colocation(of: Colocation) -> Iterator[Line]:
    pair = " ".join(
        f"{resource}:{role}" if role else resource
        for resource, role in (of.one, of.other)
    )
    yield Line(f"colocation {of.name} {of.score}: {pair}")


def _preference(of: Preference) -> Iterator[Line]:
    rule = f"rule $role=Promoted {of.score}: #uname eq {of.node}"
    yield Line(f"location {of.name} {of.of} {rule}")


def _parameter(of: Parameter) -> str:
    return f'{of.name}="{of.value}"'


_LINES: Mapping[type[Statement], Callable[..., Iterator[Line]]] = {
    Primitive: _primitive,
    Clone: _clone,
    Group: _group,
    Order: _order,
    Colocation: _colocation,
    Preference: _preference,
}
