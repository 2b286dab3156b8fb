"""One life of a director, from its file to its end."""

import asyncio
import json
import os
import signal
import socket
import threading
from pathlib import Path

import pytest

from lvsha.engine import session as sessions
from lvsha.engine import systemd
from lvsha.engine.control import ask, serving
from lvsha.events import Dubious, ReloadRefused, Stopped
from lvsha.model import DaemonState
from tests.unit.living import (
    BETTER,
    BROKEN,
    GOOD,
    Life,
    interrupt,
    live,
)

NO_JSON = {"version": 1, "ok": False, "error": "the question is not JSON"}


def retorted(path: Path, question: bytes) -> object:
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(5)
        peer.connect(str(path))
        peer.sendall(question + b"\n")
        with peer.makefile() as heard:
            return json.loads(heard.readline())


def test_a_broken_file_changes_nothing_and_every_error_is_told(tmp_path: Path) -> None:
    async def scene(life: Life) -> None:
        before = life.kernel.read()
        life.path.write_text(BROKEN)

        problems = await life.session.reload()

        assert [problem.line for problem in problems] == [6, 7]
        assert life.kernel.read() == before
        assert life.director.state is DaemonState.RUNNING
        answer = await life.session.respond({"do": "status"})
        assert isinstance(answer["configuration"], dict)
        assert len(answer["configuration"]["error"]) == 2

    life = live(tmp_path, scene)

    assert len(life.herald.configurations) == 1
    assert len(life.herald.of(ReloadRefused)) == 1


def test_a_good_file_is_in_force_when_the_reload_says_so(tmp_path: Path) -> None:
    async def scene(life: Life) -> None:
        life.path.write_text(BETTER)

        assert await life.session.reload() == ()

        assert len(life.director.ledger.health) == 2
        answer = await life.session.respond({"do": "status"})
        assert isinstance(answer["configuration"], dict)
        assert answer["configuration"]["error"] is None

    life = live(tmp_path, scene)

    assert len(life.herald.configurations) == 2


def test_a_missing_file_refuses_the_reload(tmp_path: Path) -> None:
    async def scene(life: Life) -> None:
        life.path.unlink()

        assert await life.session.reload()
        assert life.servers() == ["10.0.0.1"]

    live(tmp_path, scene)


def test_stopping_takes_the_services_away_and_says_goodbye(tmp_path: Path) -> None:
    async def scene(life: Life) -> None:
        assert life.servers() == ["10.0.0.1"]

    life = live(tmp_path, scene)

    assert life.kernel.read() == {}
    assert life.herald.events[-1] == (Stopped("TERM"), DaemonState.STOPPING)
    assert life.herald.closed


def test_a_signal_ends_it_in_the_same_way(tmp_path: Path) -> None:
    async def scene(life: Life) -> None:
        assert life.director.state is DaemonState.RUNNING

    life = live(tmp_path, scene, interrupt)

    assert life.herald.events[-1][0] == Stopped("INT")


def test_questions_are_answered_over_the_control_socket(tmp_path: Path) -> None:
    async def scene(life: Life) -> None:
        path = tmp_path / "control"
        async with serving(path, life.session.respond):
            assert path.stat().st_mode & 0o777 == 0o600
            pong = await asyncio.to_thread(ask, path, {"do": "ping"}, seconds=5)
            what = await asyncio.to_thread(ask, path, {"do": "dance"}, seconds=5)
            assert await asyncio.to_thread(retorted, path, b"[" * 30000) == NO_JSON
            status = await asyncio.to_thread(ask, path, {"do": "status"}, seconds=5)
            view = await asyncio.to_thread(
                ask, path, {"do": "view", "addresses": ["192.0.2.10"]}, seconds=5
            )

        assert pong == {
            "version": 1,
            "ok": True,
            "fault": "",
            "pid": os.getpid(),
            "ready": True,
            "state": "running",
            "services": 1,
            "lost": [],
            "unanswered": [],
        }
        assert await life.session.respond({"do": "verify"}) == {
            "ok": True,
            "differences": [],
        }
        assert what["error"] == "unknown question 'dance'"
        assert isinstance(status["configuration"], dict)
        assert view == {
            "version": 1,
            "ok": True,
            "lost": 0.0,
            "active": 0,
            "inactive": 0,
            "sha256": status["configuration"]["sha256"],
            "refused": False,
        }
        assert isinstance(status["virtuals"], list)
        (virtual,) = status["virtuals"]
        assert virtual["id"] == "tcp:192.0.2.10:80"
        assert virtual["reals"][0]["standing"] == "up"
        assert virtual["reals"][0]["kernel_weight"] == 1

    live(tmp_path, scene)

    assert not (tmp_path / "control").exists()


