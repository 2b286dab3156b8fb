"""A drill's scenarios: what the director is told and what its table must be. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Method = Literal["gate", "masq", "ipip"]

REALS: Final = ("real1", "real2")
"""The real servers a scenario begins with."""

JOINING: Final = "real3"
"""The one that joins when the file is edited."""

FALLBACK: Final = "fallback"
"""Who answers when no real server can: the director itself."""

_SHOWN: Final[Mapping[str, str]] = {
    "gate": "-g -w {weight}",
    "masq": "-m -w {weight}",
    "ipip": "-i -w {weight} --tun-type ipip",
}
"""How ``ipvsadm -Sn`` prints a destination's settings."""

_TAIL: Final = """\
        service = {service}
        request = "{request}"
        receive = "still alive"
        scheduler = wlc
        protocol = {protocol}
        checktype = negotiate
"""
_HEAD: Final = """\
checktimeout = 3
checkinterval = 5
autoreload = yes
quiescent = yes
"""
INTERVAL: Final = 5.0
"""Seconds between two checks of a real server, as the configuration says."""

CHECK_TIMEOUT: Final = 3.0
"""Seconds a check may take, as the configuration says."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way to forward: *method*, address family, transport, address or mark."""

    name: str
    summary: str
    method: Method = "gate"
    protocol: Literal["tcp", "udp"] = "tcp"
    version: Literal[4, 6] = 4
    port: int = 80
    mark: int = 0

    @property
    def vip(self) -> str:
        """The address clients use."""
        return "fd00:77::200" if self.version == 6 else "192.168.0.200"  # noqa: PLR2004

    def address(self, server: str) -> str:
        """Return the address of *server* as the director uses it."""
        if server == FALLBACK:
            return "::1" if self.version == 6 else "127.0.0.1"  # noqa: PLR2004
        number = int(server.removeprefix("real"))
        prefix = "fd00:77::1" if self.version == 6 else "192.168.0.1"  # noqa: PLR2004
        return f"{prefix}{number}0"

    def endpoint(self, server: str) -> str:
        """Return the address and port of *server*, an IPv6 address in brackets."""
        return _endpoint(self.address(server), self.port)

    @property
    def virtual(self) -> str:
        """The virtual service as the file names it."""
        return str(self.mark) if self.mark else _endpoint(self.vip, self.port)


SCENARIOS: Final[Mapping[str, Scenario]] = {
    scenario.name: scenario
    for scenario in (
        Scenario("gate", "direct routing: the guide's example"),
        Scenario("masq", "masquerading, the client in another network", "masq"),
        Scenario("ipip", "tunnelling", "ipip"),
        Scenario("fwmark", "a firewall mark, direct routing", mark=1),
        Scenario("udp", "UDP, direct routing", protocol="udp", port=5007),
        Scenario("ipv6", "IPv6, direct routing", version=6),
    )
}
"""What ``all`` runs, in this order."""


def configuration(scenario: Scenario, reals: Sequence[str] = REALS) -> str:
    """Return the file of *scenario* with the real servers *reals*."""
    six = "6" if scenario.version == 6 else ""  # noqa: PLR2004
    servers = "".join(
        f"        real{six} = {scenario.endpoint(name)} {scenario.method}\n"
        for name in reals
    )
    return (
        f"{_HEAD}virtual{six} = {scenario.virtual}\n{servers}"
        f"        fallback{six} = {scenario.endpoint(FALLBACK)} gate\n"
        + _TAIL.format(
            service="http" if scenario.protocol == "tcp" else "simpletcp",
            request="test.html" if scenario.protocol == "tcp" else "test",
            protocol="fwm" if scenario.mark else scenario.protocol,
        )
    )


def mistaken(scenario: Scenario) -> tuple[str, int]:
    """Return the file with a slip of the pen in it, and the line that has it."""
    right = configuration(scenario, (*REALS, JOINING)).splitlines(keepends=True)
    at = next(
        number
        for number, line in enumerate(right)
        if scenario.endpoint(JOINING) in line
    )
    right[at] = right[at].replace("real", "rael", 1)
    return "".join(right), at + 1


def rows(
    scenario: Scenario, weights: Mapping[str, int], *, fallback: bool = False
) -> frozenset[str]:
    """Return what ``ipvsadm -Sn`` must print, as a set of lines."""
    service = _service(scenario)
    lines = {f"-A {service} -s wlc"}
    for name, weight in weights.items():
        lines.add(_row(scenario, name, str(weight)))
    if fallback:
        lines.add(_row(scenario, FALLBACK, "1"))
    return frozenset(lines)


def brief(scenario: Scenario, lines: frozenset[str]) -> str:
    """Return a table in few words: names and weights, other lines as they are."""
    service = _service(scenario)
    names = (*REALS, JOINING, FALLBACK)
    known = {scenario.endpoint(name): name for name in names}
    words = []
    for line in sorted(lines - {f"-A {service} -s wlc"}):
        parts = line.split()
        name = known.get(parts[parts.index("-r") + 1]) if "-r" in parts else None
        weight = parts[parts.index("-w") + 1] if "-w" in parts else ""
        plain = name and line == _row(scenario, name, weight)
        words.append(f"{name}={weight}" if plain else f"'{line}'")
    return " ".join(words) if lines else "empty"


def _row(scenario: Scenario, server: str, weight: str) -> str:
    shown = _SHOWN["gate" if server == FALLBACK else scenario.method]
    settings = shown.format(weight=weight)
    return f"-a {_service(scenario)} -r {scenario.endpoint(server)} {settings}"


def _service(scenario: Scenario) -> str:
    if scenario.mark:
        return f"-f {scenario.mark}"
    return f"-{scenario.protocol[0]} {_endpoint(scenario.vip, scenario.port)}"


def _endpoint(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
