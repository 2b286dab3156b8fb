"""A named lab is asked over a socket, and may be the first to hang up."""

import contextlib
import socket
import threading
from pathlib import Path

import pytest

from lvsha.lab import named
from lvsha.lab.errors import LabError


def test_a_refusal_is_heard_though_more_was_being_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named, "folder", lambda _name: tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "control"))
        listener.listen()
        lab = threading.Thread(target=_refuse, args=(listener,))
        lab.start()

        with pytest.raises(LabError, match="no node 'nobody'"):
            _speak_too_late(lab)


def _speak_too_late(lab: threading.Thread) -> None:
    with named.conversation("lab", {"do": "exec"}) as stream:
        answer = stream.readline()
        lab.join(10)
        with contextlib.suppress(BrokenPipeError):
            stream.write(b"input that came too late\n")
            stream.flush()
        raise LabError(answer.decode())


def _refuse(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(100)
        connection.sendall(b"no node 'nobody'\n")
