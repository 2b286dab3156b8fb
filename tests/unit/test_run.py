"""A director's process: what it holds, what it leaves behind, what it says last."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from lvsha.engine import run as running
from lvsha.engine.run import Options, run
from lvsha.ipvs.memory import MemoryKernel

FILE = """\
logfile="{log}"
virtual=127.0.1.1:80
\treal=127.0.0.2:80 masq
\tchecktype=on
"""


def _nothing() -> None:
    """Happen to nobody."""


class Kernel(MemoryKernel):
    """A table in memory that opens as the real one does."""

    meanwhile: ClassVar[dict[str, Callable[[], None]]] = {}

    @classmethod
    def open(cls) -> "Kernel":
        cls.meanwhile.get("open", _nothing)()
        return cls()

    def read(self, keys: object = None) -> object:  # type: ignore[override]
        self.meanwhile.get("read", _nothing)()
        return super().read(keys)  # type: ignore[arg-type]

    def close(self) -> None:
        """Have nothing to close."""


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Options]:
    monkeypatch.setattr(running, "Kernel", Kernel)
    monkeypatch.setattr(Kernel, "meanwhile", {})
    path = tmp_path / "test.cf"
    path.write_text(FILE.format(log=tmp_path / "log"))
    umask = os.umask(0)
    try:
        yield Options(
            path,
            "test.cf",
            rundir=tmp_path / "run",
            foreground=False,
            pidfile=tmp_path / "pid",
            ready=lambda: os.kill(os.getpid(), signal.SIGTERM),
        )
    finally:
        os.umask(umask)


def test_nobody_else_may_write_what_it_makes_whatever_its_umask(
    tmp_path: Path, options: Options
) -> None:
    modes: dict[str, int] = {}

    def look() -> None:
        for path in (options.pidfile, tmp_path / "run", *tmp_path.glob("run/**/*")):
            assert path is not None
            modes[path.name] = path.stat().st_mode & 0o022

    Kernel.meanwhile["read"] = look

    assert run(options) == 0

    assert {"pid", "run", "lock", "control"} <= modes.keys()
    assert not any(modes.values()), modes


def test_signals_before_it_can_hear_them_kill_nobody(
    tmp_path: Path, options: Options
) -> None:
    def signals() -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)

    Kernel.meanwhile["open"] = signals

    assert run(options) == 0

    assert not (tmp_path / "pid").exists()
    assert "terminated on signal: TERM" in (tmp_path / "log").read_text()


def test_a_record_nobody_can_read_is_told_of(
    tmp_path: Path, options: Options, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run" / "test.cf").mkdir(parents=True)
    (tmp_path / "run" / "test.cf" / "owned.json").write_text("{")

    assert run(options) == 0

    assert "cannot read the owned rows" in capfd.readouterr().err


def test_a_bug_has_its_line_in_the_log(tmp_path: Path, options: Options) -> None:
    def stumble() -> None:
        raise KeyError("lost")

    Kernel.meanwhile["read"] = stumble

    with pytest.raises(KeyError):
        run(options)

    last = (tmp_path / "log").read_text().splitlines()[-1]
    assert "Linux Director Daemon died: KeyError: 'lost' at stumble, line " in last
    assert not (tmp_path / "pid").exists()
