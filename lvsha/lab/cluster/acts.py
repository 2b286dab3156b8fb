"""What the drills of a cluster do, and how it is taken back: a function an act."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from lvsha.lab.cluster.cluster import Cluster
from lvsha.lab.cluster.faults import Act
from lvsha.lab.cluster.fencing import Fencing
from lvsha.lab.cluster.grounds import DrillLab, DrillNode
from lvsha.lab.cluster.keepalived import AWAY
from lvsha.lab.cluster.machines import (
    CONFIGURATION,
    PORT,
    SECOND_VIP,
    VIP,
    configuration,
    real_programs,
)
from lvsha.lab.cluster.outcome import Moment
from lvsha.lab.cluster.stacks import Stack
from lvsha.lab.cluster.state import State
from lvsha.lab.drill.scenario import REALS, SCENARIOS
from lvsha.lab.errors import DeadlineExpired

_SECONDS: Final = 90.0
_WHOLE: Final = 180.0
_SETTLED: Final = 5.0  # from whole to the next deed: connections are told of
_LOOK: Final = 0.2
_REPAIRED: Final = 60.0
_VERSION: Final = "/usr/lib/python3/dist-packages/lvsha/__init__.py"

Undo = Callable[[], None]


@dataclass(slots=True)
class Scene:
    """Where an act is done, and what is told of it; the service goes to *other*.

    *died* is to be told whose power an act is about to take. *began* is when the
    fault was: an act that has to prepare it sets it again.
    """

    lab: DrillLab
    cluster: Cluster
    fencing: Fencing
    stack: Stack
    active: str
    other: str
    died: Callable[[str], None]
    pause: Callable[[float], None]
    began: float = 0.0
    steps: list[Moment] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def node(self) -> DrillNode:
        """The active director's."""
        return self.lab.node(self.active)

    def run(self, director: str, *argv: str, check: bool = True) -> bytes:
        """Run *argv* on *director*; return what it printed."""
        node = self.lab.node(director)
        return node.run(argv, seconds=_SECONDS, check=check).stdout

    def step(self, director: str, words: str) -> None:
        """Put *words* into the timeline."""
        self.steps.append(Moment(time.time(), "step", director, words))

    def begin(self) -> None:
        """Let the fault be now: what was before has prepared it."""
        self.began = time.time()


def standby(scene: Scene) -> Undo:
    """Send the active director to standby."""
    active, other = scene.active, scene.other
    if not scene.stack.clustered:
        scene.run(active, "systemctl", "stop", "keepalived")
        return lambda: _said(scene.run(active, "systemctl", "start", "keepalived"))
    scene.run(other, "crm_standby", "-N", active, "-v", "on")
    return lambda: _said(scene.run(other, "crm_standby", "-N", active, "-D"))


def move(scene: Scene) -> Undo:
    """Ban the service from the active director."""
    active, other, clone = scene.active, scene.other, scene.stack.clone
    if not scene.stack.clustered:
        _tee(scene, active, AWAY, "-50\n")
        return lambda: _tee(scene, active, AWAY, "0\n")
    role = ["--promoted"] if scene.stack.role == "Promoted" else []
    scene.run(other, "crm_resource", "--ban", "-r", clone, "-N", active, *role)
    return lambda: _said(scene.run(other, "crm_resource", "--clear", "-r", clone))


def kill(scene: Scene) -> Undo:
    """Cut the active director's power."""
    scene.died(scene.active)
    scene.node.kill()
    if not scene.stack.clustered:
        return lambda: scene.fencing.boot(scene.active)
    return _nothing


def freeze(scene: Scene) -> Undo:
    """Stop the active director's clock."""
    scene.node.freeze()
    node = scene.node
    return lambda: node.thaw() if node.alive and node.frozen else None


def cut(scene: Scene) -> Undo:
    """Pull the active director's cable: the fencing device is behind it, too."""
    scene.fencing.unplug(scene.active)
    scene.lab.cut(scene.active)
    return lambda: _plugged(scene)


