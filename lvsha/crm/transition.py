"""What ``crm_simulate --output-as=xml`` says: who moves, and who is where. Pure."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_AGENTS_VIP: Final = frozenset({"ocf:lvsha:vip", "ocf:heartbeat:IPaddr2"})
_AGENTS_DIRECTOR: Final = frozenset({"ocf:lvsha:director", "ocf:heartbeat:ldirectord"})


@dataclass(frozen=True, slots=True)
class Move:
    """An action the cluster would take; *source* is where a moving resource was."""

    action: str
    resource: str
    node: str
    source: str = ""

    def __str__(self) -> str:
        """Return it as a line for people."""
        place = f"{self.source} -> {self.node}" if self.source else self.node
        return " ".join(filter(None, (self.action, self.resource, place)))


@dataclass(frozen=True, slots=True)
class Cast:
    """The resources that matter by name; *promotable* are those VIPs with roles."""

    vips: tuple[str, ...]
    promotable: frozenset[str]
    directors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """A cluster at a moment: the nodes of each resource that has *role* there."""

    online: frozenset[str]
    roles: Mapping[str, Mapping[str, str]]

    def active(self, vip: str) -> frozenset[str]:
        """Return the nodes on which *vip* has its addresses."""
        roles = self.roles.get(vip, {})
        return frozenset(
            node for node, role in roles.items() if role in ("Started", "Promoted")
        )


def cast(resources: ET.Element) -> Cast:
    """Return who plays in the ``resources`` of a CIB."""
    promotable = {
        primitive.get("id", "")
        for clone in resources.iter("clone")
        if _is_promotable(clone)
        for primitive in clone.iter("primitive")
    }
    vips = tuple(_of(resources, _AGENTS_VIP))
    return Cast(
        vips,
        frozenset(name for name in vips if name in promotable),
        tuple(_of(resources, _AGENTS_DIRECTOR)),
    )


def moves(said: ET.Element) -> tuple[Move, ...]:
    """Return what the cluster would do, as it says in its summary."""
    found = [
        Move(
            "fence"
            if action.tag == "node_action"
            else action.get("action", "").lower(),
            action.get("resource", "").partition(":")[0],
            action.get("dest") or action.get("node") or action.get("source") or "",
            action.get("source", "") if "dest" in action.attrib else "",
        )
        for action in said.iterfind("actions/*")
    ]
    return tuple(dict.fromkeys(move for move in found if move.node))


def scene(said: ET.Element) -> Scene:
    """Return who is where afterwards."""
    roles: dict[str, dict[str, str]] = {}
    for resource in said.iterfind("revised_cluster_status/resources//resource"):
        name = resource.get("id", "").partition(":")[0]
        for node in resource.iterfind("node"):
            roles.setdefault(name, {})[node.get("name", "")] = resource.get("role", "")
    online = frozenset(
        node.get("name", "")
        for node in said.iterfind("revised_cluster_status/nodes/node")
        if node.get("online") == "true"
    )
    return Scene(online, roles)


def _is_promotable(clone: ET.Element) -> bool:
    return any(
        pair.get("name") == "promotable" and pair.get("value") == "true"
        for pair in clone.iterfind("meta_attributes/nvpair")
    )


def _of(resources: ET.Element, agents: frozenset[str]) -> Iterator[str]:
    for primitive in resources.iter("primitive"):
        parts = [primitive.get(key, "") for key in ("class", "provider", "type")]
        if ":".join(parts) in agents:
            yield primitive.get("id", "")
