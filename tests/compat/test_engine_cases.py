"""Recorded runs of ldirectord against ours: the same table after every step.

The checks are scripted by the real server's address (A is 127.0.0.2, B is
127.0.0.3); what is compared is what the director makes of them.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

import pytest

from lvsha.config.load import loads
from lvsha.engine.director import Director
from lvsha.identity import Forwarding, Fwmark, ServiceKey
from lvsha.ipvs.listing import parsed, rules
from lvsha.ipvs.memory import MemoryKernel
from lvsha.ipvs.plan import Operation, diff
from lvsha.ipvs.table import HOST_MASK, Service, Table
from lvsha.model import Configuration, DaemonState
from tests.scripted import Record, Servers, Told, nameless
from tests.virtual_time import run

CASES = Path(__file__).parent / "cases" / "engine"
ADDRESS = {"A": "127.0.0.2", "B": "127.0.0.3"}
METHOD = {
    Forwarding.GATE: "Route",
    Forwarding.IPIP: "Tunnel",
    Forwarding.MASQ: "Masq",
    Forwarding.LOCAL: "Local",
}
# Longer than any of the cases' failure counts and intervals take.
A_WHILE = 20.0


class Row(TypedDict):
    addr: str
    method: str
    weight: int


class Rows(TypedDict):
    service: str
    dests: list[Row]


# Where we end up elsewhere on purpose: (case, step) and the destinations then.
DEVIATIONS: Mapping[tuple[str, int], list[Row]] = {
    # B5: quiescent and a real server without port: never got its weight back.
    ("E08-gate-real-without-port-quiescent", 0): [
        {"addr": "127.0.0.2:8080", "method": "Route", "weight": 1}
    ],
    # B2: a mark's global fallback had no address.
    ("E10-fwmark-global-fallback", 1): [
        {"addr": "127.0.0.9:0", "method": "Route", "weight": 1}
    ],
    # B4: taking the fallback away took the healthy real server's row.
    ("E19-fallback-same-ip-other-port", 0): [
        {"addr": "127.0.0.2:8080", "method": "Route", "weight": 1}
    ],
    # Drift is repaired, see docs/decisions/003-drift-is-repaired.md.
    ("E26-manual-table-changes", 1): [
        {"addr": "127.0.0.2:8080", "method": "Route", "weight": 5}
    ],
    ("E26-manual-table-changes", 2): [
        {"addr": "127.0.0.2:8080", "method": "Route", "weight": 5}
    ],
}


class Names:
    """The names these cases use."""

    def address(self, host: str, version: int) -> None:
        raise AssertionError(f"{host} needs no resolver for IPv{version}")

    def port(self, service: str, protocol: str) -> None:
        raise AssertionError(f"{service}/{protocol} needs no resolver")

    def hostname(self) -> str:
        return "testhost"


def heading(key: ServiceKey, service: Service) -> str:
    settings = service.settings
    if isinstance(key, Fwmark):
        words = ["FWM ", str(key.mark)] + ["IPv6"] * (key.version == 6)
    else:
        words = [f"{key.protocol.name} ", str(key.endpoint)]
    words.append(settings.scheduler)
    if settings.persistent:
        words += ["persistent", str(settings.persistent)]
        if settings.netmask != HOST_MASK[key.version]:
            octets = settings.netmask.to_bytes(4, "big")
            words += ["mask", ".".join(map(str, octets))]
    return " ".join(words + ["ops"] * settings.one_packet)


def shown(table: Table) -> dict[str, list[Row]]:
    return {
        heading(key, service): sorted(
            (
                Row(addr=str(at), method=METHOD[row.forwarding], weight=row.weight)
                for at, row in service.destinations.items()
            ),
            key=lambda row: row["addr"],
        )
        for key, service in table.items()
    }


def recorded(rows: list[Rows]) -> dict[str, list[Row]]:
    return {
        one["service"]: sorted(one["dests"], key=lambda row: row["addr"])
        for one in rows
    }


def table_of(rows: list[Rows] | None) -> Table:
    """Return the recorded table, by way of what ipvsadm would restore it from."""
    lines: list[str] = []
    for one in rows or []:
        protocol, address, scheduler = one["service"].split()
        service = f"-{protocol[0].lower()} {address}"
        lines.append(f"-A {service} -s {scheduler}")
        lines += [
            f"-a {service} -r {row['addr']} "
            f"{'-m' if row['method'] == 'Masq' else '-g'} -w {row['weight']}"
            for row in one["dests"]
        ]
    return parsed("\n".join(lines) + "\n")


def understood(text: str) -> Configuration:
    return loads(text.encode(), "case.cf", resolver=Names()).configuration


async def replay(name: str) -> list[tuple[str, dict[str, list[Row]]]]:
    """Return each step's action and the table after it."""
    case = json.loads((CASES / f"{name}.expect.json").read_text())
    configuration = understood((CASES / f"{name}.cf").read_text())
    kernel = MemoryKernel(table_of(case["initial_table"]))
    servers = Servers()
    director = Director(kernel, Record(), servers, Told(), nameless())
    seen: list[tuple[str, dict[str, list[Row]]]] = []
    for step in case["steps"]:
        action: str = step["action"]
        for who, how in re.findall(r"(both|A|B) (up|down)", action):
            for letter in ADDRESS if who == "both" else who:
                change = servers.down.add if how == "down" else servers.down.discard
                change(ADDRESS[letter])
        if "new_config" in step:
            configuration = understood(step["new_config"])
        if action.startswith("TERM"):
            director.enter(DaemonState.STOPPING)
            director.stop()
        elif action.startswith("start") or "HUP" in action:
            director.follow(configuration)
        elif action.startswith("by hand"):
            kernel.perform(by_hand(step["ipvs"][0]["args"], kernel.read()))
        await asyncio.sleep(A_WHILE)
        seen.append((action, shown(kernel.read())))
    return seen


def by_hand(args: str, table: Table) -> list[Operation]:
    """Return the one manual change of a step as operations."""
    before = rules(table)
    line = args.replace("-e ", "-a ", 1)
    endpoint = args.split(" -r ")[1].split(maxsplit=1)[0]
    kept = [rule for rule in before.splitlines() if f" -r {endpoint} " not in rule]
    after = kept if args.startswith("-d ") else [*kept, line]
    change = diff(parsed("\n".join(after) + "\n"), table, frozenset())
    return list(change.operations)


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in CASES.glob("*.cf")), ids=lambda name: name[:3]
)
def test_the_table_after_every_step_is_the_recorded_one(name: str) -> None:
    case = json.loads((CASES / f"{name}.expect.json").read_text())

    seen = run(replay(name))

    for number, (step, (action, table)) in enumerate(
        zip(case["steps"], seen, strict=True)
    ):
        want = recorded(step["table_after"])
        if (name, number) in DEVIATIONS:
            want = dict.fromkeys(want, DEVIATIONS[name, number])
            assert want != recorded(step["table_after"]), "no deviation any more"
        assert table == want, action


def test_there_are_cases() -> None:
    assert len(list(CASES.glob("*.cf"))) >= 18
