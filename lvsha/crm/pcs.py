"""Topologies as a script of ``pcs`` commands, tried on a copy of the CIB. Pure."""

import shlex
from collections.abc import Callable, Iterator, Mapping

from lvsha.crm.prose import wrapped
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


def script(topology: Topology, values: Mapping[str, str]) -> str:
    """Return a shell script that adds *topology* with *values* to a cluster.

    It works on a copy and pushes only what it added. An empty required value
    makes it end at once and say which.
    """
    return "\n".join(_file(topology, values)) + "\n"


def _file(topology: Topology, values: Mapping[str, str]) -> Iterator[str]:
    yield "#!/bin/sh"
    yield f"# {topology.summary}, as pcs commands (pcs 0.11)."
    yield "#"
    yield from wrapped(topology.words, "# ")
    yield "set -eu"
    yield ""
    for slot in topology.slots:
        yield from wrapped(f"{slot.summary}. {slot.words}", "# ")
        yield f"{slot.name}={shlex.quote(values[slot.name])}"
    yield ""
    for slot in topology.slots:
        if slot.required:
            yield f': "${{{slot.name}:?{slot.summary.lower()}: fill in its value}}"'
    yield ""
    yield "cib=$(mktemp)"
    yield 'trap \'rm -f "$cib" "$cib.before"\' EXIT'
    yield 'pcs cluster cib "$cib"'
    yield 'cp "$cib" "$cib.before"'
    marks = {slot.name: f"${{{slot.name}}}" for slot in topology.slots}
    for statement in topology.statements:
        words = " \\\n    ".join(_COMMANDS[type(statement)](statement))
        yield f'pcs -f "$cib" {words.format_map(marks)}'
    yield 'pcs cluster cib-push "$cib" diff-against="$cib.before"'


def _primitive(of: Primitive) -> Iterator[str]:
    yield f'resource create "{of.name}" {of.agent}'
    for each in of.parameters:
        yield _parameter(each)
    for operation in of.operations:
        yield f"op {operation.action} {said(operation.options)}"


def _clone(of: Clone) -> Iterator[str]:
    verb = "promotable" if of.promotable else "clone"
    yield f'resource {verb} "{of.of}" "{of.name}" {said(of.meta)}'


def _group(of: Group) -> Iterator[str]:
    members = " ".join(f'"{name}"' for name in of.members)
    yield f'resource group add "{of.name}" {members}'


def _order(of: Order) -> Iterator[str]:
    (first, does), (then, follows) = of.first, of.then
    yield f'constraint order {does} "{first}" then {follows} "{then}"'
    one_way = "" if of.symmetrical else " symmetrical=false"
    yield f'kind={of.kind}{one_way} id="{of.name}"'


def _colocation(of: Colocation) -> Iterator[str]:
    one, other = (
        f'{role} "{name}"' if role else f'"{name}"' for name, role in (of.one, of.other)
    )
    yield f"constraint colocation add {one} with {other}"
    yield f'{of.score.replace("inf", "INFINITY")} id="{of.name}"'


def _preference(of: Preference) -> Iterator[str]:
    yield f'constraint location "{of.of}" rule id="{of.name}"'
    yield f"role=Promoted score={of.score} '#uname' eq \"{of.node}\""


def _parameter(of: Parameter) -> str:
    # The braces of the shell are no fields of ours.
    if of.needs:
        return f'${{{{{of.needs}:+"{of.name}=${of.needs}"}}}}'
    return f'{of.name}="{of.value}"'


_COMMANDS: Mapping[type[Statement], Callable[..., Iterator[str]]] = {
    Primitive: _primitive,
    Clone: _clone,
    Group: _group,
    Order: _order,
    Colocation: _colocation,
    Preference: _preference,
}
