"""``lvsha lab`` as a user types it, with a real lab behind it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lvsha.lab.image import cache_folder

_SECONDS = 180
Said = subprocess.CompletedProcess[bytes]
Type = Callable[..., Said]


@pytest.fixture(scope="module")
def lvsha() -> Iterator[Type]:
    """Return what types ``lvsha lab …``, where no other lab of ours can be seen."""
    with tempfile.TemporaryDirectory(prefix="lvsha-test-") as folder:
        environment = os.environ | {
            "TMPDIR": folder,
            "LVSHA_LAB_CACHE": str(cache_folder()),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }

        def typed(*words: str, stdin: bytes = b"") -> Said:
            program = "from lvsha.cli.main import main; main()"
            return subprocess.run(
                [sys.executable, "-c", program, "lab", *words],
                input=stdin,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
                env=environment,
            )

        up = typed("up", "--nodes", "2")
        assert up.returncode == 0, up.stderr.decode()
        yield typed
        down = typed("down", "--all")
        assert down.returncode == 0, down.stderr.decode()
        assert typed("status").stdout == b"no lab is running\n"
        assert list(Path(folder).glob("lvsha-lab-*")) == []
        assert list(Path(folder).glob("lvsha-labs-*/*")) == []


def test_input_output_and_status_of_a_command_are_its_own(lvsha: Type) -> None:
    content = bytes(range(256)) * 100
    said = lvsha(
        "exec", "node1", "--", "sh", "-c", "cat; echo e >&2; exit 7", stdin=content
    )

    assert said.stdout == content
    assert said.stderr == b"e\n"
    assert said.returncode == 7


def test_a_command_killed_by_a_signal_has_the_shell_s_status(lvsha: Type) -> None:
    assert lvsha("exec", "node1", "sh", "-c", "kill -9 $$").returncode == 137


def test_options_of_the_command_are_not_ours(lvsha: Type) -> None:
    assert lvsha("exec", "-e", "A=b", "node1", "printenv", "A").stdout == b"b\n"
    assert b"node1" in lvsha("exec", "node1", "uname", "-n").stdout


def test_the_state_of_each_node_is_told_to_programs(lvsha: Type) -> None:
    lvsha("freeze", "node1")
    lvsha("kill", "node2")
    told = json.loads(lvsha("status", "--json").stdout)["lab"]["nodes"]
    lvsha("thaw", "node1")
    lvsha("boot", "node2")
    again = json.loads(lvsha("status", "--json").stdout)["lab"]["nodes"]

    assert [node["state"] for node in told] == ["frozen", "down"]
    assert [node["state"] for node in again] == ["up", "up"]


def test_a_cable_is_pulled_and_put_back(lvsha: Type) -> None:
    ping = ("exec", "node1", "ping", "-c1", "-W1", "10.77.0.2")
    cut = lvsha("cut", "node2"), lvsha(*ping)
    healed = lvsha("heal"), lvsha(*ping)

    assert [said.returncode for said in cut] == [0, 1]
    assert [said.returncode for said in healed] == [0, 0]


def test_two_labs_have_their_own_nodes(lvsha: Type) -> None:
    up = lvsha("up", "--name", "other", "--nodes", "1")
    names = list(json.loads(lvsha("status", "--json").stdout))
    down = lvsha("down", "--name", "other")

    assert up.returncode == 0
    assert names == ["lab", "other"]
    assert down.returncode == 0
    assert lvsha("status", "--name", "other").returncode == 3


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("exec", "nobody", "true"), 1, b"no node 'nobody': there are node1, node2"),
        (("kill", "nobody"), 1, b"no node 'nobody'"),
        (("exec", "node1", "nonsense"), 1, b"cannot start nonsense"),
        (("up", "--nodes", "1"), 1, b"lab 'lab' is running already"),
        (("down", "--name", "none"), 1, b"no lab 'none' is running"),
        (("up", "--name", "a/b"), 1, b"is no name for a lab"),
        (("up", "--topology", "/nonexistent"), 1, b"cannot read topology"),
        (("delay", "node1", "-1"), 2, b"No such option"),
        (("boot", "node1"), 1, b"node1 is running already"),
    ],
)
def test_a_mistake_is_answered_with_a_status_and_a_reason(
    lvsha: Type, words: tuple[str, ...], status: int, message: bytes
) -> None:
    said = lvsha(*words)

    assert said.returncode == status
    assert message in said.stderr
    assert b"Traceback" not in said.stderr


def test_the_console_of_a_node_can_be_read(lvsha: Type) -> None:
    lvsha("exec", "node1", "sh", "-c", "echo 'a word' > /dev/console")

    assert b"a word" in lvsha("console", "node1").stdout


def test_a_lab_that_cannot_start_leaves_nothing(lvsha: Type, tmp_path: Path) -> None:
    file = tmp_path / "lab.toml"
    file.write_text('[[node]]\nname = "a"\nsetup = ["nonsense"]\n')
    said = lvsha("up", "--name", "bad", "--topology", str(file))

    assert said.returncode == 1
    assert b"a: ip: " in said.stderr
    assert "bad" not in json.loads(lvsha("status", "--json").stdout)
