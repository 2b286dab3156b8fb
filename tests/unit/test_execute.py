"""Siblings follow their director, and never outlive its end."""

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path

import pytest

from lvsha.engine.execute import Siblings
from lvsha.events import CommandFailed, Event

# Says what it was asked for; one called *slow* never starts.
PROGRAM = """\
#!/bin/sh
echo "$@" >> "$(dirname "$0")/asked"
case "$*" in
*slow*start) echo > "$(dirname "$0")/slow"; exec sleep 600 ;;
*unwilling*reload) exit 1 ;;
esac
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "lvsha-ldirectord"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "asked"


def played(scene: Coroutine[None, None, None]) -> None:
    async def main() -> None:
        async with asyncio.timeout(30):
            await scene

    asyncio.run(main())


def test_siblings_are_started_reloaded_and_stopped_as_the_files_say(
    asked: Path,
) -> None:
    async def scene() -> None:
        siblings = Siblings(print)
        await siblings.follow(["one.cf", "two.cf"])
        await siblings.follow(["two.cf", "three.cf"])
        await siblings.close()

    played(scene())

    said = asked.read_text().splitlines()
    assert said[:5] == [
        "one.cf start",
        "two.cf start",
        "one.cf stop",
        "two.cf reload",
        "three.cf start",
    ]
    assert sorted(said[5:]) == ["three.cf stop", "two.cf stop"]


def test_a_sibling_that_cannot_reload_is_started(asked: Path) -> None:
    async def scene() -> None:
        siblings = Siblings(lambda _: None)
        await siblings.follow(["unwilling.cf"])
        await siblings.follow(["unwilling.cf"])

    played(scene())

    assert asked.read_text().splitlines()[1:] == [
        "unwilling.cf reload",
        "unwilling.cf start",
    ]


def test_nobody_is_started_once_the_director_stops(asked: Path) -> None:
    async def scene() -> None:
        siblings = Siblings(lambda _: None)
        starting = asyncio.create_task(siblings.follow(["slow.cf", "two.cf"]))
        os.mkfifo(asked.with_name("slow"))
        await asyncio.to_thread(asked.with_name("slow").read_bytes)
        await siblings.close()
        await starting
        await siblings.follow(["three.cf"])

    played(scene())

    assert asked.read_text().splitlines() == ["slow.cf start", "slow.cf stop"]


def test_words_that_cannot_be_split_are_told_and_the_others_started(
    asked: Path,
) -> None:
    told: list[Event] = []

    async def scene() -> None:
        await Siblings(told.append).follow(["o'brien.cf", "two.cf"])

    played(scene())

    assert [event.command for event in told if isinstance(event, CommandFailed)] == [
        "o'brien.cf"
    ]
    assert asked.read_text().splitlines() == ["two.cf start"]
