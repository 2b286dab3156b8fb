"""Topologies as templates of ``crm configure template``. Pure.

crmsh puts values in by replacing text, anywhere: no slot's name may begin with
another's, and a comment must not hold a mark (crmsh 4.4, ``template.py``).
"""

from collections.abc import Iterator

from lvsha.crm.crmsh import Line, lines
from lvsha.crm.prose import wrapped
from lvsha.crm.slots import ID, Slot
from lvsha.crm.statements import Topology


def template(topology: Topology) -> str:
    """Return the file ``/usr/share/crmsh/templates/NAME``."""
    return "\n".join(_file(topology)) + "\n"


def _file(topology: Topology) -> Iterator[str]:
    yield f"%name {topology.name}"
    yield f"# {topology.summary}"
    yield "#"
    yield from wrapped(topology.words, "# ")
    yield ""
    yield "%required"
    yield from _slots(slot for slot in topology.slots if slot.required)
    optional = [slot for slot in topology.slots if not slot.required]
    if optional:
        yield "%optional"
        yield from _slots(iter(optional))
    yield "%generate"
    marks = {slot.name: f"%_:{slot.name}" for slot in topology.slots}
    for statement in topology.statements:
        yield ""
        head, *rest = lines(statement)
        yield head.text.format_map(marks)
        for line in rest:
            yield _indented(line).format_map(marks)


def _indented(line: Line) -> str:
    # crmsh quotes values itself
    words = line.text.replace('"', "")
    return f"\topt {words}" if line.needs else f"\t{words}"


def _slots(slots: Iterator[Slot]) -> Iterator[str]:
    for slot in slots:
        yield f"# {slot.summary}"
        yield from wrapped(slot.words, "# ")
        if slot.example:
            yield f"# Example: {slot.example}"
        # crmsh puts the name of the configuration before a default of the id.
        default = "" if slot is ID else slot.default
        yield f"%% {slot.name} {default}".rstrip()