def dumb(scene: Scene) -> Undo:
    """Lose all that the active director sends."""
    scene.fencing.unplug(scene.active)
    scene.lab.cut(scene.active, one_way=True)
    return lambda: _plugged(scene)


def deaf(scene: Scene) -> Undo:
    """Lose all that is sent to the active director."""
    scene.fencing.unplug(scene.active)
    scene.lab.deafen(scene.active)
    return lambda: _plugged(scene)


def split(scene: Scene) -> Undo:
    """Cut what is between the two directors, and nothing else."""
    scene.lab.cut(scene.active, scene.other)
    return lambda: scene.lab.heal(scene.active, scene.other)


def path(scene: Scene) -> Undo:
    """Cut what is between the active director and the real servers."""
    for real in REALS:
        scene.lab.cut(scene.active, real)
    return lambda: scene.lab.heal(scene.active)


def engine_kill(scene: Scene) -> Undo:
    """Kill the active director's engine."""
    scene.run(scene.active, "pkill", "-9", *scene.stack.engine)
    return _nothing


def engine_freeze(scene: Scene) -> Undo:
    """Stop the active director's engine; it goes on afterwards if it is still there."""
    active, engine = scene.active, scene.stack.engine
    scene.run(active, "pkill", "-STOP", *engine)
    return lambda: _said(scene.run(active, "pkill", "-CONT", *engine, check=False))


def corosync_kill(scene: Scene) -> Undo:
    """Kill the active director's corosync."""
    scene.run(scene.active, "pkill", "-9", "-x", "corosync")
    return _nothing


def pacemaker_kill(scene: Scene) -> Undo:
    """Kill all daemons of Pacemaker on the active director."""
    scene.run(scene.active, "pkill", "-9", "pacemaker")
    return _nothing


def tamper(scene: Scene) -> Undo:
    """Take away a real server's row and another's weight; wait for their return."""
    first, second = (SCENARIOS["gate"].endpoint(name) for name in REALS)
    right = _rows(scene)
    service = ("-t", f"{VIP}:{PORT}")
    scene.run(scene.active, "ipvsadm", "-d", *service, "-r", first)
    scene.run(scene.active, "ipvsadm", "-e", *service, "-r", second, "-g", "-w", "0")
    until = time.monotonic() + _REPAIRED
    while _rows(scene) != right:
        if time.monotonic() > until:
            raise DeadlineExpired(f"{scene.active} did not repair its table")
        scene.pause(_LOOK)
    scene.step(scene.active, "the table is right again")
    return _nothing


def break_file(scene: Scene) -> Undo:
    """Put nonsense into the active director's configuration, and right it again."""
    right, rows = configuration(VIP, SECOND_VIP), _rows(scene)
    wrong = right.replace("virtual = ", "virtuel = ", 1)
    _tee(scene, scene.active, CONFIGURATION, wrong)

    def undo() -> None:
        if _rows(scene) != rows:
            scene.problems.append("the table was changed by a wrong configuration")
        _tee(scene, scene.active, CONFIGURATION, right)

    return undo


def kill_with_real(scene: Scene) -> Undo:
    """Cut the active director's power and kill a real server's nginx."""
    real = REALS[0]
    back = kill(scene)
    scene.run(real, "pkill", "-9", "-x", "nginx")
    scene.step(real, "its nginx is killed")

    def undo() -> None:
        scene.lab.node(real).start(real_programs(real)[0])
        back()

    return undo


def kill_both(scene: Scene) -> Undo:
    """Cut the power of both directors, and give it back."""
    for name in (scene.active, scene.other):
        scene.died(name)
        scene.lab.node(name).kill()
    for name in (scene.active, scene.other):
        scene.fencing.boot(name)
    return _nothing


def fail_back(scene: Scene) -> Undo:
    """Let the active director be fenced and come back; then move the service to it."""
    kill(scene)
    scene.cluster.wait(
        "fenced", lambda seen: seen.online == frozenset({scene.other}), _WHOLE
    )
    scene.cluster.wait_whole(_WHOLE)
    scene.pause(_SETTLED)
    scene.active, scene.other = scene.other, scene.active
    scene.begin()
    return move(scene)


