"""The director's actions against a director that obeys a script."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lvsha.asking import Answer, Unanswered
from lvsha.ocf import director as actions
from lvsha.ocf.environment import Environment
from lvsha.ocf.parameters import Parameters
from lvsha.ocf.protocol import Ended, Exit

PARAMETERS = Parameters.of(Environment({}, {}))
WRONG = Parameters.of(Environment({"patience": "soon"}, {}))
ROOT = Path(__file__).parents[2]
LOST = {"ok": True, "ready": True, "lost": ["tcp:192.0.2.10:80"], "unanswered": []}
SILENT = LOST | {"unanswered": ["tcp:192.0.2.10:80"]}


@dataclass
class Script:
    """A director whose life is written down; its clock moves when somebody waits."""

    runs: bool = False
    frozen: bool = False
    thaws_at: float | None = None
    deaf: bool = False
    immortal: bool = False
    status: int | None = None
    ready_at: float = 1.0
    pong: Answer = field(default_factory=lambda: {"ok": True})
    table: Answer = field(default_factory=lambda: {"ok": True})
    reloaded: Answer = field(default_factory=lambda: {"ok": True})
    stuck: str = ""
    clock: float = 0.0
    launched: bool = False
    did: list[str] = field(default_factory=list)

    def running(self) -> bool:
        return self.runs

    def guarded(self) -> bool:
        return self.thaws_at is not None

    def ask(self, question: Mapping[str, object], seconds: float) -> Answer:
        assert seconds > 0
        if self.thaws_at is not None and self.clock >= self.thaws_at:
            self.frozen = False
        if self.frozen or not self.runs:
            self.clock += seconds if self.frozen else 0
            raise Unanswered("no answer")
        match question["do"]:
            case "ping":
                return {"ready": self.clock >= self.ready_at, **self.pong}
            case "verify":
                return self.table
            case _:
                return self.reloaded

    def launch(self) -> None:
        self.did.append("launch")
        self.launched = True
        self.runs = self.status is None

    def ended(self) -> int | None:
        return self.status if self.launched else None

    def complaint(self) -> str:
        return "it said why"

    def discard(self) -> None:
        self.did.append("discard")
        self.runs = False

    def terminate(self) -> None:
        self.did.append("terminate")
        self.runs = self.frozen or self.deaf

    def kill(self) -> None:
        self.did.append("kill")
        self.runs = self.immortal

    def gone_within(self, seconds: float) -> bool:
        self.clock += seconds if self.runs else 0
        return not self.runs

    def withdraw(self) -> str:
        assert not self.runs
        self.did.append("withdraw")
        return self.stuck

    def examined(self, seconds: float) -> tuple[int, str]:
        assert seconds > 0
        return self.status or 0, "it said why"

    def now(self) -> float:
        return self.clock

    def pause(self, seconds: float) -> None:
        self.clock += seconds


def monitor(script: Script, level: int = 0) -> Exit:
    return actions.monitor(script, PARAMETERS, 20, level)


def test_a_start_ends_when_the_director_is_ready() -> None:
    script = Script()

    assert actions.start(script, PARAMETERS, 60) is Exit.SUCCESS
    assert script.clock >= script.ready_at
    assert script.did == ["launch"]


def test_a_start_of_a_running_director_changes_nothing() -> None:
    script = Script(runs=True, ready_at=0)

    assert actions.start(script, PARAMETERS, 60) is Exit.SUCCESS
    assert script.did == []


@pytest.mark.parametrize(("status", "code"), [(2, 5), (1, 1), (-9, 1)])
def test_a_start_that_fails_says_why_and_blames_this_node_for_a_bad_file(
    status: int, code: int
) -> None:
    script = Script(status=status)

    with pytest.raises(Ended, match="it said why") as end:
        actions.start(script, PARAMETERS, 60)

    assert end.value.exit == code


def test_a_start_gives_up_before_it_is_killed_and_leaves_no_process() -> None:
    script = Script(ready_at=1000, pong={"ok": False, "fault": "no table"})

    with pytest.raises(Ended, match="not ready in 20 s: no table") as end:
        actions.start(script, PARAMETERS, 20)

    assert end.value.exit is Exit.ERR_GENERIC
    assert 15 <= script.clock < 17
    assert script.did == ["launch", "discard"]


def test_parameters_that_are_wrong_are_wrong_everywhere() -> None:
    script = Script()

    with pytest.raises(Ended, match="'patience': expected a number") as start:
        actions.start(script, WRONG, 20)
    with pytest.raises(Ended, match="'patience': expected a number") as examine:
        actions.examine(script, WRONG, 20, 0)

    assert start.value.exit is examine.value.exit is Exit.ERR_CONFIGURED
    assert script.did == []


def test_stop_twice_is_stop_once() -> None:
    script = Script(runs=True)

    assert actions.stop(script, 60) is Exit.SUCCESS
    assert actions.stop(script, 60) is Exit.SUCCESS
    assert script.did == ["terminate", "withdraw", "withdraw"]


@pytest.mark.parametrize("timeout", [2.0, 20.0, 60.0])
def test_a_frozen_director_is_not_waited_for(timeout: float) -> None:
    script = Script(runs=True, frozen=True)

    assert actions.stop(script, timeout) is Exit.SUCCESS
    assert script.clock <= min(5.0, timeout * 0.8)
    assert script.did == ["terminate", "kill", "withdraw"]


def test_a_director_that_will_not_go_is_killed_within_the_timeout() -> None:
    script = Script(runs=True, deaf=True)

    assert actions.stop(script, 60) is Exit.SUCCESS
    assert script.clock == 55
    assert script.did == ["terminate", "kill", "withdraw"]


def test_a_stop_never_lies() -> None:
    for script in (
        Script(runs=True, deaf=True, immortal=True),
        Script(stuck="cannot delete tcp 192.0.2.10:80: EPERM"),
    ):
        with pytest.raises(Ended) as end:
            actions.stop(script, 60)

        assert end.value.exit is Exit.ERR_GENERIC


def test_what_does_not_run_is_not_running() -> None:
    assert monitor(Script()) is Exit.NOT_RUNNING
    assert actions.reload(Script(), 20) is Exit.NOT_RUNNING


MONITORS: list[tuple[dict[str, object], int, int, str]] = [
    ({}, 0, 0, ""),
    ({}, 10, 0, ""),
    ({}, 20, 0, ""),
    ({"frozen": True}, 0, 1, "holds its lock, but: no answer"),
    ({"pong": {"ok": False, "fault": "no ip_vs"}}, 0, 1, "in trouble: no ip_vs"),
    ({"table": {"ok": False, "differences": ["a", "b"]}}, 0, 0, ""),
    ({"table": {"ok": False, "differences": ["a", "b"]}}, 10, 1, "should be: a, b"),
    ({"table": {"ok": False, "error": "what?"}}, 10, 1, "should be: what?"),
    ({"pong": LOST}, 0, 190, "no real server is up: tcp:192.0.2.10:80"),
    ({"pong": LOST}, 20, 190, "no real server is up: tcp:192.0.2.10:80"),
    ({"pong": SILENT}, 10, 190, "no real server is up: tcp:192.0.2.10:80"),
    ({"pong": SILENT}, 20, 1, "neither a real server nor a fallback answers"),
]


@pytest.mark.parametrize(("life", "level", "code", "reason"), MONITORS)
def test_a_monitor_tells_what_is_wrong_as_deep_as_it_looks(
    life: dict[str, object], level: int, code: int, reason: str
) -> None:
    script = Script(runs=True, **life)  # type: ignore[arg-type]
    try:
        found, said = monitor(script, level), ""
    except Ended as end:
        found, said = end.exit, end.reason

    assert found == code
    assert reason in said
    # it never repairs, and is done well before the cluster loses patience
    assert script.did == []
    assert script.clock <= 15


def test_a_monitor_waits_for_the_guardian_of_a_director_that_hangs() -> None:
    back = Script(runs=True, frozen=True, thaws_at=8.0)
    lost = Script(runs=True, frozen=True, thaws_at=100.0)

    assert monitor(back) is Exit.SUCCESS
    with pytest.raises(Ended, match="no answer"):
        monitor(lost)
    assert lost.clock < 20


def test_a_reload_that_is_refused_says_where_the_file_is_wrong() -> None:
    problems = [{"file": "x.cf", "line": 3, "message": "unknown directive 'a'"}]
    script = Script(runs=True, reloaded={"ok": False, "problems": problems})

    with pytest.raises(Ended, match=r"x\.cf:3: unknown directive 'a'") as end:
        actions.reload(script, 20)

    assert end.value.exit is Exit.ERR_GENERIC
    assert actions.reload(Script(runs=True), 20) is Exit.SUCCESS


@pytest.mark.parametrize(
    ("status", "level", "code"), [(2, 0, 0), (0, 10, 0), (2, 10, 5), (1, 10, 1)]
)
def test_validation_looks_at_the_host_from_level_10_on(
    status: int, level: int, code: int
) -> None:
    try:
        found = actions.examine(Script(status=status), PARAMETERS, 20, level)
    except Ended as end:
        found = end.exit

    assert found == code


def test_a_resource_of_heartbeat_ldirectord_needs_one_word_changed() -> None:
    given = {"configfile": "/etc/ha.d/web.cf", "ldirectord": "/usr/sbin/ldirectord"}
    parameters = Parameters.of(Environment(given, {}))

    assert parameters.faults == ()
    assert parameters.configuration == "/etc/ha.d/web.cf"
    assert parameters.directory == "/run/lvsha/web.cf"


@pytest.mark.parametrize(
    "given",
    [
        {"config": "/a", "configfile": "/b"},
        {"instance": "../etc"},
        {"instance": ".."},
        {"rundir": "run"},
        {"patience": "0"},
    ],
)
def test_parameters_that_cannot_be_right_are_told(given: dict[str, str]) -> None:
    assert len(Parameters.of(Environment(given, {})).faults) == 1


def test_a_monitor_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv.pop(1))\n"
        "from lvsha.ocf.director_agent import main\n"
        "assert main() == 7\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-IS", "-c", program, str(ROOT), "monitor"],
        env={"OCF_RESKEY_rundir": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    heavy = {"asyncio", "ssl", "click", "dataclasses", "pathlib", "subprocess"}
    assert not set(done.stdout.split()) & (heavy | {"logging", "ipaddress", "inspect"})
