"""What a cluster says of itself, read from ``crm_mon --output-as=xml``. Pure."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """A director as the cluster sees it."""

    name: str
    online: bool
    standby: bool = False
    unclean: bool = False
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Resource:
    """One instance of a resource: where it is, in which role, and whether it failed."""

    name: str
    role: str
    nodes: frozenset[str]
    failed: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """A cluster at a moment. *dc* is the director that decides, empty if none does."""

    dc: str
    quorum: bool
    members: tuple[Member, ...]
    resources: tuple[Resource, ...]

    @property
    def online(self) -> frozenset[str]:
        """Return who is a full member."""
        return frozenset(
            one.name
            for one in self.members
            if one.online and not (one.unclean or one.pending)
        )

    def where(self, resource: str, role: str) -> frozenset[str]:
        """Return where *resource* is in *role*; instances of a clone count as one."""
        return frozenset(
            node
            for one in self.resources
            if one.name.partition(":")[0] == resource and one.role == role
            for node in one.nodes
        )

    @property
    def failed(self) -> frozenset[str]:
        """Return the resources that failed and were not mended."""
        return frozenset(one.name for one in self.resources if one.failed)


def state(text: bytes) -> State:
    """Return the state that *text*, the XML of ``crm_mon``, tells of."""
    root = ET.fromstring(text)  # noqa: S314 - it comes from our own nodes
    dc = root.find("summary/current_dc")
    members = tuple(
        Member(
            name=node.get("name", ""),
            online=node.get("online") == "true",
            standby=node.get("standby") == "true",
            unclean=node.get("unclean") == "true",
            pending=node.get("pending") == "true",
        )
        for node in root.findall("nodes/node")
    )
    resources = tuple(
        Resource(
            name=one.get("id", ""),
            role=one.get("role", ""),
            nodes=frozenset(node.get("name", "") for node in one.findall("node")),
            failed=one.get("failed") == "true",
        )
        for one in root.iterfind("resources//resource")
    )
    present = dc is not None and dc.get("present") == "true"
    return State(
        dc=dc.get("name", "") if dc is not None and present else "",
        quorum=dc is not None and dc.get("with_quorum") == "true",
        members=members,
        resources=resources,
    )
