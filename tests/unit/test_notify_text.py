import json
import re
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from lvsha.errors import Problem
from lvsha.events import (
    Change,
    Checked,
    CommandFailed,
    Drifted,
    Dubious,
    Event,
    FailuresForgotten,
    FileChanged,
    LastResort,
    Refused,
    ReloadRefused,
    Role,
    ServerChanged,
    ServiceChanged,
    SoftFailure,
    StandingChanged,
    StateChanged,
    Stopped,
)
from lvsha.identity import Endpoint, Forwarding, Fwmark, Protocol, ServiceKey, Vip
from lvsha.model import (
    Check,
    CheckType,
    DaemonState,
    RealServer,
    Verdict,
    VirtualService,
)
from lvsha.notify.text import (
    LINE_LIMIT,
    Speaker,
    last_resort_arguments,
    lines,
    monitor_line,
    one_line,
)

SPEAKER = Speaker(42)
RUNNING = DaemonState.RUNNING
RECORDINGS = Path(__file__).parents[1] / "compat" / "cases" / "engine"

SERVER = re.compile(
    r"(?P<change>Added|Changed|Restored|Deleted|Quiescent|Readd Quiescent|Purged)"
    r" (?P<role>real|fallback|virtual) server(?: \((?P<when>start|stop)\))?:"
    r" (?P<name>\S+)(?: \((?P<service>\S+)\))?(?: \(Weight set to (?P<weight>\d+)\))?"
)
SOFT = re.compile(r"Soft failure real server: (\S+) \((\S+)\) failure (\d+)/(\d+)")
RESET = re.compile(r"Resetting soft failure count: (\S+) \((\S+)\)")


def endpoint(words: str) -> Endpoint:
    address, _, port = words.rpartition(":")
    return Endpoint(ip_address(address.strip("[]")), int(port))


def key(words: str) -> ServiceKey:
    kind, _, rest = words.partition(":")
    if kind in ("fwm", "fwm6"):
        return Fwmark(int(rest), 6 if kind == "fwm6" else 4)
    if kind in ("tcp", "udp"):
        return Vip(Protocol[kind.upper()], endpoint(rest))
    return Fwmark(int(words)) if words.isdigit() else Vip(Protocol.TCP, endpoint(words))


def recorded() -> Iterator[str]:
    for path in sorted(RECORDINGS.glob("*.json")):
        for step in json.loads(path.read_text())["steps"]:
            yield from step.get("log") or []


FIXED: dict[str, tuple[Event, DaemonState]] = {
    "Linux Director Daemon terminated on signal: TERM": (
        Stopped("TERM"),
        DaemonState.STOPPING,
    ),
    "Reloading Linux Director Daemon config on signal": (
        StateChanged(DaemonState.RELOADING, "HUP"),
        DaemonState.RELOADING,
    ),
}


def understood(line: str) -> tuple[Event, DaemonState] | None:
    if line in FIXED:
        return FIXED[line]
    if match := SOFT.fullmatch(line):
        server, service, failures, limit = match.groups()
        event: Event = SoftFailure(
            endpoint(server), key(service), int(failures), int(limit)
        )
        return event, RUNNING
    if match := RESET.fullmatch(line):
        return FailuresForgotten(endpoint(match[1]), key(match[2])), RUNNING
    match = SERVER.fullmatch(line)
    if not match:
        return None
    state = DaemonState.STOPPING if match["when"] == "stop" else DaemonState.STARTING
    change = Change(match["change"])
    if match["role"] == "virtual":
        return ServiceChanged(change, key(match["name"])), state
    weight = int(match["weight"]) if match["weight"] else None
    role, server = Role(match["role"]), endpoint(match["name"])
    return ServerChanged(
        change, role, server, key(match["service"]), weight, None
    ), state


def test_every_recorded_line_of_ldirectord_is_one_we_write() -> None:
    # ":0" is the address of a mark's global fallback (B2), "mapped from" its
    # way to look for the row of another port (B4), "FBCMD" the test's command.
    known_bugs = re.compile(r"server: :0 |mapped from|^FBCMD ")
    compared = 0
    for line in recorded():
        if known_bugs.search(line):
            continue
        found = understood(line)

        assert found is not None, line
        event, state = found
        assert lines(event, state, SPEAKER) == (line,)
        compared += 1
    assert compared > 100


PORT = Endpoint(ip_address("127.0.0.2"), 8080)
SERVICE = Vip(Protocol.TCP, Endpoint(ip_address("127.0.1.1"), 8080))


def real(**changes: object) -> RealServer:
    settings: dict[str, object] = {
        "kind": CheckType.NEGOTIATE,
        "service": "http",
        "transport": Protocol.TCP,
        "address": PORT.address,
        "port": 8080,
        "checktimeout": 1,
        "negotiatetimeout": 1,
        "request": "/",
    }
    check = Check(**(settings | changes))  # type: ignore[arg-type]
    return RealServer(PORT, Forwarding.GATE, 1, check)


VIRTUAL = VirtualService(SERVICE, (real(),))


