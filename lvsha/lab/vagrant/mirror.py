"""What directors ask of fencing, carried from their machines into folders here.

`lvsha.lab.cluster.fencing` looks for wishes in folders, and puts the answers there. The
embedded lab's nodes see these folders; machines of Vagrant are told of them over ssh.
"""

import contextlib
import json
import threading
from pathlib import Path
from typing import Final

from lvsha.lab.cluster.grounds import DrillNode
from lvsha.lab.cluster.machines import FENCE_FOLDER
from lvsha.lab.cluster.sightings import ENVIRONMENT
from lvsha.lab.errors import LabError
from lvsha.lab.process import Process, by_line

_LOOK: Final = 0.05
_GUEST: Final = "lvsha.lab.vagrant.guest.asking"


class Mirror:
    """Carries wishes and answers for every director that it is told of."""

    def __init__(self) -> None:
        """Carry nothing yet."""
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._carriers: dict[Path, Process] = {}
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Carry nothing any more."""
        self._ended.set()
        self._thread.join(10)

    def carry(self, node: DrillNode) -> None:
        """Carry what *node* asks for, until it goes down."""
        folder = node.share / FENCE_FOLDER
        folder.mkdir(parents=True, exist_ok=True)

        def hear(line: bytes) -> None:
            words = json.loads(line)
            new = folder / f"{words['ticket']}.new"
            new.write_text(str(words["text"]))
            new.rename(new.with_suffix(".ask"))

        argv = ["python3", "-m", _GUEST, f"/srv/share/{FENCE_FOLDER}"]
        process = node.start(
            argv, env=ENVIRONMENT, interactive=True, listener=by_line(hear)
        )
        with self._lock:
            self._carriers[folder] = process

    def answer(self) -> None:
        """Carry the answers that are there to who waits for them."""
        with self._lock:
            carriers = dict(self._carriers)
        for folder, process in carriers.items():
            for file in sorted(folder.glob("*.answer")):
                words = {"ticket": file.stem, "text": file.read_text()}
                # who has no power any more waits for nothing
                with contextlib.suppress(LabError):
                    process.write(json.dumps(words).encode() + b"\n")
                file.unlink()

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK):
            self.answer()
