"""What there is to judge, as values. None stands for what could not be seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lvsha.ipvs.counters import Daemon
from lvsha.ipvs.profile import Difference


@dataclass(frozen=True, slots=True)
class Kernel:
    """The kernel's side of a director.

    *unloadable* are schedulers of the configuration for which there is neither
    code nor a module. *differences* are sysctls that are not as the profile has
    them; *forward* is ``net.ipv4.ip_forward``.
    """

    ipvs: bool | None = None
    unloadable: tuple[str, ...] = ()
    differences: tuple[Difference, ...] | None = None
    forward: str | None = None
    daemons: tuple[Daemon, ...] | None = None
    dropped: int | None = None
    stateless: bool = False
    firewall: str | None = None


@dataclass(frozen=True, slots=True)
class Loud:
    """A VIP that is on an interface meant to be quiet, and why it is heard."""

    address: str
    nic: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Configuration:
    """The file, and what it asks of the machine.

    *digest* is empty without a file. *errors* keep it from being used.
    """

    path: str = ""
    digest: str = ""
    errors: tuple[str, ...] = ()
    warnings: int = 0
    masq: bool = False
    addresses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Running:
    """A director that runs; *answer* is None when it does not answer in time."""

    name: str
    path: str = ""
    digest: str = ""
    error: bool = False
    answers: bool = True


@dataclass(frozen=True, slots=True)
class Agent:
    """A resource agent. *trouble* is why it cannot tell what it is."""

    name: str
    there: bool
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Corosync:
    """``corosync.conf``, as far as it matters, and whether corosync answers."""

    nodes: int = 0
    two_node: bool = False
    wait_for_all: bool | None = None
    token: int = 0
    running: bool | None = None
    quorate: bool | None = None


@dataclass(frozen=True, slots=True)
class Pacemaker:
    """The cluster's configuration and state.

    *ours* are its resources of the provider lvsha; *fences* whether it has a
    device to fence with; *enabled* what stonith-enabled says.
    """

    reachable: bool
    enabled: bool = True
    fences: bool = False
    maintenance: bool = False
    ours: tuple[str, ...] = ()
    offline: tuple[str, ...] = ()
    standby: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    unordered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sharing:
    """How the configuration is kept equal.

    *peers* has the digest each director told last. *listens* is whether somebody
    takes what csync2 sends.
    """

    configured: bool = False
    listens: bool | None = None
    peers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that was seen. *unseen* tells of each check why it could not be made."""

    root: bool = True
    kernel: Kernel = Kernel()
    loud: tuple[Loud, ...] | None = ()
    configuration: Configuration = Configuration()
    running: tuple[Running, ...] = ()
    agents: tuple[Agent, ...] = ()
    hindrance: str = ""
    corosync: Corosync | None = None
    pacemaker: Pacemaker | None = None
    sharing: Sharing = Sharing()
    synchronised: bool | None = None
    unseen: Mapping[str, str] = field(default_factory=dict)

    @property
    def clustered(self) -> bool:
        """Tell whether this machine belongs to a cluster."""
        return self.corosync is not None or self.pacemaker is not None
