"""What an operator fills in to make a topology theirs. Pure."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final


class Kind(enum.Enum):
    """What a value is; the word is the type of a crm script's parameter."""

    NAME = "resource"
    ADDRESS = "ip_address"
    TEXT = "string"
    NUMBER = "integer"


@dataclass(frozen=True, slots=True)
class Slot:
    """One value: *summary* says what it is, *words* what to know about it.

    A slot that is not *required* may stay empty, and what it is for is then left
    out. *several*: more than one address may stand there, with commas.
    """

    name: str
    kind: Kind
    summary: str
    words: str
    default: str = ""
    example: str = ""
    required: bool = True
    several: bool = False


ID: Final = Slot(
    "id",
    Kind.NAME,
    "Prefix of all resource names",
    "Two clusters of directors on the same nodes need two of them.",
    default="lvs",
)
CONFIGURATION: Final = Slot(
    "configfile",
    Kind.TEXT,
    "Configuration of the director",
    "The same file on every node; csync2 or 'lvsha csync2 push' keeps it so.",
    default="/etc/ha.d/ldirectord.cf",
)
INSTANCE: Final = Slot(
    "director",
    Kind.TEXT,
    "Name of the director",
    "The base name of its configuration; what it sees decides who is promoted.",
    default="ldirectord.cf",
)
VIP: Final = Slot(
    "vip",
    Kind.ADDRESS,
    "Address the clients use",
    "The VIP of the virtual services in the configuration, IPv4 or IPv6.",
    example="192.0.2.10",
    several=True,
)
PREFIX: Final = Slot(
    "netmask",
    Kind.NUMBER,
    "Prefix length of the address",
    "Without it the address is put in place alone, without a route to its network.",
    example="24",
    required=False,
)
NIC: Final = Slot(
    "nic",
    Kind.TEXT,
    "Interface that gets the address",
    "Without it, the interface that is in the network of the address.",
    example="eth0",
    required=False,
)
SYNC_INTERFACE: Final = Slot(
    "sync_interface",
    Kind.TEXT,
    "Interface between the directors",
    "On it the active director tells the other one of its connections"
    " (UDP port 8848, multicast 224.0.0.81), so that they survive a failover.",
    example="eth1",
)
SYNC_ID: Final = Slot(
    "sync_id",
    Kind.NUMBER,
    "Number of this pair on that interface",
    "1 to 255; two pairs of directors in one network need two numbers.",
    default="1",
)
FIRST_VIP: Final = Slot(
    "address_one",
    Kind.ADDRESS,
    "Address whose home is the first node",
    "VIP of a part of the virtual services.",
    example="192.0.2.10",
    several=True,
)
SECOND_VIP: Final = Slot(
    "address_two",
    Kind.ADDRESS,
    "Address whose home is the second node",
    "VIP of the other part of the virtual services.",
    example="192.0.2.11",
    several=True,
)
FIRST_NODE: Final = Slot(
    "node_one", Kind.TEXT, "Name of the first node", "As in 'crm node list'.", "", "d1"
)
SECOND_NODE: Final = Slot(
    "node_two", Kind.TEXT, "Name of the second node", "As in 'crm node list'.", "", "d2"
)


class Unfilled(ValueError):
    """Values that are missing, unknown or cannot be; the message has them all."""


def filled(slots: tuple[Slot, ...], given: Mapping[str, str]) -> dict[str, str]:
    """Return the value of each of *slots*: as *given*, or its default.

    Raises Unfilled when a required one stays empty, when there is no such slot,
    or when a value could not stand in a line of crmsh.
    """
    known = {slot.name for slot in slots}
    wrong = [
        f"there is no value {name!r}; there are: {', '.join(sorted(known))}"
        for name in given
        if name not in known
    ]
    values = {}
    for slot in slots:
        value = given.get(slot.name, "").strip() or slot.default
        values[slot.name] = value
        if not value and slot.required:
            wrong.append(f"{slot.name} is missing: {slot.summary.lower()}")
        elif any(letter in value for letter in "\"'\\$`\n\r\t{}"):
            wrong.append(f"{slot.name} has a quote, brace, backslash, $ or line end")
        elif value:
            wrong += _refusals(slot, value)
    if wrong:
        raise Unfilled("; ".join(wrong))
    return values


def _refusals(slot: Slot, value: str) -> list[str]:
    """Return what is wrong with *value* as *slot*'s kind."""
    if slot.kind is Kind.NUMBER and not (value.isascii() and value.isdecimal()):
        return [f"{slot.name} is no number: {value}"]
    if slot.kind is not Kind.ADDRESS:
        return []
    parts = value.split(",") if slot.several else [value]
    return [
        f"{slot.name} is no IP address: {part.strip() or 'nothing'}"
        for part in parts
        if not _address(part.strip())
    ]


def _address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text
