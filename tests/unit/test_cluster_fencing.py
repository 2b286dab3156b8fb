import re
import subprocess
import sys
from pathlib import Path

import lvsha.lab.cluster.guest

AGENT = Path(lvsha.lab.cluster.guest.__file__).parent / "fence_lvsha_lab"


def said(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(AGENT), *words],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_the_fencing_agent_describes_itself_to_the_fencer() -> None:
    done = said(given="action=metadata\n")

    actions = set(re.findall(r'<action name="([a-z-]+)"', done.stdout))
    assert done.returncode == 0
    assert {"on", "off", "reboot", "monitor", "status", "list"} <= actions


def test_the_fencing_agent_takes_its_words_from_the_command_line_too() -> None:
    assert said("-o", "metadata").stdout == said("--action=metadata").stdout


def test_nobody_is_fenced_without_a_name() -> None:
    done = said(given="action=off\n")

    assert (done.returncode, done.stderr) == (1, "off: which node?\n")


def test_an_action_the_lab_does_not_know_is_refused() -> None:
    done = said(given="action=explode\nplug=d1\n")

    assert (done.returncode, done.stderr) == (1, "unknown action 'explode'\n")
