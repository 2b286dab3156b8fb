"""DNS: ask for an address or a name, and look at what is answered.

The bytes are dnspython's; no socket is touched here.
"""

from collections.abc import Generator, Iterator
from dataclasses import replace
from ipaddress import ip_address
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.reversename
from dns.rdtypes.ANY.PTR import PTR
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA

from lvsha.checks.dialogue import (
    SILENCE,
    Again,
    Call,
    CheckFailed,
    Dialogue,
    NoAnswer,
    Satisfied,
    called,
    quoted,
)
from lvsha.identity import Protocol
from lvsha.model import Check
from lvsha.pattern import compiled

_ADDRESSES: Final = (dns.rdatatype.A, dns.rdatatype.AAAA)
_NAMES: Final = (dns.rdatatype.PTR,)

# Answers to something else that are passed over before we stop listening.
_STRAY: Final = 1000

_Asked = Generator[Call | Again | bytes, bytes, dns.message.Message]


def dns_check(check: Check) -> Dialogue:
    """Check that an address or a name in the answer matches.

    The request goes without its slash: an address is asked for its name (PTR),
    a name for its IPv4 address and, if none of those matches, for its IPv6
    address. Nothing matches an empty pattern.
    """
    call = called(check)
    name, kinds = _wanted(check.request.removeprefix("/"))
    pattern = compiled(check.receive)
    seen: list[str] = []
    for kind in kinds:
        answer = yield from _ask(call, dns.message.make_query(name, kind))
        for text in _texts(answer):
            if check.receive and pattern.search(text.encode()):
                return Satisfied()
            seen.append(text)
    if not check.receive:
        raise CheckFailed("no receive: nothing can match")
    if not seen:
        raise CheckFailed("answer: neither an address nor a name")
    some = ", ".join(quoted(text) for text in seen[:3])
    more = ", ..." if len(seen) > len(seen[:3]) else ""
    raise CheckFailed(f"answer: none of {some}{more} matches {quoted(check.receive)}")


def _wanted(request: str) -> tuple[dns.name.Name, tuple[dns.rdatatype.RdataType, ...]]:
    """Return what is asked about, and of what type the answer is to be."""
    try:
        return dns.reversename.from_address(str(ip_address(request))), _NAMES
    except ValueError:
        pass
    try:
        return dns.name.from_text(request), _ADDRESSES
    except (dns.exception.DNSException, UnicodeError) as reason:
        raise CheckFailed(f"request: {quoted(request)} is no domain name") from reason


def _ask(call: Call, query: dns.message.Message) -> _Asked:
    """Return the answer to *query*, over TCP if it is too long for a datagram."""
    if call.transport is Protocol.UDP:
        answer = yield from _by_datagram(call, query)
        if answer is not None:
            return _good(answer)
    return _good((yield from _by_stream(replace(call, transport=Protocol.TCP), query)))


def _by_datagram(
    call: Call, query: dns.message.Message
) -> Generator[Call | Again | bytes, bytes, dns.message.Message | None]:
    """Return the answer, None for one that was cut; pass over what is none."""
    said: Again | bytes = Again(query.to_wire())
    yield call
    stray = 0
    try:
        while stray < _STRAY:
            heard = yield said
            said = SILENCE
            answer = _read(heard, query)
            if answer is not None:
                return None if answer.flags & dns.flags.TC else answer
            stray += 1
    except NoAnswer as silence:
        passed = f", {stray} other datagrams heard" if stray else ""
        raise CheckFailed(f"{silence} (waiting for {_about(query)}{passed})") from None
    raise CheckFailed(f"answer: {stray} datagrams, none of them {_about(query)}")


def _by_stream(call: Call, query: dns.message.Message) -> _Asked:
    """Return the answer, which is preceded by its length (RFC 1035, 4.2.2)."""
    words = query.to_wire()
    said = len(words).to_bytes(2) + words
    yield call
    heard = b""
    try:
        while len(heard) < 2 or len(heard) < 2 + int.from_bytes(heard[:2]):  # noqa: PLR2004
            chunk = yield said
            said = SILENCE
            if not chunk:
                raise CheckFailed(f"connection closed (waiting for {_about(query)})")
            heard += chunk
    except NoAnswer as silence:
        raise CheckFailed(f"{silence} (waiting for {_about(query)})") from None
    answer = _read(heard[2 : 2 + int.from_bytes(heard[:2])], query)
    if answer is None:
        raise CheckFailed(f"answer: {quoted(heard)} is not {_about(query)}")
    return answer


def _read(heard: bytes, query: dns.message.Message) -> dns.message.Message | None:
    """Return the answer to *query* in *heard*, None for anything else."""
    try:
        answer = dns.message.from_wire(heard, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError):
        return None
    return answer if query.is_response(answer) else None


def _good(answer: dns.message.Message) -> dns.message.Message:
    if answer.rcode() != dns.rcode.NOERROR:
        raise CheckFailed(f"answer: {dns.rcode.to_text(answer.rcode())}")
    return answer


def _texts(answer: dns.message.Message) -> Iterator[str]:
    """Return each address and name in the answer section, as a pattern meets it."""
    for rrset in answer.answer:
        for rdata in rrset:
            # Of another class than the Internet's it would have another shape.
            if isinstance(rdata, A | AAAA):
                yield rdata.address
            elif isinstance(rdata, PTR):
                yield rdata.target.to_text(omit_final_dot=True)


def _about(query: dns.message.Message) -> str:
    question = query.question[0]
    return f"{dns.rdatatype.to_text(question.rdtype)} of {quoted(str(question.name))}"
