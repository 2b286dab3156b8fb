import asyncio
import errno
import os
import select
from pathlib import Path

import pytest

from lvsha.children import OUTPUT_LIMIT, Ended, run


def ran(*argv: str, seconds: float = 20) -> Ended:
    return asyncio.run(run(argv, seconds=seconds))


def shell(script: str, seconds: float = 20) -> Ended:
    return ran("/bin/sh", "-c", script, seconds=seconds)


def test_success_is_status_0() -> None:
    ended = shell("echo hello; echo error >&2")

    assert ended == Ended(0, output="hello\nerror\n")
    assert ended.succeeded


def test_a_failure_says_its_status_and_what_it_wrote() -> None:
    assert str(shell("echo no such page; exit 3")) == "exit status 3 (no such page)"


def test_a_signal_is_not_success_and_is_named() -> None:
    ended = shell("kill -9 $$")

    assert not ended.succeeded
    assert str(ended) == "killed by SIGKILL"


def test_a_missing_program_ends_as_under_a_shell() -> None:
    ended = ran("/nonexistent/program")

    assert ended.status == 127
    assert "/nonexistent/program" in str(ended)


def test_without_a_descriptor_left_it_ends_as_a_missing_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def exhausted(_: int) -> tuple[int, int]:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(os, "pipe2", exhausted)

    assert ran("/bin/true").status == 127


def test_arguments_meet_no_shell(tmp_path: Path) -> None:
    ended = ran("/bin/echo", f"$(touch {tmp_path}/x); `id`")

    assert ended.output == f"$(touch {tmp_path}/x); `id`\n"
    assert not list(tmp_path.iterdir())


def test_a_deadline_kills_the_whole_group(tmp_path: Path) -> None:
    pids = tmp_path / "pids"

    ended = shell(f"sleep 100 & echo $! > {pids}; sleep 100", seconds=0.5)

    assert ended.timed_out
    assert not ended.succeeded
    assert str(ended) == "timed out and was killed"
    assert gone(int(pids.read_text()))


def gone(pid: int) -> bool:
    # A killed process takes a moment to die: its descriptor tells when.
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 20)[0])
    finally:
        os.close(descriptor)


def test_cancelling_kills_it_too(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    async def cancelled() -> int:
        task = asyncio.create_task(
            run(["/bin/sh", "-c", f"echo $$ > {fifo}; exec sleep 100"], seconds=60)
        )
        pid = int(await asyncio.to_thread(fifo.read_text))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return pid

    assert gone(asyncio.run(cancelled()))


def test_a_talkative_command_neither_blocks_nor_fills_memory() -> None:
    ended = shell("yes | head -c 3000000; exit 4")

    assert ended.status == 4
    assert len(ended.output) == OUTPUT_LIMIT


def test_what_is_left_in_the_background_is_not_waited_for() -> None:
    ended = shell("sleep 5 & echo started", seconds=4)

    assert ended == Ended(0, output="started\n")


def test_nothing_is_left_open() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))

    for _ in range(3):
        shell("exit 1")
        ran("/nonexistent/program")

    assert len(list(Path("/proc/self/fd").iterdir())) == before
