import asyncio
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from lvsha.children import Ended
from lvsha.events import (
    Change,
    Checked,
    LastResort,
    Role,
    ServerChanged,
    ServiceChanged,
)
from lvsha.identity import Endpoint, Forwarding, Protocol, Vip
from lvsha.model import (
    Alerts,
    Check,
    CheckType,
    Configuration,
    DaemonState,
    RealServer,
    Settings,
    Verdict,
    VirtualService,
)
from lvsha.notify.commands import Commands
from lvsha.notify.herald import Herald
from lvsha.notify.letter import Letter
from lvsha.notify.mail import Courier

RUNNING = DaemonState.RUNNING
R = Endpoint(ip_address("127.0.0.2"), 80)
V = Vip(Protocol.TCP, Endpoint(ip_address("127.0.1.1"), 80))
CHECK = Check(CheckType.CONNECT, "none", Protocol.TCP, R.address, 80, 1, 1)
REAL = RealServer(R, Forwarding.GATE, 1, CHECK)
VIRTUAL = VirtualService(
    V,
    (REAL,),
    alerts=Alerts(("ops@example.org",), frequency=30, smtp="127.0.0.1"),
    fallbackcommand="/bin/page",
)


class Post(Courier):
    """Keeps letters instead of sending them."""

    def __init__(self) -> None:
        super().__init__(lambda _: None, host="h")
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> None:
        self.letters.append(letter)

    @property
    def subjects(self) -> list[str]:
        return [letter.subject for letter in self.letters]


def clock() -> str:
    return "NOW"


def herald(
    tmp_path: Path, *virtuals: VirtualService, commands: Commands | None = None
) -> tuple[Herald, Post]:
    post = Post()
    made = Herald(instance="i", pid=1, courier=post, commands=commands, clock=clock)
    made.configure(configuration(tmp_path, *virtuals))
    return made, post


def configuration(tmp_path: Path, *virtuals: VirtualService) -> Configuration:
    return Configuration(Settings(logfile=str(tmp_path / "log")), virtuals)


def changed(change: Change, virtual: VirtualService = VIRTUAL) -> ServerChanged:
    weight = None if change in (Change.DELETED, Change.PURGED) else 1
    return ServerChanged(change, Role.REAL, R, V, weight, virtual)


def logged(tmp_path: Path) -> list[str]:
    path = tmp_path / "log"
    if not path.exists():
        return []
    return [line.partition("] ")[2] for line in path.read_text().splitlines()]


async def heard(
    tmp_path: Path, *events: LastResort | ServiceChanged, reload_after: int = -1
) -> list[tuple[str, ...]]:
    ran: list[tuple[str, ...]] = []

    async def run(argv: Sequence[str]) -> Ended:
        ran.append(tuple(argv))
        return Ended(0)

    commands = Commands(lambda *_: None, run)
    made, _ = herald(tmp_path, VIRTUAL, commands=commands)
    for number, event in enumerate(events):
        made.tell(event, RUNNING)
        if number == reload_after:
            made.configure(configuration(tmp_path, VIRTUAL))
    await made.close(10)
    return ran


def test_a_change_is_logged_and_mailed(tmp_path: Path) -> None:
    made, post = herald(tmp_path, VIRTUAL)

    made.tell(changed(Change.ADDED), RUNNING)

    line = "Added real server: 127.0.0.2:80 (127.0.1.1:80) (Weight set to 1)"
    assert logged(tmp_path) == [line, f"emailalert: {line}"]
    assert post.subjects == [line]


def test_reminders_come_at_their_frequency_until_the_server_is_back(
    tmp_path: Path,
) -> None:
    made, post = herald(tmp_path, VIRTUAL)
    made.tell(changed(Change.QUIESCED), RUNNING)
    post.letters.clear()

    for now in range(100, 170):
        made.tick(now)

    reminder = "Inaccessible real server: 127.0.0.2:80 (127.0.1.1:80)"
    assert post.subjects == [reminder, reminder]
    made.tell(changed(Change.RESTORED), RUNNING)
    post.letters.clear()
    made.tick(1000)
    assert post.subjects == []


def test_a_server_that_left_the_configuration_is_forgotten_b35(tmp_path: Path) -> None:
    made, post = herald(tmp_path, VIRTUAL)
    made.tell(changed(Change.DELETED), RUNNING)
    made.tick(100)
    post.letters.clear()

    made.configure(configuration(tmp_path, replace(VIRTUAL, reals=())))
    made.tick(1000)

    assert post.subjects == []


def test_a_reload_keeps_reminding_of_what_is_still_out(tmp_path: Path) -> None:
    made, post = herald(tmp_path, VIRTUAL)
    made.tell(changed(Change.DELETED), RUNNING)
    made.tick(100)
    post.letters.clear()

    made.configure(configuration(tmp_path, replace(VIRTUAL, scheduler="rr")))
    made.tick(130)

    assert len(post.subjects) == 1


