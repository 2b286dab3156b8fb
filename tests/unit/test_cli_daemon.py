import json
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Starts what is given and prints how the launch went; the daemon writes what
# it has become into a pipe of its own.
PROGRAM = """
import json, os, sys
from dataclasses import asdict
from lvsha.cli.daemon import launched

def start(ready):
    {body}

print(json.dumps(asdict(launched(start, seconds={seconds}))))
"""


def launch(body: str, fifo: Path, seconds: float = 30) -> dict[str, object]:
    program = PROGRAM.format(body=body, seconds=seconds)
    ended = subprocess.run(
        [sys.executable, "-c", program, str(fifo)],
        cwd=ROOT,
        close_fds=False,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    said = json.loads(ended.stdout)
    assert isinstance(said, dict)
    return said


def test_a_daemon_is_ready_when_it_says_so_and_is_on_its_own(tmp_path: Path) -> None:
    facts = tmp_path / "facts"
    body = """
    sys.stderr.write("about to\\n")
    sys.stderr.flush()
    with open(sys.argv[1], "w") as out:
        json.dump({"pid": os.getpid(), "sid": os.getsid(0), "cwd": os.getcwd(),
                   "stdin": os.readlink("/proc/self/fd/0"),
                   "open": len(os.listdir("/proc/self/fd"))}, out)
    ready()
    sys.stderr.write("to nobody\\n")
    import time; time.sleep(60)
    return 0
    """

    said = launch(body, facts)

    assert said == {"ready": True, "said": "about to\n", "late": False}
    daemon = json.loads(facts.read_text())
    assert daemon["cwd"] == "/"
    assert daemon["stdin"] == "/dev/null"
    # The three standard ones, its pipe, /dev/null, its file, and the listing.
    assert daemon["open"] == 7
    assert daemon["pid"] != daemon["sid"]
    assert os.getsid(0) != daemon["sid"]
    assert Path(f"/proc/{daemon['pid']}/fd/2").resolve() == Path("/dev/null")
    os.kill(daemon["pid"], signal.SIGKILL)


def test_a_failure_is_told_with_its_reason(tmp_path: Path) -> None:
    body = 'sys.stderr.write("no kernel\\n"); return 1'

    said = launch(body, tmp_path / "x")

    assert said == {"ready": False, "said": "no kernel\n", "late": False}


def test_a_crash_is_told_too(tmp_path: Path) -> None:
    said = launch('raise ValueError("our bug")', tmp_path / "x")

    assert said["ready"] is False
    assert "ValueError: our bug" in str(said["said"])


def test_one_that_never_decides_is_late(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    body = 'open(sys.argv[1], "w").write(str(os.getpid())); os.read(os.pipe()[0], 1)'

    said = launch(body, pid, seconds=1)

    assert said == {"ready": False, "said": "", "late": True}
    os.kill(int(pid.read_text()), signal.SIGKILL)
