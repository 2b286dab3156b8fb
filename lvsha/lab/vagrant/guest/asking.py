"""Passes on what the fencing agent of this machine asks the lab for, and the answers.

``asking.py FOLDER`` prints ``{"ticket": name, "text": wish}`` for each wish in the
folder, and puts the answers, which are such lines on standard input, beside them.
"""

import json
import os
import select
import sys
import time
from pathlib import Path

_LOOK = 0.05
_FORGOTTEN = 50.0  # seconds: who asked has given up


def main() -> None:
    """Pass on until standard input ends."""
    folder = Path(sys.argv[1])
    forget(folder, time.time())
    told: set[str] = set()
    rest = b""
    while True:
        for ticket, text in wishes(folder, told):
            told.add(ticket)
            sys.stdout.write(json.dumps({"ticket": ticket, "text": text}) + "\n")
            sys.stdout.flush()
        if not select.select([0], [], [], _LOOK)[0]:
            continue
        heard = os.read(0, 65536)
        if not heard:
            return
        *lines, rest = (rest + heard).split(b"\n")
        for line in lines:
            words = json.loads(line)
            answer(folder, str(words["ticket"]), str(words["text"]))


def forget(folder: Path, now: float) -> None:
    """Remove wishes that nobody waits for any more: they must not come true now."""
    for file in folder.glob("*.ask"):
        if now - file.stat().st_mtime > _FORGOTTEN:
            file.unlink()


def wishes(folder: Path, told: set[str]) -> list[tuple[str, str]]:
    """Return the wishes in *folder* that are not in *told*, each with its ticket."""
    return [
        (file.stem, file.read_text())
        for file in sorted(folder.glob("*.ask"))
        if file.stem not in told
    ]


def answer(folder: Path, ticket: str, text: str) -> None:
    """Put the answer *text* beside the wish *ticket*."""
    new = folder / f"{ticket}.answering"
    new.write_text(text)
    new.rename(folder / f"{ticket}.answer")
    (folder / f"{ticket}.ask").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
