"""The agents' actions on this machine's own kernel, beside the classic ones.

Run as root in the lab's image, see :mod:`tests.bench.native`. This kernel may have no
IPVS, so ours keeps its table in memory and ldirectord talks to an ``ipvsadm`` that does
nothing: of the two directors only what needs no table is compared.
"""

import sys
from collections import defaultdict
from pathlib import Path
from typing import Final

from tests.bench.bench_agents import (
    DIRECTOR_GIVEN,
    LIFE,
    ONCE,
    VIP_GIVEN,
    addressed,
    options,
    prepare,
    tell,
    timed,
)
from tests.kernel.link import ip

PROGRAM: Final = Path("/usr/local/sbin/lvsha-in-memory")
IN_MEMORY: Final = """\
#!/usr/bin/python3 -I
import sys
sys.path.insert(0, "/srv/lvsha")
from tests.bench.in_memory import main

main()
"""
DIRECTED: Final = ("meta-data", "validate-all", "monitor")


def measure(rounds: int) -> dict[tuple[str, str], list[float]]:
    """Return the seconds of each agent's actions, in turns."""
    seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
    ours = DIRECTOR_GIVEN | {"program": str(PROGRAM)}
    vips = {"IPaddr2": "heartbeat/IPaddr2", "vip": "lvsha/vip"}
    directors = {
        "ldirectord": ("heartbeat/ldirectord", DIRECTOR_GIVEN),
        "director": ("lvsha/director", ours),
    }
    # the room has a network of its own
    ip("link", "add", "eth0", "type", "veth", "peer", "name", "peer0")
    ip("link", "set", "eth0", "up")
    ip("link", "set", "peer0", "up")
    addressed()
    for agent, given in directors.values():
        timed(agent, "start", given)
    for _ in range(rounds):
        for name, agent in vips.items():
            for action in (*ONCE, *LIFE):
                seconds[name, action].append(timed(agent, action, VIP_GIVEN))
        for name, (agent, given) in directors.items():
            for action in DIRECTED:
                seconds[name, action].append(timed(agent, action, given))
    return seconds


def main() -> int:
    """Print the table; return 1 if a target was missed."""
    chosen = options()
    prepare()
    PROGRAM.write_text(IN_MEMORY)
    PROGRAM.chmod(0o755)
    Path("/usr/sbin/ipvsadm").unlink()
    Path("/usr/sbin/ipvsadm").symlink_to("/bin/true")
    return tell(measure(chosen.rounds), chosen.rounds, chosen.json)


if __name__ == "__main__":
    sys.exit(main())