def test_a_bug_ends_the_director_loudly_and_leaves_the_table(tmp_path: Path) -> None:
    lives: list[Life] = []

    async def scene(life: Life) -> None:
        lives.append(life)

    def stumble(life: Life) -> None:
        nothing = dict[str, str]()
        asyncio.get_running_loop().call_soon(nothing.__getitem__, life.path.name)

    with pytest.raises(ExceptionGroup) as broken:
        live(tmp_path, scene, stumble)

    assert broken.group_contains(KeyError)
    assert lives[0].servers() == ["10.0.0.1"]


@pytest.mark.parametrize("text", [BETTER, BROKEN])
def test_a_reload_that_a_stop_overtakes_brings_nothing_back(
    tmp_path: Path, text: str
) -> None:
    async def scene(life: Life) -> None:
        def withdrawn(_: object) -> int:
            life.slow.goes_on.set()
            return 0

        life.path.write_text(text)
        life.slow.hold()
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.to_thread(life.slow.began.wait, 10)
        life.kernel.script = withdrawn

    life = live(tmp_path, scene)

    assert life.kernel.read() == {}
    assert life.director.state is DaemonState.STOPPING


def test_signals_while_it_stops_do_not_kill_it(tmp_path: Path) -> None:
    def farewell() -> None:
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            os.kill(os.getpid(), number)

    async def scene(life: Life) -> None:
        life.herald.farewell = farewell  # type: ignore[method-assign]

    life = live(tmp_path, scene)

    assert life.herald.events[-1] == (Stopped("TERM"), DaemonState.STOPPING)


def test_a_file_that_is_gone_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_TICK", 0.01)

    async def scene(life: Life) -> None:
        told = asyncio.Event()
        life.herald.listen = (  # type: ignore[method-assign]
            lambda event: told.set() if isinstance(event, Dubious) else None
        )
        life.path.unlink()
        await told.wait()

    (gone,) = live(tmp_path, scene).herald.of(Dubious)

    assert isinstance(gone, Dubious)
    assert gone.problem.category == "cannot-open"


def test_who_asked_for_a_reload_is_told_and_nobody_of_the_same_again(
    tmp_path: Path,
) -> None:
    async def scene(life: Life) -> None:
        life.path.write_text(BROKEN)

        assert await life.session.reload("HUP")
        assert await life.session.reload()  # the change is noticed
        assert len(life.herald.of(ReloadRefused)) == 1
        assert await life.session.reload("request")
        assert len(life.herald.of(ReloadRefused)) == 2
        life.path.write_text(GOOD)
        assert not await life.session.reload()
        life.path.write_text(BROKEN)
        assert await life.session.reload()

    assert len(live(tmp_path, scene).herald.of(ReloadRefused)) == 3


def test_a_slow_name_server_stops_neither_the_clock_nor_the_watchdog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_TICK", 0.01)
    alive = threading.Semaphore(0)
    monkeypatch.setattr(systemd, "alive", alive.release)

    async def scene(life: Life) -> None:
        life.path.write_text("autoreload=yes\n" + GOOD)
        await life.session.reload()
        life.slow.hold()
        life.path.write_text("autoreload=yes\n" + BETTER)
        await asyncio.to_thread(life.slow.began.wait, 10)
        while alive.acquire(blocking=False):
            pass
        for _ in range(3):
            assert await asyncio.to_thread(alive.acquire, timeout=5)
        life.slow.goes_on.set()

    live(tmp_path, scene)


def test_a_refused_reload_does_not_complete_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(systemd, "notify", lambda *lines: said.extend(lines))
    path = tmp_path / "test.cf"
    path.write_text(GOOD)

    async def main() -> None:
        life = Life(path)
        life.real.hanging = {"10.0.0.1"}
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            tasks.create_task(life.session.run(lambda: None))
            await asyncio.sleep(0)
            path.write_text(BROKEN)
            assert await life.session.reload()
            assert life.director.state is not DaemonState.RUNNING
            life.session.end("TERM")

    asyncio.run(main())

    assert said == ["STOPPING=1"]


def test_fork_is_accepted_and_said_not_to_be_needed(tmp_path: Path) -> None:
    async def scene(life: Life) -> None:
        life.path.write_text("fork=yes\n" + GOOD)
        assert await life.session.reload() == ()

    told = live(tmp_path, scene).herald.of(Dubious)

    assert any("fork = yes is not needed" in str(event) for event in told)
