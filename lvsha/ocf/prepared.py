"""The modules that hold what ``meta-data`` prints, written from the agents' words.

``python -m lvsha.ocf.prepared DIRECTORY`` writes them, to ``lvsha/ocf``. Crmsh and
Pacemaker ask for it often, and building it takes longer than the rest.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lvsha.ocf import director_words, realserver_words, syncd_words, vip_words
from lvsha.ocf.metadata import Metadata, document

METADATA: Final[Mapping[str, Metadata]] = {
    words.METADATA.name: words.METADATA
    for words in (director_words, realserver_words, syncd_words, vip_words)
}
_WIDTH: Final = 88
_LONG: Final = "# ruff: noqa: E501 - as long as the words are\n"
_MODULE: Final = '''\
"""What ``ocf:lvsha:{name} meta-data`` prints; written by ``lvsha.ocf.prepared``."""
{long}
TEXT = """\\
{text}"""
'''


def modules() -> dict[str, str]:
    """Return the text of every module by its file's name."""
    return {f"{name}_meta_data.py": _module(name) for name in METADATA}


def _module(name: str) -> str:
    text = document(METADATA[name]).replace("\\", "\\\\").replace('"""', '""\\"')
    long = _LONG if max(map(len, text.splitlines())) > _WIDTH else ""
    return _MODULE.format(name=name, text=text, long=long)


def main() -> None:
    """Write them into the directory that is the first argument."""
    for name, text in modules().items():
        (Path(sys.argv[1]) / name).write_text(text)


if __name__ == "__main__":
    main()
