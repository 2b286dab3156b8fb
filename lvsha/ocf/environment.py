"""What the cluster says about an action, read from its environment variables.

Pure: a mapping goes in. Values are read when they are asked for, so that an
action that does not need a parameter cannot fail for it.
"""

from collections.abc import Mapping
from typing import NamedTuple, Self

_PARAMETER = "OCF_RESKEY_"
_META = "OCF_RESKEY_CRM_meta_"
_TRUE = frozenset(("1", "true", "yes", "on", "y"))
_FALSE = frozenset(("0", "false", "no", "off", "n"))
# What a cluster gives an action for which nothing was configured.
_TIMEOUT = 20.0


class Malformed(ValueError):
    """A parameter's value cannot be used; the message names it."""


class Environment(NamedTuple):
    """The parameters of a resource, and how an action on it was asked for.

    *parameters* holds what is set and not empty, without the cluster's own.
    *timeout* and *interval* are seconds; *interval* is 0 for a probe and for
    anything that is not repeated. *resource* is the name in the cluster.
    *meta* holds the cluster's own words (``clone_max``, ``role``, ...).
    """

    parameters: Mapping[str, str]
    meta: Mapping[str, str]
    resource: str = ""
    timeout: float = _TIMEOUT
    interval: float = 0.0
    check_level: int = 0

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Self:
        """Read *variables*; nothing in them makes this fail."""
        parameters: dict[str, str] = {}
        meta: dict[str, str] = {}
        for name, value in variables.items():
            if name.startswith(_META):
                meta[name[len(_META) :]] = value
            elif name.startswith(_PARAMETER) and value.strip():
                parameters[name[len(_PARAMETER) :]] = value.strip()
        return cls(
            parameters=parameters,
            meta=meta,
            resource=variables.get("OCF_RESOURCE_INSTANCE", ""),
            timeout=_number(meta.get("timeout")) / 1000 or _TIMEOUT,
            interval=_number(meta.get("interval")) / 1000,
            check_level=_number(variables.get("OCF_CHECK_LEVEL")),
        )

    @property
    def is_probe(self) -> bool:
        """Tell, for a monitor, whether it only asks what there is."""
        return self.interval == 0

    @property
    def is_promotable(self) -> bool:
        """Tell whether it runs as a promotable clone; never known in a probe."""
        return "promoted_max" in self.meta or "master_max" in self.meta

    def text(self, *names: str, default: str = "") -> str:
        """Return the first of the parameters *names* that is set, or *default*."""
        for name in names:
            if value := self.parameters.get(name):
                return value
        return default

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean parameter; raises Malformed."""
        word = self.parameters.get(name, "").lower()
        if not word:
            return default
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        raise Malformed(f"parameter {name!r}: expected true or false, got {word!r}")

    def number(
        self, name: str, *, default: int, least: int = 0, most: int | None = None
    ) -> int:
        """Return a whole parameter between *least* and *most*; raises Malformed."""
        word = self.parameters.get(name, "")
        if not word:
            return default
        span = f"{least} to {most}" if most is not None else f"{least} or more"
        if not (word.isascii() and word.removeprefix("-").isdigit()):
            raise Malformed(f"parameter {name!r}: expected a number, got {word!r}")
        value = int(word)
        if value < least or (most is not None and value > most):
            raise Malformed(f"parameter {name!r}: expected {span}, got {word}")
        return value


def _number(word: str | None) -> int:
    return int(word) if word and word.isascii() and word.isdigit() else 0
