"""What files and commands of the cluster say, as facts. Pure: text goes in."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Final

from lvsha.doctor.facts import Corosync, Pacemaker

_PROMOTED: Final = frozenset({"Promoted", "Master"})
_ALWAYS: Final = frozenset({"INFINITY", "+INFINITY", "1000000"})
_TRUE: Final = frozenset({"true", "yes", "on", "1", "y"})
_LINE: Final = re.compile(r"\s*(?:(\w+)\s*\{|(\})|([\w.]+)\s*:\s*(.*?))\s*$")


class Unintelligible(ValueError):
    """It is not what it should be."""


def corosync(text: str) -> Corosync:
    """Return what *text* of ``corosync.conf`` says."""
    inside: list[str] = []
    nodes = 0
    said: dict[str, str] = {}
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None or line.lstrip().startswith("#"):
            continue
        section, closed, name, value = match.groups()
        if section:
            inside.append(section)
            nodes += inside == ["nodelist", "node"]
        elif closed:
            inside = inside[:-1]
        elif len(inside) == 1:
            said[f"{inside[0]}.{name}"] = value
    wait = said.get("quorum.wait_for_all")
    token = said.get("totem.token", "")
    return Corosync(
        nodes=nodes,
        two_node=said.get("quorum.two_node") == "1",
        wait_for_all=None if wait is None else wait == "1",
        token=int(token) if token.isdecimal() else 0,
    )


def pacemaker(cib: str, monitor: str) -> Pacemaker:
    """Return what *cib* (``cibadmin --query``) and *monitor* (``crm_mon``) say.

    Raises Unintelligible.
    """
    try:
        configuration = ET.fromstring(cib)  # noqa: S314 - the cluster's own
        state = ET.fromstring(monitor)  # noqa: S314 - the cluster's own
    except ET.ParseError as error:
        raise Unintelligible(str(error)) from error
    options = {
        pair.get("name", ""): pair.get("value", "").lower()
        for pair in configuration.iterfind(".//crm_config//nvpair")
    }
    primitives = list(configuration.iterfind(".//resources//primitive"))
    nodes = list(state.iterfind("./nodes/node"))
    return Pacemaker(
        reachable=True,
        enabled=options.get("stonith-enabled", "true") in _TRUE,
        fences=any(one.get("class") == "stonith" for one in primitives),
        maintenance=options.get("maintenance-mode", "false") in _TRUE,
        ours=tuple(
            one.get("id", "") for one in primitives if one.get("provider") == "lvsha"
        ),
        offline=tuple(
            one.get("name", "") for one in nodes if one.get("online") == "false"
        ),
        standby=tuple(
            one.get("name", "")
            for one in nodes
            if one.get("online") == "true" and one.get("standby") == "true"
        ),
        failed=tuple(_failure(one) for one in state.iterfind("./failures/failure")),
        unordered=_unordered(configuration),
    )


def _failure(one: ET.Element) -> str:
    operation = one.get("op_key") or one.get("id") or "something"
    resource, _, rest = operation.rpartition("_")[0].rpartition("_")
    where = f"{resource or operation} {rest}".strip()
    reason = one.get("exitreason") or one.get("exitstatus") or ""
    node = one.get("node", "some node")
    return f"{where} on {node}" + (f" ({reason})" if reason else "")


def _unordered(configuration: ET.Element) -> tuple[str, ...]:
    """Return the colocations of a promoted VIP with a director's whole clone."""
    directors = set()
    for clone in configuration.iterfind(".//resources//clone"):
        inner = clone.find("./primitive")
        if (
            inner is not None
            and inner.get("provider") == "lvsha"
            and inner.get("type") == "director"
        ):
            directors |= {clone.get("id"), inner.get("id")}
    return tuple(
        one.get("id", "")
        for one in configuration.iterfind(".//constraints/rsc_colocation")
        if one.get("rsc-role") in _PROMOTED
        and one.get("score", "").upper() in _ALWAYS
        and one.get("with-rsc") in directors
        and not one.get("with-rsc-role")
    )


def listening(table: str, port: int) -> bool:
    """Tell whether *table* (``/proc/net/tcp`` or ``tcp6``) has a listener on *port*."""
    listener = re.compile(rf"\s*\d+: [0-9A-F]+:{port:04X} [0-9A-F]+:0000 0A ")
    return any(listener.match(line) for line in table.splitlines())


def shares(text: str) -> bool:
    """Tell whether *text*, a configuration of csync2, has a group."""
    return re.search(r"^\s*group\b", text, re.MULTILINE) is not None


def receipt(text: str) -> tuple[str, str] | None:
    """Return a director and the digest of what it holds; None for no receipt."""
    try:
        said = json.loads(text)
    except ValueError:
        return None
    if not isinstance(said, Mapping) or not isinstance(said.get("live"), Mapping):
        return None
    return str(said.get("director", "")), str(said["live"].get("digest", ""))
