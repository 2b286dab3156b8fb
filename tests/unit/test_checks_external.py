import asyncio
import errno
import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from lvsha.checks.external import Children
from lvsha.checks.prober import Prober
from lvsha.checks.pump import Pump
from lvsha.model import Check, CheckType, Verdict
from tests.checks_peers import AGES, BASE, SOON, heard, verdict

ARGUMENTS = ("192.0.2.1", "80", "[2001:db8::1]", "8080")


def program(path: Path, text: str, mode: int = 0o755) -> Check:
    path.write_text(text)
    path.chmod(mode)
    return command(str(path))


def command(what: str, kind: CheckType = CheckType.EXTERNAL) -> Check:
    return replace(BASE, kind=kind, command=what, arguments=ARGUMENTS)


def seen(check: Check) -> Verdict:
    return asyncio.run(verdict(check))


def test_exit_0_is_up() -> None:
    assert seen(command("/bin/true")).passed


@pytest.mark.parametrize("status", [1, 3, 255])
def test_any_other_exit_is_down(tmp_path: Path, status: int) -> None:
    check = program(tmp_path / "check", f"#!/bin/sh\nexit {status}\n")

    assert seen(check).detail == f"exit status {status}"


def test_b14_killed_by_a_signal_is_down(tmp_path: Path) -> None:
    check = program(tmp_path / "check", "#!/bin/sh\nkill -9 $$\n")

    assert seen(check).detail == "killed by SIGKILL"


def test_a_program_gets_four_words_and_no_shell(tmp_path: Path) -> None:
    heard_there = tmp_path / "heard"
    check = program(
        tmp_path / "check", f'#!/bin/sh\nprintf "%s|" $# "$@" "$PWD" > {heard_there}\n'
    )
    words = replace(check, arguments=("$(id)", "a b", "*", ";"))

    assert seen(check).passed
    assert heard_there.read_text() == "|".join(("4", *ARGUMENTS, "/", ""))
    assert seen(words).passed
    assert heard_there.read_text() == "4|$(id)|a b|*|;|/|"


def test_a_program_without_a_slash_is_found_by_path() -> None:
    assert seen(command("true")).passed


def test_a_script_without_an_interpreter_runs_through_sh(tmp_path: Path) -> None:
    check = program(tmp_path / "check", 'test "$4" = 8080\n')

    assert seen(check).passed


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("/no/such/check", "no such file or directory"),
        ("no-such-check", "no such file or directory"),
        ("/bin/true arg", "no such file or directory"),
        ("/etc/passwd", "permission denied"),
    ],
)
def test_what_cannot_be_run_is_down(what: str, why: str) -> None:
    assert seen(command(what)).detail == f"cannot run {what!r}: {why}"


def test_a_program_that_takes_too_long_is_down_and_stopped_with_its_children(
    tmp_path: Path,
) -> None:
    pids = tmp_path / "pids"
    check = program(
        tmp_path / "check",
        f"#!/bin/sh\ntrap '' TERM\nsleep 60 &\necho $$ $! > {pids}.new\n"
        f"mv {pids}.new {pids}\nwait\nwait\n",
    )

    async def run() -> tuple[str, list[int]]:
        prober = Prober()
        late = await heard(prober, replace(check, checktimeout=0.5))
        prober.close()
        return late.detail, [int(pid) for pid in pids.read_text().split()]

    detail, (parent, child) = asyncio.run(run())

    assert detail == "no exit within 0.5 s"
    with pytest.raises(ProcessLookupError):
        os.kill(parent, 0)
    until = time.monotonic() + AGES
    while running(child):  # it is killed, and dies in its next turn
        assert time.monotonic() < until
        os.sched_yield()


