"""A node on which the director's agent is installed, and a file for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lvsha.lab.node import Node
from lvsha.lab.process import Completed, Process

AGENT: Final = "/usr/lib/ocf/resource.d/lvsha/director"
FILE: Final = "/etc/ha.d/web.cf"
GOOD: Final = """\
checkinterval=1
checktimeout=1
logfile="/var/log/lvsha.log"
virtual=10.77.0.100:80
\treal=10.77.0.1:8080 masq
\tchecktype=connect
\tscheduler=rr
\tprotocol=tcp
"""
BROKEN: Final = GOOD.replace("scheduler=rr", "schedular=rr")
PROGRAM: Final = "#!/usr/bin/python3\nfrom lvsha.cli.main import main\nmain()\n"
_SITE: Final = "/usr/lib/python3/dist-packages"
_SECONDS: Final = 60.0


@dataclass
class Stage:
    """The node with what the tests do to it."""

    node: Node
    server: Process | None = None

    def install(self) -> None:
        """Install lvsha as a package would, compiled."""
        self.sh(
            f"mkdir -p {AGENT.rpartition('/')[0]} /etc/ha.d && "
            f"cp -r /srv/lvsha/lvsha {_SITE}/ && "
            f"cp /srv/lvsha/agents/ocf/* {AGENT.rpartition('/')[0]}/ && "
            f"python3 -I -m compileall -q {_SITE}/lvsha && modprobe ip_vs"
        )
        self.program()

    def program(self) -> None:
        """Install the program."""
        self.write("/usr/bin/lvsha", PROGRAM)
        self.sh("chmod 755 /usr/bin/lvsha")

    def sh(self, line: str, *, check: bool = True) -> Completed:
        """Run a line of shell."""
        return self.node.run(["sh", "-c", line], seconds=_SECONDS, check=check)

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        self.node.run(["tee", path], seconds=_SECONDS, stdin=text.encode())

    def ask(
        self,
        action: str,
        given: Mapping[str, str] | None = None,
        *,
        level: int = 0,
        seconds: float = 20,
    ) -> tuple[int, str]:
        """Return the agent's exit code and the last reason it gave."""
        environment = {
            "OCF_ROOT": "/usr/lib/ocf",
            "OCF_RESOURCE_INSTANCE": "web",
            "OCF_RESKEY_CRM_meta_timeout": str(round(seconds * 1000)),
            "OCF_RESKEY_configfile": FILE,
            "OCF_CHECK_LEVEL": str(level),
        }
        environment |= {f"OCF_RESKEY_{k}": v for k, v in (given or {}).items()}
        done = self.node.run(
            [AGENT, action], seconds=seconds + 20, env=environment, check=False
        )
        lines = done.stderr.decode().splitlines()
        reasons = [line for line in lines if line.startswith("ocf-exit-reason:")]
        return done.status, reasons[-1].partition(":")[2] if reasons else ""

    def serve(self) -> None:
        """Have the real server up."""
        self.server = self.node.start(
            ["socat", "TCP-LISTEN:8080,fork,reuseaddr", "EXEC:cat"]
        )

    def table(self) -> str:
        """Return the kernel's table as ipvsadm saves it."""
        return self.sh("ipvsadm -Sn").stdout.decode()

    def pid(self) -> int:
        """Return the engine's pid."""
        return int(self.sh("cat /run/lvsha/web.cf/lock").stdout)

    def kill(self) -> None:
        """Kill the engine, and first who would start it again."""
        self.sh("cd /run/lvsha/web.cf && kill -9 $(cat guardian) $(cat lock)")

    def left(self) -> list[str]:
        """Return what is left of the director: rows, files, processes."""
        rows = self.table().split("\n")
        files = self.sh("find /run/lvsha -mindepth 1 ! -name '.file-*'", check=False)
        engines = self.sh("pgrep -f '[l]vsha run'", check=False)
        said = files.stdout.decode().split() + engines.stdout.decode().split()
        return [row for row in rows if row] + said
