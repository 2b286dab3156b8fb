"""Paragraphs wrapped for files that people read. Pure."""

import textwrap
from collections.abc import Iterator

_WIDTH = 78


def wrapped(words: str, indent: str) -> Iterator[str]:
    """Return the lines of *words*, each after *indent*; paragraphs stay apart."""
    for number, paragraph in enumerate(words.split("\n\n")):
        if number:
            yield indent.rstrip()
        yield from textwrap.wrap(
            paragraph,
            _WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_on_hyphens=False,
        )
