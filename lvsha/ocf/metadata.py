"""What an agent says about itself, as values and as the XML of OCF 1.1.

The document is plain ASCII without an encoding in its first line: crmsh cannot
parse one that has it. The internal subset tells the older DTD, against which
``ocf-tester`` validates, what is new in 1.1.
"""

from collections.abc import Sequence
from typing import NamedTuple
from xml.etree import ElementTree as ET

PROLOG = """\
<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd" [
<!ATTLIST parameter unique-group CDATA #IMPLIED reloadable (0|1) "0">
<!ATTLIST action name CDATA #REQUIRED>
]>
"""
_API = "1.1"


class Parameter(NamedTuple):
    """A parameter; *kind* is ``string``, ``integer`` or ``boolean``.

    A change of a *reloadable* one needs no restart. *unique_group* names the
    parameters whose values together may be used by one resource only.
    """

    name: str
    kind: str
    brief: str
    full: str
    default: str | None = None
    required: bool = False
    reloadable: bool = False
    unique: bool = False
    unique_group: str = ""


class Action(NamedTuple):
    """An action and the times it is advised to have, in seconds."""

    name: str
    timeout: int
    interval: int | None = None
    depth: int | None = None
    role: str = ""


class Metadata(NamedTuple):
    """All that an agent says about itself; *version* is the agent's own."""

    name: str
    version: str
    brief: str
    full: str
    parameters: Sequence[Parameter]
    actions: Sequence[Action]


def document(metadata: Metadata) -> str:
    """Return *metadata* as the text that ``meta-data`` prints."""
    agent = ET.Element(
        "resource-agent", {"name": metadata.name, "version": metadata.version}
    )
    ET.SubElement(agent, "version").text = _API
    _describe(agent, metadata.brief, metadata.full)
    parameters = ET.SubElement(agent, "parameters")
    for parameter in metadata.parameters:
        _add_parameter(parameters, parameter)
    actions = ET.SubElement(agent, "actions")
    for action in metadata.actions:
        _add_action(actions, action)
    ET.indent(agent, " ")
    body: bytes = ET.tostring(agent, encoding="us-ascii")
    return f"{PROLOG}{body.decode('ascii')}\n"


def _add_parameter(parent: ET.Element, parameter: Parameter) -> None:
    attributes = {"name": parameter.name}
    if parameter.unique_group:
        attributes["unique-group"] = parameter.unique_group
    # crmsh knows no groups, only this.
    if parameter.unique or parameter.unique_group:
        attributes["unique"] = "1"
    if parameter.required:
        attributes["required"] = "1"
    if parameter.reloadable:
        attributes["reloadable"] = "1"
    element = ET.SubElement(parent, "parameter", attributes)
    _describe(element, parameter.brief, parameter.full)
    content = {"type": parameter.kind}
    if parameter.default is not None:
        content["default"] = parameter.default
    ET.SubElement(element, "content", content)


def _add_action(parent: ET.Element, action: Action) -> None:
    attributes = {"name": action.name, "timeout": f"{action.timeout}s"}
    if action.interval is not None:
        attributes["interval"] = f"{action.interval}s"
    if action.depth is not None:
        attributes["depth"] = str(action.depth)
    if action.role:
        attributes["role"] = action.role
    ET.SubElement(parent, "action", attributes)


def _describe(parent: ET.Element, brief: str, full: str) -> None:
    ET.SubElement(parent, "longdesc", {"lang": "en"}).text = f"\n{full.strip()}\n"
    ET.SubElement(parent, "shortdesc", {"lang": "en"}).text = brief
