"""Interfaces and their addresses: what there is, putting one on, taking it off.

Whether an address is ours is answered by the kernel's list of addresses and
by nothing else: a route can lead anywhere.
"""

import errno
import os
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from ipaddress import IPv4Address, ip_interface
from types import TracebackType
from typing import Final, Self

from lvsha.address import Address
from lvsha.errors import KernelError
from lvsha.vip import wire
from lvsha.vip.rtnetlink import SECONDS, Refused, RouteSocket
from lvsha.vip.wire import Grant, Held, Link, Make, Request

# How often a tentative address is looked at: detection takes a second and more.
_LOOK_AGAIN: Final = 0.02

_MEANINGS: Final[Mapping[int, str]] = {
    errno.EPERM: "needs CAP_NET_ADMIN",
    errno.EEXIST: "the interface has it already",
    errno.EADDRNOTAVAIL: "the interface does not have it",
    errno.ENODEV: "no such interface, or IPv6 is off on it",
    errno.EACCES: "IPv6 is off on the interface",
    errno.EINVAL: "a prefix or label that does not fit",
    errno.ENETUNREACH: "no route leads there",
    errno.EHOSTUNREACH: "no route leads there",
    errno.ENOBUFS: "out of memory, or the interface is too small for IPv6",
    errno.ETIMEDOUT: "no answer in time, the outcome is unknown",
    errno.EOPNOTSUPP: "not known to this kernel",
    errno.EAFNOSUPPORT: "the kernel lacks this version of IP",
}