def upgrade(scene: Scene) -> Undo:
    """Give each director new code, and have its engine begin with it."""
    for name in (scene.other, scene.active):
        old = _engines(scene, name)
        line = 's/^VERSION: Final = "\\([^"]*\\)"/VERSION: Final = "\\1.post1"/'
        scene.run(name, "sed", "-i", line, _VERSION)
        # whoever guards it starts it again; the kernel forwards meanwhile
        scene.run(name, "pkill", "-9", *scene.stack.engine)
        until = time.monotonic() + _SECONDS
        while not (_engines(scene, name) - old and _ready(scene, name)):
            if time.monotonic() > until:
                raise DeadlineExpired(f"{name}: no engine after the upgrade")
            scene.pause(_LOOK)
        scene.step(name, "its engine runs the new code")
    return _nothing


def reboot(scene: Scene) -> Undo:
    """Send each director to standby, boot it, and let it come back."""
    everybody = frozenset({scene.active, scene.other})
    for name in (scene.other, scene.active):
        voice = scene.active if name == scene.other else scene.other
        scene.run(voice, "crm_standby", "-N", name, "-v", "on")
        scene.cluster.wait(
            f"without a service on {name}",
            lambda seen, name=name: _left(scene.stack, seen, name),  # type: ignore[misc]
            _WHOLE,
        )
        scene.step(name, "standby")
        scene.run(name, "systemctl", "stop", "pacemaker", "corosync")
        scene.run(name, "sync")
        scene.died(name)
        scene.lab.node(name).kill()
        scene.fencing.boot(name)
        scene.cluster.wait("complete", lambda seen: _met(seen, everybody), _WHOLE)
        scene.run(voice, "crm_standby", "-N", name, "-D")
        scene.cluster.wait_whole(_WHOLE)
    return _nothing


ACTS: Final[Mapping[Act, Callable[[Scene], Undo]]] = {
    "standby": standby,
    "move": move,
    "kill": kill,
    "freeze": freeze,
    "cut": cut,
    "deaf": deaf,
    "dumb": dumb,
    "split": split,
    "path": path,
    "engine-kill": engine_kill,
    "engine-freeze": engine_freeze,
    "corosync-kill": corosync_kill,
    "pacemaker-kill": pacemaker_kill,
    "tamper": tamper,
    "break-file": break_file,
    "kill-with-real": kill_with_real,
    "kill-both": kill_both,
    "fail-back": fail_back,
    "upgrade": upgrade,
    "reboot": reboot,
}
"""How each act is done."""


def _nothing() -> None:
    """Take nothing back: it is over, or mends by itself."""


def _said(_: bytes) -> None:
    """Ignore what a command printed."""


def _plugged(scene: Scene) -> None:
    scene.lab.heal(scene.active)
    scene.fencing.plug(scene.active)


def _tee(scene: Scene, director: str, file: str, text: str) -> None:
    node = scene.lab.node(director)
    node.run(["tee", file], seconds=_SECONDS, stdin=text.encode())


def _rows(scene: Scene) -> frozenset[bytes]:
    return frozenset(scene.run(scene.active, "ipvsadm", "-Sn").splitlines())


def _engines(scene: Scene, director: str) -> frozenset[bytes]:
    found = scene.run(director, "pgrep", *scene.stack.engine, check=False)
    return frozenset(found.split())


def _ready(scene: Scene, director: str) -> bool:
    node = scene.lab.node(director)
    return not node.run(["lvsha", "status"], seconds=_SECONDS, check=False).status


def _met(seen: State, directors: frozenset[str]) -> bool:
    return seen.online == directors


def _left(stack: Stack, seen: State, director: str) -> bool:
    return stack.active(seen) not in {"", director} and not any(
        director in one.nodes for one in seen.resources if one.name != "fence"
    )
