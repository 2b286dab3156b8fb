"""Topologies as wizards of ``crm script`` and of Hawk. Pure."""

import json
from collections.abc import Iterator

from lvsha.crm.crmsh import lines
from lvsha.crm.prose import wrapped
from lvsha.crm.slots import Kind, Slot
from lvsha.crm.statements import Topology

_VERSION = "2.2"  # the only one crmsh 4 and 5 read as YAML


def wizard(topology: Topology) -> str:
    """Return the file ``/usr/share/crmsh/scripts/NAME/main.yml``."""
    return "\n".join(_file(topology)) + "\n"


def _file(topology: Topology) -> Iterator[str]:
    yield f"version: {_VERSION}"
    yield "category: LVS"
    yield f"shortdesc: {json.dumps(topology.summary)}"
    yield "longdesc: |"
    yield from wrapped(topology.words, "  ")
    yield "parameters:"
    for slot in topology.slots:
        yield from _parameter(slot)
    yield "actions:"
    made = f"Resources and constraints of {topology.name}"
    yield f"  - shortdesc: {json.dumps(made)}"
    yield "    cib: |"
    marks = {slot.name: _mark(slot) for slot in topology.slots}
    for statement in topology.statements:
        head, *rest = lines(statement)
        yield f"      {head.text.format_map(marks)}"
        for line in rest:
            words = line.text.format_map(marks)
            if line.needs:
                words = f"{{{{#{line.needs}}}}}{words}{{{{/{line.needs}}}}}"
            yield f"        {words}"


def _mark(slot: Slot) -> str:
    """Return what stands for *slot*; a second address follows the first, if given."""
    mark = f"{{{{{slot.name}}}}}"
    if slot.several:
        more = f"{slot.name}_too"
        mark += f"{{{{#{more}}}}},{{{{{more}}}}}{{{{/{more}}}}}"
    return mark


def _parameter(slot: Slot) -> Iterator[str]:
    yield from _described(slot)
    if slot.several:
        yield from _described(
            Slot(
                f"{slot.name}_too",
                Kind.ADDRESS,
                f"{slot.summary}: a second one",
                "For instance its IPv6 address; the two are always together.",
                required=False,
            )
        )


def _described(slot: Slot) -> Iterator[str]:
    yield f"  - name: {slot.name}"
    yield f"    type: {slot.kind.value}"
    yield f"    required: {'true' if slot.required else 'false'}"
    if slot.default:
        yield f"    value: {json.dumps(slot.default)}"
    if slot.example:
        yield f"    example: {json.dumps(slot.example)}"
    yield f"    shortdesc: {json.dumps(slot.summary)}"
    yield "    longdesc: |"
    yield from wrapped(slot.words, "      ")
