"""Who is in a lab: nodes with their addresses, as values and as a file."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from ipaddress import ip_interface
from pathlib import Path
from typing import Literal, cast

from lvsha.lab.errors import LabError

Boot = Literal["light", "systemd"]


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """One machine: its name, its addresses on *network*, its memory, how it boots.

    *boot*: ``light`` has the lab's agent as its first process and is there after a
    second; ``systemd`` is a whole system. *setup* are further lines for ``ip -batch``,
    for example ``route add default via 10.77.0.1``.
    """

    name: str
    addresses: tuple[str, ...] = ()
    memory: str = "256M"
    boot: Boot = "light"
    network: str = "lab"
    setup: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what would fail at boot, with a clear word."""
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", self.name):
            raise LabError(
                f"node {self.name!r}: a name is a lower-case letter, then letters, "
                "digits or hyphens, 31 at most"
            )
        if self.boot not in {"light", "systemd"}:
            raise LabError(
                f"node {self.name}: boot {self.boot!r} is not light, systemd"
            )
        if not re.fullmatch(r"[1-9][0-9]*[MG]", self.memory):
            raise LabError(f"node {self.name}: memory {self.memory!r} is not like 256M")
        for address in self.addresses:
            try:
                ip_interface(address)
            except ValueError as error:
                raise LabError(f"node {self.name}: {error}") from error


SMALL = (
    NodeSpec("director", ("192.168.0.100/24", "fd00:77::100/64")),
    NodeSpec("real1", ("192.168.0.110/24", "fd00:77::110/64")),
    NodeSpec("real2", ("192.168.0.120/24", "fd00:77::120/64")),
    NodeSpec("client", ("192.168.0.10/24", "fd00:77::10/64")),
)
"""The topology when none is named: a director, two real servers and a client."""


def numbered(count: int) -> tuple[NodeSpec, ...]:
    """Return *count* nodes ``node1`` … on 10.77.0.0/24 and fd00:77::/64."""
    return tuple(
        NodeSpec(f"node{number}", (f"10.77.0.{number}/24", f"fd00:77::{number:x}/64"))
        for number in range(1, count + 1)
    )


def load(file: Path) -> tuple[NodeSpec, ...]:
    """Return the nodes that *file* (TOML) describes, one table ``[[node]]`` each."""
    try:
        tables = tomllib.loads(file.read_text()).get("node", [])
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise LabError(f"cannot read topology {file}: {error}") from error
    known = {field.name for field in fields(NodeSpec)}
    nodes = []
    for table in cast("list[dict[str, str | list[str]]]", tables):
        unknown = ", ".join(sorted(set(table) - known))
        if unknown or "name" not in table:
            what = f"unknown {unknown}" if unknown else "a node without a name"
            raise LabError(f"topology {file}: {what}")
        nodes.append(from_json(table))
    check(nodes)
    return tuple(nodes)


def booting(node: NodeSpec, boot: str) -> NodeSpec:
    """Return *node* as it boots with *boot*."""
    return replace(node, boot=cast("Boot", boot))


def from_json(table: Mapping[str, str | list[str]]) -> NodeSpec:
    """Return the node that *table* describes."""
    ready = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in table.items()
    }
    return NodeSpec(**ready)  # type: ignore[arg-type]


def check(nodes: Sequence[NodeSpec]) -> None:
    """Refuse a lab without nodes, or with two of one name or address."""
    if not nodes:
        raise LabError("a lab needs a node")
    seen: dict[str, str] = {}
    for node in nodes:
        addresses = [str(ip_interface(word).ip) for word in node.addresses]
        for what in [node.name, *(f"{node.network} {word}" for word in addresses)]:
            if what in seen:
                raise LabError(f"nodes {seen[what]} and {node.name} are both {what}")
            seen[what] = node.name


def hosts(nodes: Sequence[NodeSpec]) -> str:
    """Return the ``/etc/hosts`` of every node: all names, each address."""
    lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost"]
    lines += [
        f"{ip_interface(address).ip} {node.name}"
        for node in nodes
        for address in node.addresses
    ]
    return "\n".join(lines) + "\n"


def network_steps(node: NodeSpec) -> list[str]:
    """Return the lines of ``ip -batch`` that put *node* on its network."""
    steps = ["link set lo up", "link set vec0 name eth0"]
    for address in node.addresses:
        nodad = " nodad" if ip_interface(address).version == 6 else ""  # noqa: PLR2004
        steps.append(f"addr add {address} dev eth0{nodad}")
    return [*steps, "link set eth0 up", *node.setup]


def to_json(node: NodeSpec) -> str:
    """Return *node* as one line of JSON."""
    return json.dumps({field.name: getattr(node, field.name) for field in fields(node)})
