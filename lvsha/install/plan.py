"""What installing and uninstalling have to do, and what they must leave alone. Pure.

A file is told by its mark. *present* has the marks of what is on the disk;
*recorded* those of what was written, or was about to be, by an installation.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

Marks = Mapping[str, str]
Recorded = Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True)
class Plan:
    """Paths, each in one of the lists, and in order.

    *same* are ours and as they should be; *others* are as they should be, but
    somebody else's; *left* are ours, not needed, and were changed by somebody
    since, as were *changed*, which are needed; *foreign* are in the way.
    """

    write: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def conflicts(self) -> list[str]:
        """What forbids to do anything at all."""
        return [f"{path} is there, and not ours" for path in self.foreign] + [
            f"{path} was changed since it was installed" for path in self.changed
        ]


def plan(wanted: Marks, present: Marks, recorded: Recorded) -> Plan:
    """Return how to come from *present* to *wanted*; nothing wanted: uninstalling."""
    lists: dict[str, list[str]] = {name: [] for name in Plan.__dataclass_fields__}
    for path in sorted(wanted.keys() | recorded.keys()):
        if name := _fate(wanted.get(path), present.get(path), recorded.get(path, ())):
            lists[name].append(path)
    return Plan(**{name: tuple(paths) for name, paths in lists.items()})


def _fate(wish: str | None, there: str | None, ours: Collection[str]) -> str:
    if there is None:
        return "" if wish is None else "write"
    if wish is None:
        return "remove" if there in ours else "left"
    if there == wish:
        return "same" if there in ours else "others"
    if there in ours:
        return "write"
    return "changed" if ours else "foreign"