def running(pid: int) -> bool:
    """Tell whether *pid* runs: init may not have reaped an orphan yet."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def test_a_stopped_program_is_reaped(tmp_path: Path) -> None:
    check = program(tmp_path / "check", "#!/bin/sh\nexec sleep 60\n")

    async def run() -> int:
        prober = Prober()
        late = await heard(prober, replace(check, checktimeout=SOON))
        assert not late.passed
        # The next one is begun and ended after the first was reaped, or with it.
        while children_of(os.getpid()):
            await heard(prober, command("/bin/true"))
        prober.close()
        return len(children_of(os.getpid()))

    assert asyncio.run(asyncio.wait_for(run(), AGES)) == 0


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_a_cancelled_program_is_stopped_and_gives_no_verdict(tmp_path: Path) -> None:
    check = program(tmp_path / "check", "#!/bin/sh\nexec sleep 60\n")

    async def run() -> list[Verdict]:
        verdicts: list[Verdict] = []
        prober = Prober()
        cancel = prober.start(check, verdicts.append)
        await heard(prober, command("/bin/true"))
        cancel()
        cancel()
        while children_of(os.getpid()):
            await heard(prober, command("/bin/true"))
        prober.close()
        return verdicts

    assert asyncio.run(asyncio.wait_for(run(), AGES)) == []


def test_more_programs_than_may_run_wait() -> None:
    async def run() -> list[bool]:
        pump = Pump()
        children = Children(pump, most=2)
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Verdict]] = []
        for _ in range(20):
            futures.append(loop.create_future())
            children.start(command("/bin/true"), futures[-1].set_result)
        verdicts = await asyncio.wait_for(asyncio.gather(*futures), AGES)
        children.close()
        pump.close()
        return [one.passed for one in verdicts]

    assert all(asyncio.run(run()))


def test_a_program_nobody_can_watch_is_gone_and_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[int] = []
    watched = os.pidfd_open

    def exhausted(pid: int) -> int:
        started.append(pid)
        if len(started) == 1:
            raise OSError(errno.EMFILE, "too many")
        return watched(pid)

    monkeypatch.setattr(os, "pidfd_open", exhausted)

    assert seen(command("/bin/true")).passed
    assert len(started) == 2
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_want_of_processes_is_no_verdict_on_a_server_and_told_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempts = 0
    told: list[str] = []

    class Scarce(subprocess.Popen[bytes]):
        def __init__(self, *args: object, **how: object) -> None:
            nonlocal attempts
            attempts += 1
            if attempts < 3:
                raise BlockingIOError(errno.EAGAIN, "no more processes")
            super().__init__(*args, **how)  # type: ignore[call-overload]

    async def run() -> list[Verdict]:
        prober = Prober(complain=told.append)
        both = await asyncio.gather(
            heard(prober, command("/bin/true")), heard(prober, command("/bin/false"))
        )
        prober.close()
        return list(both)

    monkeypatch.setattr(subprocess, "Popen", Scarce)

    assert [verdict.detail for verdict in asyncio.run(run())] == ["", "exit status 1"]
    assert told == [
        "cannot start programs for checks: resource temporarily unavailable; they wait"
    ]


def test_closing_kills_what_runs(tmp_path: Path) -> None:
    check = program(tmp_path / "check", "#!/bin/sh\ntrap '' TERM\nsleep 60\n")

    async def run() -> None:
        prober = Prober()
        prober.start(check, lambda _: None)
        await heard(prober, command("/bin/true"))
        assert children_of(os.getpid())
        prober.close()

    asyncio.run(run())

    assert not children_of(os.getpid())


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        ('exit($ARGV[3] eq "8080" ? 0 : 1);', ""),
        ("1;", ""),
        ("exit 3;", "exit status 3"),
        ("die 'no';", "exit status 255"),
        ("die if $!{ENOENT}; exit 1 +;", "exit status 255"),
    ],
)
def test_a_perl_script_ends_with_its_exit(
    tmp_path: Path, script: str, detail: str
) -> None:
    check = program(tmp_path / "check.pl", script, mode=0o644)

    assert seen(replace(check, kind=CheckType.EXTERNAL_PERL)).detail == detail


def test_b10_a_missing_perl_script_is_down_and_harms_nobody() -> None:
    check = command("/no/such.pl", CheckType.EXTERNAL_PERL)

    assert seen(check).detail == "exit status 2"
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
