"""The units on a whole system: a director is started, reloaded, revived, stopped."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lvsha.lab.image import find
from lvsha.lab.lab import Lab
from lvsha.lab.node import Node
from lvsha.lab.topology import NodeSpec

_BOOT = 180.0
_SOON = 90.0
FILE = "/etc/ha.d/ldirectord.cf"
SITE = """\
checkinterval=1
autoreload=no
virtual=10.77.0.9:80
	real=10.77.0.1:80 masq
	protocol=tcp
	scheduler=rr
	checktype=on
"""
# Installs from the checkout, writes the configuration, and waits for a word of systemd.
WAIT = """\
import subprocess, sys, time
until = time.monotonic() + 60
while True:
    argv = ["systemctl", "show", "--value", "--property", sys.argv[1], "lvsha.service"]
    said = subprocess.run(argv, capture_output=True, text=True).stdout.strip()
    if said != sys.argv[2] and (said == sys.argv[3] or not sys.argv[3]):
        break
    if time.monotonic() > until:
        sys.exit(f"{sys.argv[1]} is {said!r}")
    time.sleep(0.1)
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    spec = NodeSpec("director", ("10.77.0.1/24",), memory="512M", boot="systemd")
    with Lab(tmp_path_factory.mktemp("units"), [spec], image=find()) as lab:
        lab.up(seconds=_BOOT)
        one = lab.node("director")
        write = f"import pathlib; p = pathlib.Path({FILE!r})"
        write += f"; p.parent.mkdir(exist_ok=True); p.write_text({SITE!r})"
        run(one, "python3", "-c", write)
        run(one, "python3", "-m", "lvsha", "install")
        yield one


def run(node: Node, *words: str, check: bool = True) -> str:
    done = node.run(list(words), seconds=_SOON, cwd="/srv/lvsha", check=check)
    return (done.stdout + done.stderr).decode(errors="replace")


def shown(node: Node, name: str) -> str:
    words = ("systemctl", "show", "--value", "--property", name, "lvsha.service")
    return run(node, *words).strip()


def test_systemd_knows_the_units_and_has_nothing_to_say(node: Node) -> None:
    units = ("lvsha.service", "lvsha@web.cf.service")
    said = run(node, "systemd-analyze", "verify", "--man=no", *units)

    assert "lvsha" not in said


def test_the_unit_is_confined(node: Node) -> None:
    told = run(node, "systemd-analyze", "security", "--no-pager", "lvsha.service")
    level = told.strip().splitlines()[-1]

    assert "UNSAFE" not in level, level
    assert "EXPOSED" not in level, level


def test_a_director_is_started_reloaded_revived_and_stopped(node: Node) -> None:
    run(node, "systemctl", "start", "lvsha.service")
    first = shown(node, "MainPID")
    rows = run(node, "ipvsadm", "-Sn")
    run(node, "systemctl", "reload", "lvsha.service")
    after = shown(node, "MainPID")
    run(node, "kill", "-KILL", first)
    run(node, "python3", "-c", WAIT, "MainPID", first, "")
    run(node, "python3", "-c", WAIT, "ActiveState", "", "active")
    revived = shown(node, "MainPID")
    again = run(node, "ipvsadm", "-Sn")
    run(node, "systemctl", "stop", "lvsha.service")

    assert "-a -t 10.77.0.9:80 -r 10.77.0.1:80 -m -w 1" in rows
    assert again == rows
    assert after == first
    assert revived not in {first, "0"}
    assert shown(node, "Result") == "success"
    assert run(node, "ipvsadm", "-Sn") == ""


def test_a_reload_of_a_wrong_file_is_told_and_changes_nothing(node: Node) -> None:
    run(node, "systemctl", "start", "lvsha.service")
    append = f"open({FILE!r}, 'a').write('nonsense=1\\n')"
    run(node, "python3", "-c", append)

    said = node.run(["systemctl", "reload", "lvsha"], seconds=_SOON, check=False)

    assert said.status != 0
    assert shown(node, "ActiveState") == "active"
    assert "10.77.0.9:80" in run(node, "ipvsadm", "-Sn")
    run(node, "systemctl", "stop", "lvsha.service")


def test_what_was_installed_is_gone_without_a_trace(node: Node) -> None:
    run(node, "python3", "-m", "lvsha", "uninstall")

    words = ("/usr", "/var/lib", "-name", "*lvsha*", "-not", "-path", "*lvsha-lab*")
    assert run(node, "find", *words) == ""
    assert str(Path(FILE)) in run(node, "ls", FILE)
