"""Metrics of a director that works, on a real kernel, with a real certificate."""

import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from lvsha.lab.lab import CHECKOUT
from tests.certificates import certificate, presenting
from tests.kernel.namespace import fresh

_PATIENCE: Final = 60.0
_DAY: Final = 86400
_FILE: Final = """\
checkinterval = 1
negotiatetimeout = 5
virtual = 192.0.2.10:443
        real = 127.0.0.1:{port} gate 3
        real = 127.0.0.2:1 gate 1
        fallback = 127.0.0.3:443 gate
        service = https
        tls_verify = no
        request = "/"
        receive = "well"
        protocol = tcp
        quiescent = yes
"""
_SAMPLE: Final = re.compile(r'(\w+)\{.*real="([^"]*)".*\} (\S+)')


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Provide the port of a web server with TLS, in a namespace of its own."""
    with fresh(), socket.create_server(("127.0.0.1", 0)) as listening:
        context = presenting(certificate(tmp_path))

        def serve() -> None:
            # Until the socket is shut down below.
            with suppress(OSError):
                while True:
                    peer, _ = listening.accept()
                    with suppress(OSError):
                        answer(context.wrap_socket(peer, server_side=True))

        serving = threading.Thread(target=serve)
        serving.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        serving.join(_PATIENCE)


def answer(peer: ssl.SSLSocket) -> None:
    """Answer one request well."""
    with peer:
        peer.recv(4096)
        peer.sendall(b"HTTP/1.0 200 OK\r\n\r\nwell\r\n")


def lvsha(*words: object) -> list[str]:
    return [sys.executable, "-m", "lvsha", *map(str, words)]


def metrics(run: Path) -> dict[tuple[str, str], float]:
    """Return the samples about real servers, by family and server."""
    said = subprocess.run(
        lvsha("metrics", "--rundir", run),
        cwd=CHECKOUT, capture_output=True, text=True, timeout=_PATIENCE, check=True,
    ).stdout  # fmt: skip
    found = (_SAMPLE.fullmatch(line) for line in said.splitlines())
    return {(one[1], one[2]): float(one[3]) for one in found if one}


def test_standings_weights_and_certificates_are_told(port: int, tmp_path: Path) -> None:
    file, run = tmp_path / "site.cf", tmp_path / "run"
    file.write_text(_FILE.format(port=port))
    secure, gone = f"127.0.0.1:{port}", "127.0.0.2:1"
    argv = lvsha("run", file, "--rundir", run)
    with subprocess.Popen(argv, cwd=CHECKOUT, stdout=subprocess.DEVNULL) as running:
        try:
            until = time.monotonic() + _PATIENCE
            while not {
                ("lvsha_real_server_up", secure),
                ("lvsha_real_server_up", gone),
            } <= set(seen := metrics(run)):
                assert time.monotonic() < until, seen
        finally:
            running.terminate()
            running.wait(_PATIENCE)
    now = time.time()

    up, weight = "lvsha_real_server_up", "lvsha_real_server_kernel_weight"
    assert (seen[up, secure], seen[up, gone]) == (1, 0)
    assert (seen[weight, secure], seen[weight, gone]) == (3, 0)
    end = "lvsha_real_server_certificate_end_timestamp_seconds"
    assert 1.5 * _DAY < seen[end, secure] - now < 2.5 * _DAY
    assert (end, gone) not in seen
    checked = seen["lvsha_real_server_check_timestamp_seconds", secure]
    assert abs(now - checked) < _PATIENCE
