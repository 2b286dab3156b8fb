from pathlib import Path

from lvsha.cli.directive_words import WORDS
from lvsha.cli.manual import pages
from lvsha.config.directives import GLOBAL, VIRTUAL, VIRTUAL6

MANUAL = Path(__file__).parents[2] / "docs" / "man"


def test_every_directive_is_explained_and_nothing_else() -> None:
    assert WORDS.keys() == GLOBAL.keys() | VIRTUAL.keys() | VIRTUAL6.keys()


def test_the_pages_are_written_from_the_program() -> None:
    # python -m lvsha.cli.manual docs/man
    written = {path.name: path.read_text() for path in MANUAL.iterdir()}

    assert written == pages()


def test_no_line_of_a_page_is_taken_for_a_request() -> None:
    requests = (".TH", ".SH", ".SS", ".PP", ".TP", ".nf", ".fi")
    for page in pages().values():
        for line in page.splitlines():
            assert not line.startswith("'")
            assert not line.startswith(".") or line.startswith(requests)
