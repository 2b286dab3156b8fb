"""Connections that outlive a happening: slow downloads, or a long conversation."""

import time
from typing import Final

from lvsha.lab.drill.happenings import Pair
from lvsha.lab.drill.machines import DOWNLOAD
from lvsha.lab.drill.record import Heard, Record
from lvsha.lab.drill.scenario import REALS
from lvsha.lab.drill.stage import Stage
from lvsha.lab.drill.traffic import Request, between, tally
from lvsha.lab.drill.verdict import Fact, Window
from lvsha.lab.errors import LabError
from lvsha.lab.process import Process

_SECONDS: Final = 20.0
_TRIES: Final = 20
_LONGER: Final = 2.0  # how long a conversation must go on after the reaction
_GOES_ON: Final = "established connection goes on"


class Pinned:
    """Connections that must survive when one real server is quiesced.

    By TCP a download from each real server that takes longer than the director needs
    to react (with one alone the scheduler would send everybody to the other), by UDP
    a conversation with the one.
    """

    def __init__(self, stage: Stage, record: Record, pair: Pair) -> None:
        """Open them; return when the real servers have begun to answer."""
        self._record = record
        self._server = pair.one
        self._downloads: dict[str, Process] = {}
        self._conversation: Process | None = None
        if stage.scenario.protocol == "udp":
            self._conversation = _conversation(stage, record, pair.one)
        else:
            for name in REALS:
                self._downloads[name] = stage.download(name)
            if not record.wait(_all_begun, _SECONDS):
                raise LabError("client: the downloads do not begin")
        self._began = time.time()

    def facts(self, reacted: float | None) -> tuple[Fact, ...]:
        """Wait for their end; return how they went on after the weight was 0."""
        if reacted is None:
            return (Fact(_GOES_ON, "the weight is not 0", good=False),)
        if self._conversation:
            self._record.pause(_LONGER)
            self._conversation.end()
            held = between(self._record.now().held, self._began)
            return (conversation_fact(held, self._server, reacted),)
        for process in self._downloads.values():
            process.wait(_SECONDS)
        downloads = self._record.now().downloads
        return (download_fact(downloads, self._server, reacted),)


def download_fact(
    downloads: list[dict[str, object]], server: str, reacted: float
) -> Fact:
    """Return whether all downloads are whole, and that from *server* ended later."""
    ended = {
        str(one["server"]): (one["size"], float(str(one["ended"])) - reacted)
        for one in downloads
        if "ended" in one
    }
    _, after = ended.get(server, (0, 0.0))
    if any(ended.get(name, (0, 0.0))[0] != DOWNLOAD for name in REALS):
        got = ", ".join(f"{size} from {name}" for name, (size, _) in ended.items())
        seen = f"downloads broken: {got or 'nothing'} of {DOWNLOAD} bytes"
        return Fact(_GOES_ON, seen, good=False)
    if after <= 0:
        return Fact(_GOES_ON, "download was over before the reaction", good=False)
    seen = f"download from {server} intact, {after:.1f} s longer"
    return Fact(_GOES_ON, seen, good=True)


def conversation_fact(held: list[Request], server: str, reacted: float) -> Fact:
    """Return whether *server* answered all of *held*, of which some after *reacted*."""
    said = tally(held)
    after = tally(between(held, reacted))
    good = set(said.answers) == {server} and not said.lost and after.sent > 0
    seen = f"{after.sent} more answers from {server}" if good else f"answers: {said}"
    return Fact(_GOES_ON, seen, good)


class Held:
    """A conversation on one connection that nothing may disturb."""

    def __init__(self, stage: Stage, record: Record) -> None:
        """Begin it."""
        self._record = record
        since = time.time()
        self._process = stage.talk()
        if not record.wait(lambda heard: bool(between(heard.held, since)), _SECONDS):
            raise LabError("client: no conversation began")

    def fact(self, window: Window) -> Fact:
        """Return whether it went on all through *window*."""
        words = "held connection goes on"
        said = tally(between(self._record.now().held, window.began, window.ended))
        good = said.sent > 0 and not said.lost and len(said.answers) == 1
        return Fact(words, words if good else f"held connection: {said}", good)

    def end(self) -> None:
        """End it."""
        self._process.end()


def _all_begun(heard: Heard) -> bool:
    return {one["server"] for one in heard.downloads if "begun" in one} >= set(REALS)


def _conversation(stage: Stage, record: Record, server: str) -> Process:
    for _ in range(_TRIES):
        since = time.time()
        process = stage.talk()

        def answered(heard: Heard, since: float = since) -> bool:
            return bool(between(heard.held, since))

        record.wait(answered, _SECONDS)
        if tally(between(record.now().held, since)).answers[server]:
            return process
        process.end()
        process.wait(_SECONDS)
    raise LabError(f"client: no conversation with {server} began")
