"""What ``ocf:lvsha:director`` says about itself."""

from typing import Final

from lvsha import VERSION
from lvsha.ocf.metadata import Action, Metadata, Parameter
from lvsha.ocf.parameters import CONFIGURATION, PATIENCE, PROFILES, PROGRAM, RUNDIR

_FULL: Final = """
Runs lvsha, the director of a Linux Virtual Server (LVS): it checks the real
servers and keeps the kernel's table of virtual services as the configuration
and their health ask for. The configuration is ldirectord's.

Use it as a plain primitive, started together with the virtual address (the
standby is cold), or as a clone on every director, so that the standby knows the
health of all real servers and has its table ready before the address arrives.
A primitive of ocf:heartbeat:ldirectord becomes this one by its name alone.

A director that is killed or frozen is started again in its place, within the
parameter patience, three times a minute at most; no connection ends for it. While a
virtual service has no real server that is up, the result is 'degraded' (190),
which Pacemaker shows and does not act upon.
With OCF_CHECK_LEVEL=10 the kernel's table has to be the desired one, too.
With OCF_CHECK_LEVEL=20 every virtual service also needs a real server that is
up, or a fallback; otherwise the monitor fails and the director is recovered.

stop needs neither the configuration nor a director that answers: what was added
to the kernel's table is on record, and is taken out of it, except for virtual
services with cleanstop = no. Programs other than the director keep their rows.

A configuration that is missing or wrong makes start return 5: this node is no
place for the director, another one may be. The reasons, with line numbers, are
in the failed action's exit reason.
"""

METADATA: Final = Metadata(
    name="director",
    version=VERSION,
    brief="Runs an LVS director, compatible with ldirectord",
    full=_FULL,
    parameters=(
        Parameter(
            "configfile",
            "string",
            "Configuration file",
            "The configuration file, in ldirectord's language. A name without a"
            " directory is looked for in /etc/ha.d and in /etc/ha.d/conf.",
            default=CONFIGURATION,
        ),
        Parameter(
            "config",
            "string",
            "Configuration file",
            "The same as configfile; give one of the two.",
        ),
        Parameter(
            "ldirectord",
            "string",
            "Not used",
            "Where the program ldirectord is. Accepted so that a resource of"
            " ocf:heartbeat:ldirectord works as it is; it is not used.",
            reloadable=True,
        ),
        Parameter(
            "instance",
            "string",
            "Name of this director",
            "What this director is called in the commands of lvsha and below"
            " rundir. Without it: the name of the configuration file, without its"
            " directories. Two directors on a node need two names.",
        ),
        Parameter(
            "rundir",
            "string",
            "Directory of the directors at run time",
            "The directory in which every director has its lock, its control"
            " socket and the record of its rows. It has to be empty after a boot.",
            default=RUNDIR,
        ),
        Parameter(
            "program",
            "string",
            "The program lvsha",
            "The program that is started; without a directory it is looked for"
            " where system programs are.",
            default=PROGRAM,
        ),
        Parameter(
            "profile",
            "string",
            "Sysctls for connections that survive a failover",
            "Sysctls below net.ipv4.vs that are set while the director works, and"
            " set back when it stops: 'sync' for directors that synchronise their"
            " connections, 'stateless' for those whose virtual services all have"
            " scheduler mh or sh, 'none' to leave them alone. 'lvsha sync profile"
            " --show' tells each with its reason.",
            default=PROFILES[0],
        ),
        Parameter(
            "patience",
            "integer",
            "Seconds an answer may take",
            "A director that has not shown for this many seconds that it works is"
            " taken for frozen, and started again in its place; its table stays. If"
            " that does not help within the monitor's timeout, it is recovered.",
            default=str(PATIENCE),
            reloadable=True,
        ),
    ),
    actions=(
        Action("start", 60),
        Action("stop", 60),
        Action("monitor", 20, interval=10, depth=0),
        Action("reload", 60),
        Action("reload-agent", 20),
        Action("validate-all", 30),
        Action("meta-data", 5),
    ),
)
