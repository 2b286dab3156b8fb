"""A resolver that knows the names of the recorded cases and asks nobody."""

from ipaddress import IPv4Address, IPv6Address
from typing import Final

from lvsha.identity import Address

PORTS: Final = {
    ("http", "tcp"): 80,
    ("https", "tcp"): 443,
    ("domain", "tcp"): 53,
    ("domain", "udp"): 53,
    ("sip", "tcp"): 5060,
    ("sip", "udp"): 5060,
}
HOSTS: Final[dict[tuple[str, int], Address]] = {
    ("localhost", 4): IPv4Address("127.0.0.1"),
    ("localhost", 6): IPv6Address("::1"),
}


class Names:
    """Debian's services and the local host."""

    def address(self, host: str, version: int) -> Address | None:
        return HOSTS.get((host, version))

    def port(self, service: str, protocol: str) -> int | None:
        if protocol:
            return PORTS.get((service, protocol))
        return PORTS.get((service, "tcp"))

    def hostname(self) -> str:
        return "testhost"
