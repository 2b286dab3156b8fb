"""Laws of the reader: bytes come back, nothing crashes, one change is one change."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lvsha.config import writer
from lvsha.config.again import Memory
from lvsha.config.describe import describe, describe_error
from lvsha.config.document import Document, Kind
from lvsha.config.reading import Loaded, loads
from lvsha.config.values import Refused
from lvsha.errors import ConfigError, Problem
from lvsha.model import Configuration
from tests.bench.fuzz_config import mutated, seeds
from tests.unit.names import Names

CASES = Path(__file__).parents[1] / "compat" / "cases"
CORPUS = seeds()

anything = st.binary(max_size=400)
recorded = st.sampled_from(CORPUS)
lines = st.lists(
    st.sampled_from(
        [
            b"virtual=127.0.0.1:80",
            b"virtual6 = [::1]:80",
            b"\treal=127.0.0.2 gate",
            b'    receive = "a#b" # c',
            b"# comment",
            b"",
            b"   ",
            b"\t\t",
            b"quiescent=yes \r",
            b"checktimeout = 3 # x",
            b"\xff\xfe=\x00",
        ]
    ),
    max_size=12,
).map(b"\n".join)
inputs = (
    anything
    | recorded
    | lines
    | st.integers(0, 2**32).map(lambda seed: mutated(random.Random(seed), CORPUS))
)


def outcome(content: bytes) -> Configuration | tuple[Problem, ...]:
    try:
        loaded = loads(content, "any.cf", resolver=Names(), mode=0o644)
    except ConfigError as error:
        describe_error(error)
        return error.problems
    describe(loaded)
    return loaded.configuration


@given(inputs)
@example(b"\r\r\n\n\r")
@example(b"a=1\x0bb=2\x85c=3")
def test_a_document_comes_back_byte_for_byte(content: bytes) -> None:
    assert Document.parse(content).content() == content


@given(inputs)
@example(b"virtual=127.0.0.1:80")
@example(b"\treal=[::1] gate")
@example(b'virtual=1:1\n\treceive="' + b"(" * 2000)
def test_any_input_is_understood_or_refused_with_line_numbers(content: bytes) -> None:
    problems = outcome(content)
    if isinstance(problems, Configuration):
        return

    assert problems
    assert all(problem.line > 0 for problem in problems)
    assert list(problems) == sorted(
        problems, key=lambda problem: (problem.line, problem.column)
    )


@given(inputs)
def test_lines_are_numbered_as_an_editor_does(content: bytes) -> None:
    document = Document.parse(content)

    count = content.count(b"\n") + (not content.endswith(b"\n") and content != b"")
    assert [line.number for line in document.lines] == list(range(1, count + 1))


@given(inputs, st.data())
def test_setting_a_value_changes_only_its_line(
    content: bytes, data: st.DataObject
) -> None:
    document = Document.parse(content)
    settings = [line for line in document.lines if line.kind is Kind.SETTING]
    if not settings:
        return
    line = data.draw(st.sampled_from(settings))
    value = data.draw(st.sampled_from(["7", "yes", "a b", "x#y", "rr", "127.0.0.9"]))
    try:
        changed = writer.replace_value(document, line.number, value)
    except Refused:
        return

    assert len(changed.lines) == len(document.lines)
    for before, after in zip(document.lines, changed.lines, strict=True):
        assert after.ending == before.ending
        assert after.text == before.text or before.number == line.number
    assert value in changed.lines[line.number - 1].text


@given(recorded, st.sampled_from(["checktimeout", "quiescent", "logfile", "execute"]))
def test_a_directive_added_and_removed_leaves_the_file_as_it_was(
    content: bytes, name: str
) -> None:
    document = Document.parse(content)
    value = {"checktimeout": "3", "quiescent": "no"}.get(name, "/x y")
    if list(document.settings(name)):
        return

    there = writer.set_value(document, name, value)
    gone = writer.remove(there, name)

    assert next(there.settings(name)).value.strip('"') == value
    assert gone.content().rstrip(b"\n") == content.rstrip(b"\n")


@given(inputs)
def test_reading_twice_is_reading_once(content: bytes) -> None:
    assert outcome(content) == outcome(content)


@pytest.mark.parametrize(
    "path", sorted(CASES.glob("**/*.cf")), ids=lambda path: path.stem
)
def test_every_recorded_file_comes_back_byte_for_byte(path: Path) -> None:
    content = path.read_bytes()

    assert Document.parse(content).content() == content


def read(content: bytes, memory: Memory | None = None) -> Loaded | tuple[Problem, ...]:
    try:
        loaded = loads(content, "any.cf", resolver=Names(), mode=0o644, memory=memory)
    except ConfigError as error:
        return error.problems
    return replace(loaded, memory=None)


@given(recorded, st.integers(0, 2**32), st.booleans())
@example(b"virtual=127.0.0.1:80\n\treal=127.0.0.2 gate\n", 0, True)  # noqa: FBT003
def test_a_memory_changes_nothing_but_the_time_it_takes(
    content: bytes,
    seed: int,
    twice: bool,  # noqa: FBT001
) -> None:
    try:
        before = loads(content, "any.cf", resolver=Names(), mode=0o644)
    except ConfigError:
        return
    changed = mutated(random.Random(seed), [content]) + (content if twice else b"")

    assert read(changed, before.memory) == read(changed)


def test_a_section_that_did_not_change_is_taken_over_as_it_is() -> None:
    one = b"virtual=127.0.0.1:80\n\treal=127.0.0.2:80 gate 1\n"
    other = b"virtual=127.0.0.1:81\n\treal=127.0.0.2:81 gate\n"
    before = loads(one + other, "any.cf", resolver=Names())

    after = loads(
        one.replace(b"gate 1", b"gate 7") + other,
        "any.cf",
        resolver=Names(),
        memory=before.memory,
    )

    first, second = after.configuration.virtuals
    assert first.reals[0].weight == 7
    assert second is before.configuration.virtuals[1]


def test_a_section_with_a_name_in_it_is_resolved_again() -> None:
    named = b"virtual=localhost:80\n\treal=127.0.0.2:80 gate\n"
    before = loads(named, "any.cf", resolver=Names())

    after = loads(named, "any.cf", resolver=Names(), memory=before.memory)

    assert after.configuration == before.configuration
    assert after.configuration.virtuals[0] is not before.configuration.virtuals[0]
