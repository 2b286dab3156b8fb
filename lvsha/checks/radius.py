"""RADIUS: ask whether a password is right, and believe only who knows the secret.

The bytes are pyrad's; no socket is touched here.
"""

import hmac
from ipaddress import ip_address
from typing import Final

from pyrad.packet import (
    AccessAccept,
    AccessChallenge,
    AccessReject,
    AuthPacket,
    Packet,
    PacketError,
)

from lvsha.checks.dialogue import (
    SILENCE,
    Again,
    CheckFailed,
    Dialogue,
    Hidden,
    NoAnswer,
    Ourselves,
    Satisfied,
    called,
)
from lvsha.identity import Address
from lvsha.model import Check

# RFC 2865, 5; RFC 2869, 5.14.
_USER_NAME: Final = 1
_USER_PASSWORD: Final = 2
_MESSAGE_AUTHENTICATOR: Final = 80
_NAS_ADDRESS: Final = {4: 4, 6: 95}  # the second by RFC 3162, 2.1
_UNSIGNED: Final = bytes(16)
_HEAD: Final = 20

_MEANING: Final = {AccessReject: "rejected", AccessChallenge: "challenged"}

# RFC 2865, 3: no packet is longer, no password either.
_LONGEST: Final = 4096
_PASSWORD: Final = 128

# Packets that are nobody's that are passed over before we stop listening.
_STRAY: Final = 1000


def radius(check: Check) -> Dialogue:
    """Check that login and password are accepted, by somebody who knows the secret.

    A reply that is not signed with it is none, as RFC 2865 has it.
    """
    call = called(check)
    yield call
    host, _, _ = (yield Ourselves()).decode().rpartition(":")
    asked, words = _request(check, ip_address(host.strip("[]")))
    # RFC 2865, 2.5: the same request, so that a server knows it for a repetition.
    said: Again | bytes = Again(words)
    stray = 0
    try:
        while stray < _STRAY:
            heard = yield said
            said = SILENCE
            code = _code(heard, asked)
            if code == AccessAccept:
                return Satisfied()
            if code:
                raise CheckFailed(f"answer: {_MEANING.get(code, f'code {code}')}")
            stray += 1
    except NoAnswer as silence:
        passed = f", {stray} packets not signed with the secret" if stray else ""
        raise CheckFailed(f"{silence} (waiting for the answer{passed})") from None
    raise CheckFailed(f"answer: {stray} packets, none of them signed with the secret")


def _request(check: Check, ours: Address) -> tuple[AuthPacket, Hidden]:
    """Return the request from *ours*, and its bytes signed as RFC 2869 wants it.

    The signature comes first: a server may refuse to look further without it.
    """
    credentials = check.credentials
    packet = AuthPacket(
        secret=_octets(credentials.secret),
        authenticator=AuthPacket.CreateAuthenticator(),
    )
    passwd = _octets(credentials.passwd)
    if len(passwd) > _PASSWORD:
        raise CheckFailed(f"a password for RADIUS has {_PASSWORD} bytes at most")
    packet[_MESSAGE_AUTHENTICATOR] = [_UNSIGNED]
    packet[_USER_NAME] = [_octets(credentials.login)]
    packet[_USER_PASSWORD] = [packet.PwCrypt(passwd)]
    packet[_NAS_ADDRESS[ours.version]] = [ours.packed]
    try:
        words = packet.RequestPacket()
    except ValueError as reason:
        raise CheckFailed("login is too long for RADIUS") from reason
    return packet, _signed(words, packet.secret)


def _signed(words: bytes, secret: bytes) -> Hidden:
    """Return *words* with their first attribute, which is unsigned, signed."""
    at = _HEAD + 2
    signature = hmac.digest(secret, words, "md5")
    return Hidden(words[:at] + signature + words[at + len(signature) :])


def _code(heard: bytes, asked: AuthPacket) -> int:
    """Return the code of the reply to *asked*, 0 for anything else."""
    if len(heard) > _LONGEST:
        return 0
    try:
        reply = Packet(secret=asked.secret, packet=heard)
    except (PacketError, ValueError, IndexError):
        return 0
    code: int = reply.code if asked.VerifyReply(reply, heard) else 0
    return code


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
