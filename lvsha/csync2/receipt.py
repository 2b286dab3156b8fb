"""What a director says of the configuration it has. Pure."""

import enum
import json
from dataclasses import asdict, dataclass
from typing import Self


class Stage(enum.Enum):
    """How far a content has come on a director."""

    ABSENT = "absent"
    REFUSED = "refused"
    VALID = "valid"
    STORED = "stored"
    ACTIVE = "active"

    @property
    def followed(self) -> bool:
        """Tell whether the director follows it, or will once it is started."""
        return self in (Stage.STORED, Stage.ACTIVE)


@dataclass(frozen=True, slots=True)
class Held:
    """A content by its SHA-256, its stage, and why it is refused."""

    digest: str = ""
    stage: Stage = Stage.ABSENT
    why: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What *director* holds *at* a time (seconds since the epoch).

    *accepted* is the digest of the last offer it found valid, which it will follow
    once it is live.
    """

    director: str
    offered: Held = Held()
    live: Held = Held()
    at: float = 0.0
    accepted: str = ""

    def dumped(self) -> bytes:
        """Return it as the bytes of its file."""
        table = asdict(self)
        for held in ("offered", "live"):
            table[held]["stage"] = table[held]["stage"].value
        return json.dumps(table, indent=1, sort_keys=True).encode() + b"\n"

    @classmethod
    def loaded(cls, content: bytes) -> Self:
        """Return the receipt in *content*; raise ValueError when there is none."""
        table = json.loads(content)
        try:
            return cls(
                str(table["director"]),
                _held(table["offered"]),
                _held(table["live"]),
                float(table["at"]),
                str(table["accepted"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no receipt: {error}") from error


def _held(table: dict[str, str]) -> Held:
    return Held(str(table["digest"]), Stage(table["stage"]), str(table["why"]))
