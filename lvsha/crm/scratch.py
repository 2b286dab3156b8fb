"""A CIB in a file, on which Pacemaker's own tools try things out. Effects.

``CIB_file`` makes crmsh and the tools take it for the cluster's (Pacemaker
Administration, "Working with CIB files"); no daemon and no root is needed.
"""

import os
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_SECONDS: Final = 60.0
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
_SAID: Final = 2000


class ToolFailed(Exception):
    """One of Pacemaker's tools is missing or refused; the message says why."""


class Scratch:
    """The CIB of a cluster of *nodes* that exists in *folder* only."""

    def __init__(self, folder: Path, nodes: Sequence[str]) -> None:
        """Make it, without resources."""
        self._folder = folder
        self._file = folder / "cib.xml"
        self._file.write_bytes(self._run("cibadmin", "--empty"))
        for number, node in enumerate(nodes, start=1):
            self._add("nodes", ET.Element("node", {"id": str(number), "uname": node}))
        self._property("stonith-enabled", "false")

    def load(self, text: str) -> None:
        """Add what *text* says in crmsh's language.

        Raises ToolFailed with crmsh's words when it does not take it.
        """
        file = self._folder / "text.crm"
        file.write_text(text)
        self._run("crm", "-D", "plain", "configure", "load", "update", str(file))

    def fence(self) -> None:
        """Have fencing, by a device that exists on paper only."""
        device = {"id": "paper-fencing", "class": "stonith", "type": "fence_paper"}
        self._add("resources", ET.Element("primitive", device))
        self._property("stonith-enabled", "true")

    def verify(self) -> None:
        """Raise ToolFailed with all that ``crm_verify`` has against it."""
        self._run("crm_verify", "--xml-file", str(self._file), "--verbose")

    def resources(self) -> ET.Element:
        """Return the ``resources`` of the CIB."""
        found = ET.parse(self._file).find("configuration/resources")  # noqa: S314 - ours
        if found is None:
            raise ToolFailed("the CIB has no resources")
        return found

    def simulate(self, *what: str) -> ET.Element:
        """Let *what* (options of ``crm_simulate``) happen; return what it says of it.

        The CIB then is what it would be afterwards.
        """
        after = self._folder / "after.xml"
        said = self._run(
            *("crm_simulate", "--simulate", "--output-as=xml"),
            *("--xml-file", str(self._file), "--save-output", str(after), *what),
            on_cib=False,
        )
        after.replace(self._file)
        return ET.fromstring(said)  # noqa: S314 - a tool of this machine

    def score(self, resource: str, node: str, value: int) -> None:
        """Publish the promotion score *value* of *resource* on *node*."""
        words = ("--promotion", resource, "--update", str(value), "--quiet")
        self._run("crm_attribute", "--node", node, *words)

    def standby(self, node: str, *, on: bool) -> None:
        """Send *node* to standby, or take it back."""
        words = ("--update", "on") if on else ("--delete",)
        names = ("--node", node, "--name", "standby", "--lifetime", "forever")
        self._run("crm_attribute", *names, *words, "--quiet")

    def _property(self, name: str, value: str) -> None:
        words = ("--type", "crm_config", "--name", name, "--update", value)
        self._run("crm_attribute", *words, "--quiet")

    def _add(self, section: str, element: ET.Element) -> None:
        xml = ET.tostring(element, encoding="unicode")
        self._run("cibadmin", "--create", "--scope", section, "--xml-text", xml)

    def _run(self, *argv: str, on_cib: bool = True) -> bytes:
        """Return what *argv* printed; raise ToolFailed when it was not content."""
        environment = os.environ | {
            "PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin",
            "LC_ALL": "C.UTF-8",
            # crmsh keeps its history and templates at home
            "HOME": str(self._folder),
        }
        if on_cib:
            environment["CIB_file"] = str(self._file)
        try:
            done = subprocess.run(
                argv,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except FileNotFoundError as error:
            raise ToolFailed(
                f"{argv[0]} is not installed: it comes with crmsh, or with Pacemaker's"
                " command line tools (pacemaker-cli-utils)"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise ToolFailed(f"{argv[0]} took more than {_SECONDS:g} s") from error
        if done.returncode:
            words = (done.stderr + done.stdout).decode(errors="replace").strip()
            raise ToolFailed(f"{argv[0]}: {_COLOURS.sub('', words)[-_SAID:]}")
        return done.stdout