@pytest.mark.parametrize(
    ("event", "state", "said"),
    [
        (
            ServerChanged(Change.DELETED, Role.REAL, PORT, SERVICE, None, VIRTUAL),
            DaemonState.STOPPING,
            ["Purged real server (stop): 127.0.0.2:8080 (127.0.1.1:8080)"],
        ),
        (
            ServiceChanged(Change.PURGED, SERVICE),
            DaemonState.RELOADING,
            ["Purged virtual server (start): 127.0.1.1:8080"],
        ),
        (
            StandingChanged(PORT, VIRTUAL, up=False, detail="refused"),
            RUNNING,
            ["real server 127.0.0.2:8080 (tcp:127.0.1.1:8080) is down: refused"],
        ),
        (StandingChanged(PORT, VIRTUAL, up=True, detail="200 OK"), RUNNING, []),
        (Checked(VIRTUAL, real(), Verdict(passed=True)), RUNNING, []),
        (
            LastResort(VirtualService(Fwmark(5), ()), active=True),
            RUNNING,
            ["virtual server 5 (fwm:5) has no real server left"],
        ),
        (
            FileChanged("/etc/ha.d/ldirectord.cf", reread=True),
            RUNNING,
            [
                "Configuration file '/etc/ha.d/ldirectord.cf' has changed on disk",
                " - reread new configuration",
            ],
        ),
        (
            FileChanged("/a", reread=False),
            RUNNING,
            [
                "Configuration file '/a' has changed on disk",
                " - ignore new configuration",
            ],
        ),
        (
            ReloadRefused(
                "/a",
                (
                    Problem("/a", 3, 1, "bad-number", "not a number 'x'"),
                    Problem("/a", 0, 0, "cannot-open", "cannot open"),
                ),
            ),
            DaemonState.RELOADING,
            [
                "Error [42] reading file /a at line 3: not a number 'x'",
                "Error [42]: cannot open",
                "Configuration file '/a' refused, the old one stays in force",
            ],
        ),
        (
            Dubious(Problem("/a", 7, 0, "deprecated", "old", "new")),
            DaemonState.STARTING,
            ["Warning [42] reading file /a at line 7: old (new)"],
        ),
        (
            CommandFailed("/bin/page start", "exit status 1"),
            RUNNING,
            ["system(/bin/page start) failed: exit status 1"],
        ),
        (Refused(SERVICE, "cannot add x: EEXIST"), RUNNING, ["cannot add x: EEXIST"]),
        (
            Drifted(("a", "b")),
            RUNNING,
            ["Repaired what others changed in the table: a; b"],
        ),
        (StateChanged(RUNNING), RUNNING, []),
        (StateChanged(DaemonState.RELOADING), DaemonState.RELOADING, []),
    ],
)
def test_an_event_has_its_words(
    event: Event, state: DaemonState, said: list[str]
) -> None:
    assert list(lines(event, state, SPEAKER)) == said


def test_a_start_says_daemon_or_pid() -> None:
    event = StateChanged(DaemonState.STARTING)

    (daemon,) = lines(event, DaemonState.STARTING, Speaker(42))
    (foreground,) = lines(event, DaemonState.STARTING, Speaker(42, foreground=True))

    assert daemon.startswith("Starting Linux Director v1.186-ha ")
    assert daemon.endswith(" as daemon")
    assert foreground.endswith(" with pid: 42")


def test_many_repaired_rows_are_counted_not_listed() -> None:
    (line,) = lines(Drifted(tuple(map(str, range(100)))), RUNNING, SPEAKER)

    assert line.endswith("; 9; 90 more")


def test_a_peer_cannot_forge_a_line() -> None:
    assert one_line("bad\n[date|x|1] Added real server") == (
        "bad\\x0a[date|x|1] Added real server"
    )


def test_a_long_line_is_cut() -> None:
    assert len(one_line("x" * 100_000)) == LINE_LIMIT


def test_the_monitor_file_has_the_programs_layout() -> None:
    event = Checked(VIRTUAL, real(), Verdict(passed=True, status="200 OK"))

    assert monitor_line(event, 7, "Mon Nov 23 05:52:08 2026") == (
        "[Mon Nov 23 05:52:08 2026] [7]"
        " negotiate http tcp 127.0.0.2 8080 1 gate /  [up] 200 OK"
    )


def test_the_monitor_file_codes_what_would_break_its_lines() -> None:
    verdict = Verdict(passed=False, detail="a%b|c\r\nd")
    event = Checked(VIRTUAL, real(receive=r"still\s"), verdict)

    line = monitor_line(event, 7, "NOW")

    assert line.endswith(" gate / stills [down] a%25b%7cc%0d%0ad")


def test_the_monitor_file_tells_checks_apart_by_their_fields() -> None:
    verdict = Verdict(passed=True)
    external = real(kind=CheckType.EXTERNAL, command="/bin/look", request="")
    other_port = real(port=81, virtualhost="www.example.org")

    assert (
        monitor_line(Checked(VIRTUAL, external, verdict), 7, "NOW")
        == "[NOW] [7] external /bin/look tcp 127.0.0.2 8080 1 gate  [up] -"
    )
    assert "127.0.0.2 8080 www.example.org 81 1 gate" in monitor_line(
        Checked(VIRTUAL, other_port, verdict), 7, "NOW"
    )


@pytest.mark.parametrize(
    ("service", "words"),
    [
        (SERVICE, ("start", "127.0.1.1:8080", "tcp")),
        (
            Vip(Protocol.UDP, Endpoint(ip_address("2001:db8::1"), 53)),
            ("start", "[2001:db8::1]:53", "udp"),
        ),
        (Fwmark(5), ("start", "5:0", "fwm")),
        (Fwmark(5, 6), ("start", "5:0", "fwm")),
    ],
)
def test_a_fallbackcommand_is_told_where_b51(
    service: ServiceKey, words: tuple[str, str, str]
) -> None:
    event = LastResort(VirtualService(service, ()), active=True)

    assert last_resort_arguments(event) == words


def test_a_refusal_is_not_a_success_b38() -> None:
    (line,) = lines(
        Refused(SERVICE, "cannot add 127.0.0.2:80: EINVAL"), RUNNING, SPEAKER
    )

    assert line == "cannot add 127.0.0.2:80: EINVAL"
    assert "Added" not in line