def test_a_fallback_server_is_not_reminded_of(tmp_path: Path) -> None:
    made, post = herald(tmp_path, VIRTUAL)
    made.tell(replace(changed(Change.DELETED), role=Role.FALLBACK), RUNNING)
    post.letters.clear()

    made.tick(100)
    made.tick(1000)

    assert post.subjects == []


def test_checks_go_to_the_monitor_file_only(tmp_path: Path) -> None:
    path = tmp_path / "monitor"
    virtual = replace(VIRTUAL, monitorfile=str(path))
    made, _ = herald(tmp_path, virtual)

    made.tell(Checked(virtual, REAL, Verdict(passed=True)), RUNNING)

    assert path.read_text() == ("[NOW] [1] connect tcp 127.0.0.2 80 1 gate  [up] -\n")
    assert logged(tmp_path) == []


def test_a_monitor_file_nobody_can_write_is_mentioned_once_b13(tmp_path: Path) -> None:
    virtual = replace(VIRTUAL, monitorfile=str(tmp_path / "no" / "monitor"))
    made, _ = herald(tmp_path, virtual)

    for _ in range(3):
        made.tell(Checked(virtual, REAL, Verdict(passed=True)), RUNNING)

    assert len(logged(tmp_path)) == 1
    assert "cannot be written" in logged(tmp_path)[0]


def test_a_log_nobody_can_write_moves_to_standard_error_and_back(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    made, _ = herald(tmp_path / "later", VIRTUAL)

    made.say("one")
    made.say("two")
    (tmp_path / "later").mkdir()
    made.say("three")

    said = capfd.readouterr().err.splitlines()
    assert said == [
        "[NOW] the log cannot be written, lines go here",
        "[NOW] one",
        "[NOW] two",
    ]
    assert logged(tmp_path / "later") == [
        "three",
        "the log can be written again, lines before are missing",
    ]


def test_supervised_and_foreground_log_on_standard_output(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    made, _ = herald(tmp_path)

    made.configure(Configuration(Settings(supervised=True)))
    made.say("one")
    made.configure(Configuration(), foreground=True)
    made.say("two")

    assert capfd.readouterr().out == "[NOW] one\n[NOW] two\n"


def test_debugging_shows_every_check_on_standard_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    made, _ = herald(tmp_path)

    made.configure(configuration(tmp_path, VIRTUAL), debug=True)
    made.tell(Checked(VIRTUAL, REAL, Verdict(passed=False, detail="no")), RUNNING)

    assert capfd.readouterr().err == (
        "[NOW] DEBUG2: check of 127.0.0.2:80 (tcp:127.0.1.1:80) failed: no\n"
    )
    assert logged(tmp_path) == []


def test_the_last_server_going_and_coming_runs_the_command(tmp_path: Path) -> None:
    ran = asyncio.run(
        heard(tmp_path, LastResort(VIRTUAL, True), LastResort(VIRTUAL, False))  # noqa: FBT003
    )

    assert ran == [
        ("/bin/page", "start", "127.0.1.1:80", "tcp"),
        ("/bin/page", "stop", "127.0.1.1:80", "tcp"),
    ]


def test_a_first_real_server_at_the_start_is_no_news_but_runs_the_command(
    tmp_path: Path,
) -> None:
    ran: list[tuple[str, ...]] = []

    async def run(argv: Sequence[str]) -> Ended:
        ran.append(tuple(argv))
        return Ended(0)

    async def scenario() -> None:
        made, _ = herald(tmp_path, commands=Commands(lambda *_: None, run))
        for active in (False, True, False):
            made.tell(LastResort(VIRTUAL, active), DaemonState.STARTING)
        await made.close(10)

    asyncio.run(scenario())

    assert logged(tmp_path) == [
        "virtual server 127.0.1.1:80 (tcp:127.0.1.1:80) has no real server left",
        "virtual server 127.0.1.1:80 (tcp:127.0.1.1:80) has a real server",
    ]
    assert [words[1] for words in ran] == ["stop", "start", "stop"]


def test_a_reload_does_not_run_the_command_again_b51(tmp_path: Path) -> None:
    event = LastResort(VIRTUAL, active=True)

    ran = asyncio.run(heard(tmp_path, event, event, reload_after=0))

    assert ran == [("/bin/page", "start", "127.0.1.1:80", "tcp")]


def test_a_service_that_goes_takes_its_last_resort_along_b51(tmp_path: Path) -> None:
    gone = ServiceChanged(Change.PURGED, V)

    ran = asyncio.run(heard(tmp_path, LastResort(VIRTUAL, active=True), gone))

    assert [words[1] for words in ran] == ["start", "stop"]


def test_a_command_that_fails_is_logged(tmp_path: Path) -> None:
    async def scenario() -> None:
        made = Herald(instance="i", pid=1, courier=Post(), clock=clock)
        made.configure(configuration(tmp_path, VIRTUAL))
        virtual = replace(VIRTUAL, fallbackcommand="/bin/false")
        made.tell(LastResort(virtual, active=True), RUNNING)
        await made.close(20)

    asyncio.run(scenario())

    assert logged(tmp_path)[-1] == (
        "system(/bin/false start 127.0.1.1:80 tcp) failed: exit status 1"
    )
