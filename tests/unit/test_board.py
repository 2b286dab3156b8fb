"""What the board says of real servers that are not simply up or down."""

import copy
import io
from typing import Any

import pytest
from rich.console import Console

from lvsha.cli.board import show
from tests.unit.standin import STATUS


def board(real: dict[str, object], virtual: dict[str, object] | None = None) -> str:
    answer: Any = copy.deepcopy(dict(STATUS))
    (service,) = answer["virtuals"]
    service.update(virtual or {})
    service["reals"][0].update(real)
    page = io.StringIO()
    show(answer, Console(file=page, width=200))
    return page.getvalue()


@pytest.mark.parametrize(
    ("real", "word"),
    [
        ({"failures": 0, "share": 40}, "up at 40%"),
        ({"failures": 0, "share": 0}, "drained by its agent"),
        ({"vetoed": True}, "out by its agent"),
        ({"vetoed": True, "maintenance": True}, "maintenance"),
        ({"failures": 0, "share": 100}, "up"),
    ],
)
def test_a_share_is_told(real: dict[str, object], word: str) -> None:
    assert f" {word} " in board(real)


def test_a_panic_is_told_with_the_service() -> None:
    assert "PANIC" in board({}, {"panic": True})
    assert "PANIC" not in board({})
