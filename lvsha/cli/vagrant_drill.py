"""``lvsha drill --lab vagrant``: the same drills on machines that run already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import click

from lvsha.lab.cluster.faults import FAULTS, played_on
from lvsha.lab.cluster.grounds import Grounds
from lvsha.lab.cluster.stacks import STACKS, Stack
from lvsha.lab.errors import LabError
from lvsha.lab.vagrant.found import find, folder
from lvsha.lab.vagrant.lab import VagrantLab
from lvsha.lab.vagrant.shape import Shape


@dataclass(frozen=True, slots=True)
class Place:
    """What to play, on which stacks and where; what the stacks' names stand for."""

    words: Sequence[str]
    stacks: Sequence[str]
    grounds: Grounds
    known: Mapping[str, Stack] = field(default_factory=lambda: STACKS)


def standing(words: Sequence[str], stacks: Sequence[str], *, all_of_them: str) -> Place:
    """Return the lab that ``vagrant up`` has made, with the drills *words* name.

    The word *all_of_them* names every one that can be played there. What it does not
    run, or cannot do, is an error of the command line.
    """
    try:
        found = find(folder())
    except LabError as error:
        raise click.ClickException(str(error)) from error
    shape = found.shape
    if set(stacks) - {shape.topology}:
        raise click.UsageError(
            f"these machines run {shape.topology}: for another, "
            "run 'LVSHA_TOPOLOGY=… vagrant provision'"
        )
    drills = chosen(words, shape, all_of_them=all_of_them)
    stack = shape.stack()
    return Place(
        drills,
        (stack.name,),
        lambda place: VagrantLab(found, place),
        {stack.name: stack},
    )


def chosen(words: Sequence[str], shape: Shape, *, all_of_them: str) -> tuple[str, ...]:
    """Return the drills that *words* name, each once; refuse what cannot be played."""
    names: list[str] = []
    for word in words:
        if word == all_of_them:
            playable = played_on(shape.topology)
            names += [one.name for one in playable if not shape.refusal(one)]
        elif word not in FAULTS:
            raise click.UsageError(f"{word} is played in the embedded lab only")
        elif reason := shape.refusal(FAULTS[word]):
            raise click.UsageError(f"{word} cannot be played here: {reason}")
        else:
            names.append(word)
    return tuple(dict.fromkeys(names))
