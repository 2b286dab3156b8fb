"""The process that holds a named lab and does what its control socket is asked.

It tells on standard output how it starts, as JSON lines; then only its log speaks.
Each connection is one request; a command's input and output follow in both
directions, bytes as base64.
"""

import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import BinaryIO, cast

from lvsha.lab.cluster.formed import formed
from lvsha.lab.cluster.stacks import STACKS
from lvsha.lab.errors import LabError
from lvsha.lab.guest.wire import Kind
from lvsha.lab.image import find
from lvsha.lab.lab import Lab
from lvsha.lab.process import Process
from lvsha.lab.topology import from_json

Words = dict[str, object]


class Daemon:
    """Answers requests about one lab, each in a thread of its own."""

    def __init__(self, lab: Lab) -> None:
        """Serve *lab*."""
        self._lab = lab
        self.ended = threading.Event()

    def serve(self, listener: socket.socket) -> None:
        """Accept connections until the listener closes."""
        while not self.ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as buffered:
            stream = cast("BinaryIO", buffered)
            try:
                line = stream.readline()
                if line:
                    self._answer(stream, json.loads(line))
            except (BrokenPipeError, ConnectionError):
                return  # whoever asked has gone
            except (LabError, OSError, ValueError) as error:
                say(stream, {"error": str(error)})

    def _answer(self, stream: BinaryIO, request: Words) -> None:
        do = request.pop("do")
        if do == "exec":
            self._exec(stream, request)
        elif do == "down":
            self.ended.set()
        else:
            say(stream, self._done(do, request))

    def _done(self, do: object, words: Words) -> Words:
        """Carry out a request that has one short answer."""
        lab = self._lab
        match do, words:
            case "status", _:
                return self._status()
            case "cut", {"one": str(one), "other": other, "one_way": bool(way)}:
                lab.cut(one, cast("str | None", other), one_way=way)
            case "heal", {"one": one, "other": other}:
                lab.heal(cast("str | None", one), cast("str | None", other))
            case (
                ("loss" | "delay" | "duplicate"),
                {"node": str(name), "value": value},
            ):
                getattr(lab, do)(name, cast("float", value))
            case "pcap", {"path": path}:
                lab.pcap(Path(str(path)) if path else None)
            case (("freeze" | "thaw" | "kill" | "boot"), {"node": str(name)}):
                getattr(lab.node(name), do)()
            case _:
                raise LabError(f"the lab cannot {do}")
        return {"done": True}

    def _status(self) -> Words:
        counters = self._lab.counters()
        return {
            "pid": os.getpid(),
            "folder": str(self._lab.directory),
            "nodes": [
                {
                    "name": node.name,
                    "state": "down"
                    if not node.alive
                    else "frozen"
                    if node.frozen
                    else "up",
                    "pid": node.pid,
                    "addresses": list(node.spec.addresses),
                    "boot": node.spec.boot,
                    "memory": node.spec.memory,
                    "network": node.spec.network,
                    "counters": counters[node.name],
                }
                for node in self._lab.nodes
            ],
        }

    def _exec(self, stream: BinaryIO, request: Words) -> None:
        speaking = threading.Lock()

        def pass_on(kind: Kind, content: bytes) -> None:
            word = "output" if kind is Kind.OUTPUT else "errors"
            text = base64.b64encode(content).decode()
            try:
                with speaking:
                    say(stream, {word: text})
            except OSError:
                pass  # the one who listened has gone; the reader below notices

        node = self._lab.node(str(request["node"]))
        process = node.start(
            cast("list[str]", request["argv"]),
            env=cast("dict[str, str]", request["env"]),
            interactive=True,
            terminal=bool(request["terminal"]),
            listener=pass_on,
        )
        threading.Thread(target=_steer, args=(stream, process), daemon=True).start()
        try:
            status = process.wait(cast("float", request["seconds"])).status
        except LabError as error:
            _end(process)
            with speaking:
                say(stream, {"error": str(error)})
        else:
            with speaking:
                say(stream, {"status": status})


def say(stream: BinaryIO, words: Words) -> None:
    """Send *words* as a line."""
    stream.write(json.dumps(words).encode() + b"\n")
    stream.flush()


def _steer(stream: BinaryIO, process: Process) -> None:
    """Pass on input and signals to *process*; end it if the asker goes."""
    try:
        for line in stream:
            words = json.loads(line)
            if "input" in words:
                process.write(base64.b64decode(words["input"]))
            elif "signal" in words:
                process.signal(words["signal"], group=True)
            else:
                process.close_input()
    except (LabError, OSError, ValueError):
        pass
    _end(process)


def _end(process: Process) -> None:
    with contextlib.suppress(LabError):  # its node may be down: so is it
        process.end()


def main() -> int:
    """Run the lab of the folder that is named first, until it is told to end."""
    home, seconds = Path(sys.argv[1]), float(sys.argv[2])
    news = cast("BinaryIO", sys.stdout.buffer)
    # the terminal's Ctrl-C is for whoever started us; they tell us with SIGTERM
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        specs = [
            from_json(table) for table in json.loads((home / "nodes.json").read_text())
        ]
        stack = (home / "stack").read_text()

        def tell(text: str) -> None:
            say(news, {"news": text})

        with (
            Lab(home / "run", specs, image=find()) as lab,
            socket.socket(socket.AF_UNIX) as listener,
            contextlib.ExitStack() as more,
        ):
            lab.up(seconds=seconds, progress=tell)
            if stack:
                more.enter_context(formed(lab, STACKS[stack], tell=tell))
            listener.bind(str(home / "control"))
            listener.listen(64)
            daemon = Daemon(lab)
            threading.Thread(target=daemon.serve, args=(listener,), daemon=True).start()
            say(news, {"ready": True})
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            daemon.ended.wait()
    except LabError as error:
        say(news, {"error": str(error)})
        return 1
    shutil.rmtree(home, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
