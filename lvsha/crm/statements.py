"""What stands in the configuration of a cluster, as values. Pure.

Names and values may hold fields in braces (``{id}-vip``), filled in by a dialect:
:mod:`lvsha.crm.crmsh`, :mod:`lvsha.crm.template`, :mod:`lvsha.crm.wizard`,
:mod:`lvsha.crm.pcs`.
"""

from dataclasses import dataclass
from typing import TypeAlias

from lvsha.crm.slots import Slot

Options: TypeAlias = tuple[tuple[str, str], ...]


def said(options: Options) -> str:
    """Return *options* as every dialect writes them."""
    return " ".join(f"{name}={value}" for name, value in options)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an agent; left out when *needs* is a slot that stays empty."""

    name: str
    value: str
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """An action and how long it may take; *interval* makes it a recurring one."""

    action: str
    timeout: str
    interval: str = ""
    role: str = ""
    on_fail: str = ""

    @property
    def options(self) -> Options:
        """Return all of it as Pacemaker names them, in the order crmsh wants."""
        named = (
            ("interval", self.interval),
            ("role", self.role),
            ("timeout", self.timeout),
            ("on-fail", self.on_fail),
        )
        return tuple((name, value) for name, value in named if value)


@dataclass(frozen=True, slots=True)
class Primitive:
    """A resource of *agent* (``ocf:provider:type``)."""

    name: str
    agent: str
    parameters: tuple[Parameter, ...]
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Clone:
    """*of* on every node; a promotable one has roles."""

    name: str
    of: str
    meta: Options
    promotable: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """*members* in one place, started in order and stopped in reverse."""

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """*first* (a resource and an action) before *then*."""

    name: str
    kind: str
    first: tuple[str, str]
    then: tuple[str, str]
    symmetrical: bool = True


@dataclass(frozen=True, slots=True)
class Colocation:
    """*one* where *other* is, in the role each is given (or none)."""

    name: str
    score: str
    one: tuple[str, str]
    other: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Preference:
    """*of* is promoted rather on *node*, by *score*."""

    name: str
    of: str
    score: str
    node: str


Statement: TypeAlias = Primitive | Clone | Group | Order | Colocation | Preference


@dataclass(frozen=True, slots=True)
class Topology:
    """One way to run directors: what to fill in, what to configure.

    *words* tell whom it is for, in paragraphs with an empty line between them.
    """

    name: str
    summary: str
    words: str
    slots: tuple[Slot, ...]
    statements: tuple[Statement, ...]
