"""The dependency rules of docs/architecture.md, executed."""

import ast
from pathlib import Path

import pytest

import lvsha

ROOT = Path(lvsha.__file__).parent

# What a room may know of. A room that is not listed may know of every room.
MAY_IMPORT = {
    "address": set[str](),
    "identity": {"address"},
    "errors": set[str](),
    "asking": set[str](),
    "lock": set[str](),
    "ocf": {
        *("address", "asking", "lock", "identity", "errors", "ipvs", "vip", "engine"),
    },
    "doctor": {
        *("asking", "lock", "identity", "errors", "config", "ipvs", "vip", "engine"),
        "install",
    },
    "imports": {"identity", "config", "ipvs"},
    "install": {"identity", "ipvs", "ocf"},
    "pattern": set[str](),
    "advice": set[str](),
    "share": set[str](),
    "children": set[str](),
    "netlink": set[str](),
    "model": {"identity"},
    "masking": {"model"},
    "evidence": {"model", "masking"},
    "names": {"identity", "model"},
    "ipvs": {"identity", "errors", "netlink"},
    "vip": {"address", "errors", "netlink"},
    "health": {"identity", "model"},
    "config": {"identity", "errors", "model", "pattern"},
    "checks": {"identity", "model", "masking", "pattern"},
    "events": {"identity", "errors", "model"},
    "desired": {"identity", "model", "health", "ipvs", "share"},
    "crm": {"identity", "errors", "model"},
    "notify": {"identity", "errors", "model", "masking", "events", "children"},
}

# Rooms without doors to the outside: same values in, same values out.
PURE = {
    "address",
    "identity",
    "errors",
    "model",
    "masking",
    "evidence",
    "names",
    "health",
    "advice",
    "share",
    "engine.allowance",
    "events",
    "desired",
    "pattern",
    "netlink",
    "vip.wire",
    "vip.frames",
    "ocf.vip_score",
    "ocf.vip_wish",
    "config.document",
    "config.beside",
    "config.directives",
    "config.lint_options",
    "config.own_rules",
    "config.rules",
    "config.parse",
    "config.resolve",
    "config.lint",
    "config.describe",
    "doctor.checks",
    "doctor.cluster",
    "doctor.facts",
    "doctor.finding",
    "doctor.machine",
    "doctor.readings",
    "imports.blocks",
    "imports.checkers",
    "imports.draft",
    "imports.keepalived",
    "imports.rules",
    "install.layout",
    "install.manifest",
    "install.plan",
    "install.takeover",
    "install.texts",
    "ipvs.table",
    "ipvs.plan",
    "ipvs.profile",
    "ipvs.wire",
    "ipvs.listing",
    "checks.certificate",
    "checks.dialogue",
    "checks.dns",
    "checks.extras",
    "checks.ftp",
    "checks.http",
    "checks.imap",
    "checks.ldap",
    "checks.nntp",
    "checks.pop",
    "checks.radius",
    "checks.reply",
    "checks.sql",
    "checks.response",
    "checks.simpletcp",
    "checks.agent",
    "checks.grpc",
    "checks.redis",
    "checks.slowness",
    "checks.sip",
    "checks.smtp",
    "engine.schedule",
    "engine.narrate",
    "engine.ledger",
    "engine.state",
    "engine.view",
    "notify.text",
    "notify.letter",
    "ipvs.answers",
    "ipvs.memory",
    "ipvs.counters",
    "crm.addresses",
    "crm.crmsh",
    "crm.pcs",
    "crm.prose",
    "crm.slots",
    "crm.statements",
    "crm.template",
    "crm.topologies",
    "crm.transition",
    "crm.wizard",
    "csync2.fragment",
    "csync2.places",
    "csync2.receipt",
    "csync2.trouble",
    "cli.changes",
    "cli.dialogue_lines",
    "cli.targets",
    "cli.exits",
    "cli.wanted",
    "cli.directive_words",
    "lab.cluster.beside",
    "lab.cluster.crm_texts",
    "lab.cluster.faults",
    "lab.cluster.inventory",
    "lab.cluster.loads",
    "lab.cluster.formation",
    "lab.cluster.keepalived",
    "lab.cluster.machines",
    "lab.cluster.outcome",
    "lab.cluster.pacemaker",
    "lab.cluster.page",
    "lab.cluster.picture",
    "lab.cluster.report",
    "lab.cluster.stacks",
    "lab.cluster.state",
    "lab.cluster.timeline",
    "lab.drill.lives",
    "lab.drill.machines",
    "lab.drill.report",
    "lab.drill.scenario",
    "lab.drill.traffic",
    "lab.drill.verdict",
}
OUTSIDE = {
    "asyncio",
    "logging",
    "os",
    "random",
    "selectors",
    "socket",
    "subprocess",
    "threading",
    "time",
}
ALL = sorted(ROOT.rglob("*.py"))


def name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            if node.module == "lvsha":
                found |= {f"lvsha.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", ALL, ids=name)
def test_a_room_knows_only_the_rooms_below_it(path: Path) -> None:
    floor = name(path).partition(".")[0]
    modules = {one for one in imports(path) if one.startswith("lvsha.")}
    reached = {one.split(".")[1] for one in modules} - {"VERSION"}

    assert reached - {floor} <= MAY_IMPORT.get(floor, reached)


@pytest.mark.parametrize("path", ALL, ids=name)
def test_only_the_outermost_rooms_know_the_command_line_and_the_lab(path: Path) -> None:
    floor = name(path).partition(".")[0]
    reached = {one.split(".")[1] for one in imports(path) if one.startswith("lvsha.")}

    if floor not in {"cli", "lab", "__main__"}:
        assert not reached & {"cli", "lab"}


@pytest.mark.parametrize("path", ALL, ids=name)
def test_a_pure_room_cannot_reach_outside(path: Path) -> None:
    if name(path) in PURE:
        assert not {one.split(".")[0] for one in imports(path)} & OUTSIDE


def test_every_pure_room_exists() -> None:
    assert {name(path) for path in ALL} >= PURE


@pytest.mark.parametrize("path", ALL, ids=name)
def test_a_file_is_one_idea(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400
