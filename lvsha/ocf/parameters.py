"""What the cluster's configuration says about a director. Pure."""

from typing import Final, NamedTuple, Self

from lvsha.ocf.environment import Environment, Malformed

CONFIGURATION: Final = "/etc/ha.d/ldirectord.cf"
RUNDIR: Final = "/run/lvsha"
PROGRAM: Final = "lvsha"
PATIENCE: Final = 5
PROFILES: Final = ("none", "sync", "stateless")


class Parameters(NamedTuple):
    """The parameters of a director, usable whatever they say: a stop needs them.

    *faults* tells what is wrong with them. *patience* is how many seconds an
    answer may take.
    """

    configuration: str = CONFIGURATION
    instance: str = ""
    rundir: str = RUNDIR
    program: str = PROGRAM
    patience: float = PATIENCE
    ldirectord: str = ""
    profile: str = PROFILES[0]
    faults: tuple[str, ...] = ()

    @classmethod
    def of(cls, environment: Environment) -> Self:
        """Read *environment*."""
        faults: list[str] = []
        configuration = environment.text("config", "configfile", default=CONFIGURATION)
        other = environment.text("configfile", default=configuration)
        if other != configuration:
            faults.append("parameters 'config' and 'configfile' name two files")
        instance = environment.text("instance", default=_name(configuration))
        if "/" in instance or instance.startswith("."):
            faults.append(
                f"parameter 'instance': expected a name like a file's, got {instance!r}"
            )
        rundir = environment.text("rundir", default=RUNDIR)
        if not rundir.startswith("/"):
            faults.append(f"parameter 'rundir': expected a full path, got {rundir!r}")
        patience = PATIENCE
        try:
            patience = environment.number(
                "patience", default=PATIENCE, least=1, most=600
            )
        except Malformed as error:
            faults.append(str(error))
        profile = environment.text("profile", default=PROFILES[0])
        if profile not in PROFILES:
            words = ", ".join(PROFILES)
            faults.append(f"parameter 'profile': expected one of {words}")
        return cls(
            configuration=configuration,
            instance=instance,
            rundir=rundir,
            program=environment.text("program", default=PROGRAM),
            patience=patience,
            ldirectord=environment.text("ldirectord"),
            profile=profile,
            faults=tuple(faults),
        )

    @property
    def directory(self) -> str:
        """The directory of the instance."""
        return f"{self.rundir}/{self.instance}"


def _name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