class Interfaces(AbstractContextManager["Interfaces"]):
    """The interfaces of the network namespace in which it was opened."""

    def __init__(self, seconds: float = SECONDS) -> None:
        """Ask the kernel, which has *seconds* for each answer."""
        self._socket = RouteSocket(seconds)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the socket; the addresses stay as they are."""
        self._socket.__exit__(kind, error, trace)

    def links(self) -> list[Link]:
        """Return every interface."""
        found: list[Link] = []
        try:
            self._socket.dump(
                Request.GET_LINK,
                wire.every_link(),
                lambda *at: found.append(wire.link(*at)),
            )
        except Refused as answer:
            raise _refused("list the interfaces", answer) from answer
        return found

    def link(self, name: str) -> Link:
        """Return the interface *name*; raises *KernelError* when there is none."""
        for link in self.links():
            if link.name == name:
                return link
        raise KernelError(errno.ENODEV, f"no interface is called '{name}'")

    def held(self) -> list[Held]:
        """Return every address of every interface."""
        found: list[Held] = []

        def take(page: bytearray, start: int, end: int) -> None:
            if address := wire.held(page, start, end):
                found.append(address)

        try:
            self._socket.dump(Request.GET_ADDRESS, wire.every_address(), take)
        except Refused as answer:
            raise _refused("list the addresses", answer) from answer
        return found

    def add(self, grant: Grant, link: Link) -> bool:
        """Put *grant* on *link*; tell whether it was not there before."""
        payload = wire.granted(grant, link.index)
        flags = Make.CREATE | Make.EXCLUSIVE
        try:
            self._socket.ask(Request.NEW_ADDRESS, payload, flags=flags)
        except Refused as answer:
            if answer.number == errno.EEXIST:
                return False
            what = f"add {grant.address}/{grant.prefix} to '{link.name}'"
            raise _refused(what, answer) from answer
        return True

    def switch(self, link: Link, *, up: bool) -> None:
        """Switch *link* on or off."""
        try:
            self._socket.ask(Request.NEW_LINK, wire.switched(link.index, up=up))
        except Refused as answer:
            what = f"switch {'on' if up else 'off'} '{link.name}'"
            raise _refused(what, answer) from answer

    def remove(
        self, address: Address, *, within: Collection[str] | None = None
    ) -> list[Held]:
        """Take *address* from every interface, or those *within*; return where it was.

        With an IPv4 address the kernel drops those it put second to it; they
        are put back.
        """
        before = self.held()
        gone = [one for one in before if one.address == address]
        if gone and within is not None:
            indices = {link.index for link in self.links() if link.name in within}
            gone = [one for one in gone if one.index in indices]
        for one in gone:
            payload = wire.withdrawn(address, one.prefix, one.index)
            try:
                self._socket.ask(Request.DELETE_ADDRESS, payload)
            except Refused as answer:
                if answer.number != errno.EADDRNOTAVAIL:
                    what = f"remove {address}/{one.prefix} from '{self._name(one)}'"
                    raise _refused(what, answer) from answer
        if any(isinstance(one.address, IPv4Address) for one in gone):
            self._put_back(before, gone)
        return gone

    def _put_back(self, before: Sequence[Held], gone: Sequence[Held]) -> None:
        """Give back what went with the addresses in *gone* and should not have."""
        networks = {(one.index, _network(one)) for one in gone}
        neighbours = [
            one
            for one in before
            if one not in gone and (one.index, _network(one)) in networks
        ]
        if not neighbours:
            return
        still = {(one.index, one.address) for one in self.held()}
        lost = [one for one in neighbours if (one.index, one.address) not in still]
        for one in lost:
            grant = Grant(one.address, one.prefix, one.label, life=one.life)
            self.add(grant, Link(one.index, self._name(one), 0))

    def _name(self, held: Held) -> str:
        names = {link.index: link.name for link in self.links()}
        return names.get(held.index, f"#{held.index}")

    def toward(self, address: Address) -> Link:
        """Return the interface to put *address* on when nobody named one.

        It is the one that has it, then the one whose network it is in, then
        the one by which the kernel would send a packet there. Raises
        *KernelError* when that is none, or only loopback.
        """
        links = {link.index: link for link in self.links()}
        held = [one for one in self.held() if one.index in links]
        for one in held:
            if one.address == address and not links[one.index].loopback:
                return links[one.index]
        near = [
            one
            for one in held
            if one.prefix < one.address.max_prefixlen
            and address in ip_interface(f"{one.address}/{one.prefix}").network
            and not links[one.index].loopback
        ]
        if near:
            return links[max(near, key=lambda one: one.prefix).index]
        link = links.get(self._routed(address))
        if link is None or link.loopback:
            raise KernelError(
                errno.ENETUNREACH,
                f"no interface leads to {address}: name the one it is for",
            )
        return link

    def _routed(self, address: Address) -> int:
        found: list[int] = []

        def take(page: bytearray, start: int, end: int) -> None:
            found.append(wire.outgoing(page, start, end) or 0)

        try:
            self._socket.ask(Request.GET_ROUTE, wire.route_to(address), take)
        except Refused:
            return 0
        return found[0] if found else 0

    def wait_settled(
        self, addresses: Collection[Address], *, seconds: float
    ) -> list[Held]:
        """Wait until none of *addresses* is tentative; return them.

        Raises *KernelError* when the kernel found somebody else who has one,
        or when *seconds* are over.
        """
        deadline = time.monotonic() + seconds
        while True:
            mine = [one for one in self.held() if one.address in addresses]
            for one in mine:
                if one.duplicate:
                    raise KernelError(
                        errno.EADDRINUSE,
                        f"somebody else on the link of '{self._name(one)}'"
                        f" has {one.address}",
                    )
            waiting = [one for one in mine if one.tentative]
            if not waiting:
                return mine
            if time.monotonic() > deadline:
                raise KernelError(
                    errno.ETIMEDOUT,
                    f"{waiting[0].address} is still tentative after {seconds:g} s:"
                    " is there a carrier?",
                )
            time.sleep(_LOOK_AGAIN)


def _network(held: Held) -> str:
    return str(ip_interface(f"{held.address}/{held.prefix}").network)


def _refused(what: str, answer: Refused) -> KernelError:
    number = answer.number
    name = errno.errorcode.get(number, str(number))
    meaning = _MEANINGS.get(number, os.strerror(number))
    return KernelError(number, f"cannot {what}: {name} ({meaning})")
