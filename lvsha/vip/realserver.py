"""The real server's side: it has the VIP as well, and says so to nobody.

A packet of a virtual service forwarded by *gate* or *ipip* arrives with the
VIP still in it, so a real server must take it for its own. But only the
director may answer when somebody asks for the VIP. So it goes on ``lo``, or
on the tunnel's interface, and ARP is told to keep quiet about it. IPv6 never
answers for an address of another interface.
"""

import errno
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NamedTuple

from lvsha.address import Address
from lvsha.errors import KernelError
from lvsha.vip import record
from lvsha.vip.addresses import Interfaces
from lvsha.vip.wire import Grant, Link, LinkFlag

_SYSCTL: Final = Path("/proc/sys/net/ipv4/conf")
_ARP_IGNORE: Final = "all/arp_ignore"
_ARP_ANNOUNCE: Final = "all/arp_announce"

# Values that do as well as the first, which is what is set; an interface's own
# value and that of "all" count as their maximum (ip-sysctl, IN_DEV_MAXCONF).
# ignore 1: answer only for addresses of the interface that was asked.
# announce 2: never name the VIP as the sender of an ARP question.
# rp_filter 2: a client's packet comes out of the tunnel, and the way to the
# client does not lead back into it; 0 would not do where "all" is 1.
_SUFFICIENT: Final[Mapping[str, tuple[str, ...]]] = {
    "arp_ignore": ("1", "2", "8"),
    "arp_announce": ("2",),
    "rp_filter": ("2",),
}
# What makes a tunnel's interface appear.
_TUNNELS: Final[Mapping[str, str]] = {"tunl0": "ipip", "ip6tnl0": "ip6_tunnel"}
_MODULE_SECONDS: Final = 10.0


class Place(NamedTuple):
    """A VIP, and the interface of the real server that has it."""

    address: Address
    nic: str


class Status(NamedTuple):
    """Whether a real server takes packets for a VIP, and what is wrong if not."""

    place: Place
    present: bool
    problems: tuple[str, ...]

    @property
    def well(self) -> bool:
        """Tell whether it is there and kept quiet about."""
        return self.present and not self.problems


def placed(address: Address, nic: str) -> Place:
    """Return where *address* goes when *nic* was asked for: 6 has its own tunnel."""
    six = address.version == 6  # noqa: PLR2004
    return Place(address, "ip6tnl0" if six and nic == "tunl0" else nic)


def settings(places: Collection[Place]) -> list[str]:
    """Return the sysctls that *places* need."""
    wanted: list[str] = []
    if any(place.address.version == 4 for place in places):  # noqa: PLR2004
        wanted += [_ARP_IGNORE, _ARP_ANNOUNCE]
    if any(place.nic == "tunl0" for place in places):
        wanted.append("tunl0/rp_filter")
    return wanted


