"""Directors become a cluster: prepared, started, told their CIB, looked at."""

import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from lvsha.lab.cluster.grounds import DrillLab, DrillNode
from lvsha.lab.cluster.machines import DIRECTORS, TOKEN, real_programs, real_steps
from lvsha.lab.cluster.mailbox import Mailbox
from lvsha.lab.cluster.stacks import Stack
from lvsha.lab.cluster.state import State
from lvsha.lab.drill.machines import ROOM, Step
from lvsha.lab.drill.scenario import REALS
from lvsha.lab.errors import DeadlineExpired, LabError

_SECONDS: Final = 60.0  # crmsh takes seconds, anything else less than one
_LOOK: Final = 0.3
_LOGS: Final = {
    "journal": ("journalctl", "-b", "--no-pager"),
    "ipvsadm": ("ipvsadm", "-Ln"),
    "addresses": ("ip", "-o", "address"),
}
_DISARMED: Final = (
    ("crm_attribute", "-n", "stonith-enabled", "-v", "false"),
    # what runs without being configured is stopped
    ("cibadmin", "--delete", "--xpath", "//primitive[@id='fence']"),
)


class Cluster:
    """The directors of a lab as one cluster, with their real servers."""

    def __init__(self, lab: DrillLab, stack: Stack) -> None:
        """Make the nodes of *lab* a cluster that runs *stack*."""
        self.lab = lab
        self.stack = stack
        self.mailbox = Mailbox()

    def prepare(self, *, token: int = TOKEN) -> None:
        """Make every node what it is here; real servers serve, no cluster runs yet."""
        steps = self.stack.formation.steps(token=token)
        work: dict[str, Sequence[Step]] = dict.fromkeys(DIRECTORS, steps)
        work |= {name: real_steps(name) for name in REALS}

        def one(name: str) -> None:
            node = self.lab.node(name)
            for step in work[name]:
                node.run(step.argv, seconds=_SECONDS, stdin=step.given.encode())
            if name in REALS:
                for argv in real_programs(name):
                    node.start(argv)

        self._each(tuple(work), one)

    def start(self, *, seconds: float) -> None:
        """Start what makes them a cluster; return when all directors are members."""
        formation = self.stack.formation

        def one(name: str) -> None:
            for argv in (*formation.meeting(), formation.starting()):
                self.lab.node(name).run(argv, seconds=seconds)

        self._each(DIRECTORS, one)
        everybody = frozenset(DIRECTORS)
        self.wait(
            "members of the cluster",
            lambda seen: formation.together(seen, everybody),
            seconds,
        )

    def configure(self) -> None:
        """Load the stack's CIB through crmsh, if there is a cluster to take it."""
        crm = self.stack.formation.configuration()
        if crm:
            self.load(crm)

    def load(self, crm: str) -> None:
        """Load *crm* through crmsh."""
        director = self.voice()
        director.run(["tee", f"{ROOM}.crm"], seconds=_SECONDS, stdin=crm.encode())
        argv = ["crm", "-F", "configure", "load", "update", f"{ROOM}.crm"]
        director.run(argv, seconds=_SECONDS)

    def disarm(self) -> None:
        """Have nobody fence any more: nobody will answer when the drill is over."""
        director = self.voice()
        for argv in _DISARMED:
            director.run(argv, seconds=_SECONDS)

    def wait_whole(self, seconds: float) -> State:
        """Wait until all directors are members, one is active, the others ready."""
        everybody = frozenset(DIRECTORS)
        return self.wait(
            "whole", lambda seen: self.stack.whole(seen, everybody), seconds
        )

    def wait(self, what: str, seen: Callable[[State], bool], seconds: float) -> State:
        """Return the first state of which *seen* is true."""
        seconds *= self.lab.patience
        until = time.monotonic() + seconds
        while True:
            found = self.state()
            if found and seen(found):
                return found
            if time.monotonic() > until:
                raise DeadlineExpired(
                    f"the cluster is not {what} after {seconds:g} s: {found}"
                )
            time.sleep(_LOOK)  # crm_mon costs a node a tenth of a second

    def state(self) -> State | None:
        """Return what the cluster says of itself, None while it says nothing."""
        argv, all_of_them = self.stack.formation.question()
        said = {}
        for name in DIRECTORS:
            node = self.lab.node(name)
            if not node.alive or node.frozen:
                continue
            with contextlib.suppress(LabError):
                answer = node.run(argv, seconds=_SECONDS, check=False)
                if not answer.status:
                    said[name] = answer.stdout
            if not all_of_them:
                break
        return self.stack.formation.state(said)

    def voice(self) -> DrillNode:
        """Return a director that can be asked."""
        for name in DIRECTORS:
            node = self.lab.node(name)
            if node.alive and not node.frozen:
                return node
        raise LabError("no director is up")

    def crm(self, *words: str, by: str = "") -> None:
        """Run crmsh with *words*, on the director *by* or on any."""
        node = self.lab.node(by) if by else self.voice()
        node.run(["crm", *words], seconds=_SECONDS)

    def logs(self, folder: Path) -> None:
        """Keep the logs of all directors that can be asked in *folder*."""
        folder.mkdir(parents=True, exist_ok=True)
        logs = {**self.stack.formation.logs(), **_LOGS}

        def one(name: str) -> None:
            node = self.lab.node(name)
            for title, argv in logs.items():
                try:
                    said = node.run(argv, seconds=_SECONDS, check=False)
                except LabError as error:
                    (folder / f"{name}.{title}").write_text(f"{error}\n")
                else:
                    (folder / f"{name}.{title}").write_bytes(said.stdout + said.stderr)

        self._each(DIRECTORS, one)

    @staticmethod
    def _each(names: tuple[str, ...], one: Callable[[str], None]) -> None:
        with ThreadPoolExecutor(len(names), "lab-cluster") as threads:
            list(threads.map(one, names))
