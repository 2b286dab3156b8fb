"""Configuration texts as the tests read them, with names of their own."""

import pytest

from lvsha.config.reading import Loaded, loads
from lvsha.errors import ConfigError, Problem
from lvsha.model import Check
from tests.unit.names import Names

HEADER = "virtual=127.0.1.1:80\n"
REAL = "\treal=127.0.0.2:80 gate\n"


def read(text: str, mode: int | None = None) -> Loaded:
    return loads(text.encode(), "test.cf", resolver=Names(), mode=mode)


def errors(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return caught.value.problems


def check(*directives: str, real: str = "127.0.0.2:80 gate", header: str = "") -> Check:
    lines = [
        f"\treal{'6' if '[' in real else ''}={real}",
        *("\t" + d for d in directives),
    ]
    text = (header or HEADER) + "\n".join(lines) + "\n"
    return read(text).configuration.virtuals[0].reals[0].check


def categories(text: str, mode: int | None = None) -> set[str]:
    return {warning.category for warning in read(text, mode).warnings}
