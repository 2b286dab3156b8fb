"""What both versions of IP call an address; light, as every agent waits for it."""

from ipaddress import IPv4Address, IPv6Address

Address = IPv4Address | IPv6Address


def bracketed(address: Address) -> str:
    """Return *address* as it stands before a port: IPv6 in brackets."""
    return f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004
