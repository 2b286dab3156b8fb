"""Agents as a dialogue: one line, however it ends."""

from dataclasses import replace

import pytest

from lvsha.checks.agent import agent
from lvsha.checks.dialogue import CheckFailed, NoAnswer
from lvsha.model import AGENT
from tests.checks_peers import BASE, rehearse

CHECK = replace(BASE, service=AGENT, port=8999, request="")
LATE = NoAnswer("no answer within 3 s")


@pytest.mark.parametrize(
    "heard",
    [
        [b"up 75%\n"],
        [b"up ", b"75%\r\n"],
        [b"up 75%"],
        [b"up 75%\nmore\n"],
        [b"\nup 75%\n"],
    ],
)
def test_the_first_line_is_the_word(heard: list[bytes]) -> None:
    _, end = rehearse(agent(CHECK), heard)

    assert end.detail == "up 75%"


def test_what_was_said_before_the_deadline_counts() -> None:
    dialogue = agent(CHECK)
    next(dialogue)
    dialogue.send(b"")
    dialogue.send(b"drain")

    with pytest.raises(StopIteration) as ended:
        dialogue.throw(LATE)

    assert ended.value.value.detail == "drain"


def test_it_is_told_what_the_operator_wrote() -> None:
    said, _ = rehearse(agent(replace(CHECK, request="web\\n")), [b"up\n"])

    assert said[1] == b"web\n"


@pytest.mark.parametrize("heard", [[], [b"\r\n\r\n"], [b"x" * 2000]])
def test_no_line_of_words_is_a_failure(heard: list[bytes]) -> None:
    with pytest.raises(CheckFailed, match="agent: no line of words"):
        rehearse(agent(CHECK), heard)


def test_silence_is_a_failure() -> None:
    with pytest.raises(CheckFailed, match="agent: no answer within 3 s"):
        rehearse(agent(CHECK), [LATE])
