"""A check held by a program of ours: how it is started, what it is told and tells."""

from collections.abc import Callable
from dataclasses import dataclass, field

from lvsha.model import Check


@dataclass(frozen=True, slots=True)
class Program:
    """One run: *words* go to its standard input, and hold secrets.

    Exit status 0 is up. Otherwise *failure* returns why not, of what it wrote to
    its standard output.
    """

    argv: tuple[str, ...]
    words: bytes = field(repr=False)
    failure: Callable[[bytes], str] = field(repr=False)


# What a check of a service asks of its program. Raises CheckFailed.
Plan = Callable[[Check], Program]
