"""The record of what is ours survives crashes, and tells when it did not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvsha.identity import Fwmark, ServiceKey
from lvsha.ipvs.owned import OwnedRows, decoded, encoded
from tests.ipvs_samples import KEYS

FIRST = frozenset(KEYS[:3])


@given(st.frozensets(st.sampled_from(KEYS)))
def test_what_is_encoded_is_what_is_decoded(keys: frozenset[ServiceKey]) -> None:
    assert decoded(encoded(keys)) == keys


def test_what_is_written_is_read(tmp_path: Path) -> None:
    rows = OwnedRows(tmp_path / "owned.json")

    rows.write(FIRST)
    rows.write(KEYS)

    assert rows.read() == frozenset(KEYS)
    assert rows.problem == ""
    assert list(tmp_path.iterdir()) == [tmp_path / "owned.json"]


def test_what_stays_after_a_stop_is_marked(tmp_path: Path) -> None:
    rows = OwnedRows(tmp_path / "owned.json")

    assert rows.kept() == frozenset()
    rows.write(KEYS, FIRST)

    assert rows.read() == frozenset(KEYS)
    assert rows.kept() == FIRST


def test_without_a_file_nothing_is_ours(tmp_path: Path) -> None:
    rows = OwnedRows(tmp_path / "owned.json")

    assert rows.read() == frozenset()
    assert rows.problem == ""


SPOILT = [
    "",
    "[]",
    "{",
    '{"version": 2, "services": []}',
    '{"version": 1}',
    '{"version": 1, "services": {}}',
    '{"version": 1, "services": [7]}',
    '{"version": 1, "services": [{"fwmark": 7, "version": 5}]}',
    '{"version": 1, "services": [{"protocol": "x", "address": "1.2.3.4", "port": 1}]}',
    '{"version": 1, "services": [{"protocol": "tcp", "address": "x", "port": 1}]}',
    '{"version": 1, "services": [{"protocol": "tcp", "address": "::1%a", "port": 1}]}',
    '{"version": 1, "services": [{"protocol": "tcp", "address": "::", "port": 65536}]}',
    "\x00\xff",
]


@pytest.mark.parametrize("text", SPOILT)
def test_a_spoilt_file_is_nothing_and_a_problem(tmp_path: Path, text: str) -> None:
    path = tmp_path / "owned.json"
    path.write_text(text, "latin-1")
    rows = OwnedRows(path)

    assert rows.read() == frozenset()
    assert rows.problem.startswith(f"cannot read the owned rows in {str(path)!r}: ")

    rows.write([Fwmark(1)])
    assert rows.read() == {Fwmark(1)}
    assert rows.problem == ""


def test_a_record_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "owned.json"
    rows = OwnedRows(path)
    rows.write(FIRST)
    (tmp_path / "there").mkdir()

    with pytest.raises(OSError, match="there"):
        OwnedRows(tmp_path / "there").write(KEYS)

    assert rows.read() == FIRST
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["owned.json", "there"]