class RealServer:
    """The machine as a real server; *directory* holds how it was before."""

    def __init__(self, directory: Path) -> None:
        """Keep record in *directory*."""
        self._file = directory / "realserver.json"

    def places(self) -> list[Place]:
        """Return what is up, by the record."""
        said = (record.read(self._file) or {}).get("vips")
        if not isinstance(said, dict):
            return []
        return [Place(ip_address(word), str(nic)) for word, nic in said.items()]

    def up(self, places: Sequence[Place]) -> None:
        """Have *places*; those that are there already stay. Raises *KernelError*."""
        with record.held(self._file), Interfaces() as interfaces:
            links = self._links(interfaces, {place.nic for place in places})
            known = dict(self.places())
            every = known | dict(places)
            kept = self._words("kept")
            kept |= {
                str(one.address)
                for one in interfaces.held()
                for nic in [dict(places).get(one.address)]
                if nic and links[nic].index == one.index and one.address not in known
            }
            before = self._strings("before")
            wanted = settings([Place(*one) for one in every.items()])
            for name in wanted:
                if not _sufficient(name):
                    before.setdefault(name, _value(name))
            raised = self._words("raised")
            raised |= {
                nic for nic, link in links.items() if not link.flags & LinkFlag.UP
            }
            # On record before it is done: whatever happens, it can be undone.
            self._write(every, before, raised, kept)
            for name in wanted:
                if not _sufficient(name):
                    _set(name, _SUFFICIENT[name.rpartition("/")[2]][0])
            for nic in raised & links.keys():
                interfaces.switch(links[nic], up=True)
            for place in places:
                length = place.address.max_prefixlen
                grant = Grant(place.address, length, host_scope=True)
                interfaces.add(grant, links[place.nic])

    def down(self, addresses: Collection[Address]) -> None:
        """Give *addresses* up, and be as before when none is left."""
        with record.held(self._file), Interfaces() as interfaces:
            known = {link.name: link for link in interfaces.links()}
            every, kept = dict(self.places()), self._words("kept")
            for address in addresses:
                # First of all: what is quiet must not become loud while it is here.
                # What was there before is no part of it, and stays.
                nic = every.pop(address, "lo")
                ours = {*_QUIET, nic} - ({nic} if str(address) in kept else set())
                interfaces.remove(address, within=ours)
                kept.discard(str(address))
            before, raised = self._strings("before"), self._words("raised")
            needed = settings([Place(*one) for one in every.items()])
            for name in [name for name in before if name not in needed]:
                _restore(name, before.pop(name))
            for nic in raised - set(every.values()):
                if nic in known:
                    interfaces.switch(known[nic], up=False)
                raised.discard(nic)
            if every:
                self._write(every, before, raised, kept)
            else:
                self._file.unlink(missing_ok=True)

    def status(self, places: Collection[Place]) -> list[Status]:
        """Return how it is with each of *places*, by the kernel's word."""
        with Interfaces() as interfaces:
            names = {link.index: link for link in interfaces.links()}
            held = interfaces.held()
        found = []
        for place in places:
            nics = [
                names[one.index].name
                for one in held
                if one.address == place.address and one.index in names
            ]
            elsewhere = [nic for nic in nics if nic != place.nic]
            problems = [f"{place.address} is on '{nic}' as well" for nic in elsewhere]
            problems += [
                f"'{nic}' is down"
                for nic in [place.nic]
                if any(
                    link.name == nic and not link.flags & LinkFlag.UP
                    for link in names.values()
                )
            ]
            problems += [
                f"net.ipv4.conf.{name.replace('/', '.')} is {_value(name) or 'missing'}"
                for name in settings([place])
                if not _sufficient(name)
            ]
            present = place.nic in nics
            found.append(Status(place, present, tuple(problems)))
        return found

    def _links(self, interfaces: Interfaces, nics: Collection[str]) -> dict[str, Link]:
        """Return the interfaces *nics*, making those of tunnels appear."""
        names = {link.name for link in interfaces.links()}
        for nic in nics:
            if nic in _TUNNELS and nic not in names:
                _load(_TUNNELS[nic])
        return {nic: interfaces.link(nic) for nic in nics}

    def _strings(self, key: str) -> dict[str, str]:
        said = (record.read(self._file) or {}).get(key)
        if not isinstance(said, dict):
            return {}
        return {str(name): str(value) for name, value in said.items()}

    def _words(self, key: str) -> set[str]:
        said = (record.read(self._file) or {}).get(key)
        return set(map(str, said)) if isinstance(said, list) else set()

    def _write(
        self,
        every: Mapping[Address, str],
        before: Mapping[str, str],
        raised: Collection[str],
        kept: Collection[str],
    ) -> None:
        content = {
            "vips": {str(address): nic for address, nic in every.items()},
            "before": dict(before),
            "raised": sorted(raised),
            "kept": sorted(kept),
        }
        record.write(self._file, content)


# Where a VIP of a real server may be.
_QUIET: Final = ("lo", *_TUNNELS)


def _value(name: str) -> str:
    try:
        return (_SYSCTL / name).read_text().strip()
    except FileNotFoundError:
        return ""


def _sufficient(name: str) -> bool:
    return _value(name) in _SUFFICIENT[name.rpartition("/")[2]]


def _set(name: str, value: str) -> None:
    try:
        (_SYSCTL / name).write_text(f"{value}\n")
    except OSError as error:
        dotted = f"net.ipv4.conf.{name.replace('/', '.')}"
        raise KernelError(
            error.errno or errno.EIO, f"cannot set {dotted} to {value}: {error}"
        ) from error


def _restore(name: str, value: str) -> None:
    """Set it back, unless somebody else has changed it since."""
    if _value(name) == _SUFFICIENT[name.rpartition("/")[2]][0] and value:
        _set(name, value)


def _load(module: str) -> None:
    """Ask for the module; whether it came shows when the interface is looked up."""
    import subprocess  # noqa: PLC0415 - slow to import and rarely needed

    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            ["modprobe", module],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_MODULE_SECONDS,
        )
