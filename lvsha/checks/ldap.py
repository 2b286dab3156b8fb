"""LDAP, plain and over TLS: bind, look for one entry, compare its name.

The bytes are pyasn1's, by the definitions of RFC 2251; no socket is touched here.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Final

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pyasn1_modules.rfc2251 import LDAPMessage

from lvsha.checks.dialogue import (
    SILENCE,
    CheckFailed,
    Dialogue,
    NoAnswer,
    Satisfied,
    StartTls,
    Word,
    called,
    quoted,
)
from lvsha.model import Check, Credentials
from lvsha.pattern import compiled

# A message may be this long; slapd takes no longer ones itself.
MESSAGE: Final = 1 << 18

# How many messages a search for one entry may be answered with.
_MESSAGES: Final = 100

# RFC 4511, 4.1.1: every message is a SEQUENCE; X.690, 8.1.3: how long it is.
_SEQUENCE: Final = 0x30
_SHORT: Final = 0x80
_LONGEST_LENGTH: Final = 4

_BASE_OBJECT: Final = 0
_DEREF_FINDING: Final = 2
_START_TLS: Final = "1.3.6.1.4.1.1466.20037"

# RFC 4511, 4.3. The definitions at hand make a SEQUENCE of it.
_UNBIND: Final = b"\x42\0"

# RFC 4511, 4.5.1.8: no attribute at all.
_NOTHING: Final = "1.1"

Heard = Generator[bytes, bytes, LDAPMessage]


def ldap(check: Check) -> Dialogue:
    """Check that a bind is granted and the base is one entry with a matching name.

    The base is the request without its slash. Without both a login and a
    password the bind is anonymous.
    """
    talk = _Conversation()
    sealed = check.service == "ldaps"
    call = called(check, sealed=sealed)
    yield call
    try:
        if check.starttls and not sealed:
            yield from talk.start_tls(call.name)
        yield from talk.bind(check.credentials)
        names = yield from talk.names(check.request.removeprefix("/"))
    except NoAnswer as silence:
        raise CheckFailed(f"{silence} (waiting for the {talk.awaiting})") from None
    if len(names) != 1:
        raise CheckFailed(f"search: expected one entry, got {len(names)}{talk.told}")
    if check.receive and not compiled(check.receive).search(names[0]):
        raise CheckFailed(
            f"search: {quoted(names[0])} does not match {quoted(check.receive)}"
        )
    return Satisfied(farewell=talk.farewell())


@dataclass(slots=True)
class _Conversation:
    """What was heard and not yet understood, and what is waited for.

    *told* is what the directory said of a search that failed.
    """

    awaiting: str = ""
    told: str = ""
    _heard: bytearray = field(default_factory=bytearray)
    _number: int = 0

    def start_tls(self, name: str) -> Generator[Word, bytes, None]:
        """Go on in TLS, for a certificate of *name* (RFC 4511, 4.14)."""
        self.awaiting = "answer to StartTLS"
        message = self._message()
        message["protocolOp"]["extendedReq"]["requestName"] = _START_TLS
        answer = yield from self._next(encoder.encode(message), "extendedResp")
        if why := _refusal(answer):
            raise CheckFailed(f"StartTLS: {why}")
        if self._heard:
            raise CheckFailed(
                f"TLS: said before it began: {quoted(bytes(self._heard))}"
            )
        yield StartTls(name)

    def bind(self, credentials: Credentials) -> Generator[bytes, bytes, None]:
        """Bind; raise CheckFailed if that is refused."""
        self.awaiting = "bind's answer"
        message = self._message()
        request = message["protocolOp"]["bindRequest"]
        known = bool(credentials.login and credentials.passwd)
        request["version"] = 3
        request["name"] = _octets(credentials.login if known else "")
        simple = _octets(credentials.passwd if known else "")
        request["authentication"]["simple"] = simple
        answer = yield from self._next(encoder.encode(message), "bindResponse")
        if why := _refusal(answer):
            raise CheckFailed(f"bind: {why}")

    def names(self, base: str) -> Generator[bytes, bytes, list[bytes]]:
        """Return the names of the entries that are *base*: one, or none."""
        self.awaiting = "search's answer"
        message = self._message()
        request = message["protocolOp"]["searchRequest"]
        request["baseObject"] = _octets(base)
        request["scope"] = _BASE_OBJECT
        request["derefAliases"] = _DEREF_FINDING
        request["sizeLimit"] = request["timeLimit"] = 0
        request["typesOnly"] = False
        request["filter"]["present"] = "objectClass"
        request["attributes"][0] = _NOTHING
        said = encoder.encode(message)
        found: list[bytes] = []
        for _ in range(_MESSAGES):
            answer = yield from self._next(said, "searchRes")
            said = SILENCE
            kind = answer.getName()
            if kind == "searchResEntry":
                found.append(bytes(answer.getComponent()["objectName"]))
            elif kind == "searchResDone":
                why = _refusal(answer)
                self.told = f" ({why})" if why else ""
                return found
        raise CheckFailed(f"search: more than {_MESSAGES} messages without an end")

    def farewell(self) -> bytes:
        """Return the words that end the connection."""
        self._number += 1
        return bytes((_SEQUENCE, 5, 2, 1, self._number)) + _UNBIND

    def _message(self) -> LDAPMessage:
        self._number += 1
        message = LDAPMessage()
        message["messageID"] = self._number
        return message

    def _next(self, said: bytes, wanted: str) -> Heard:
        """Say *said* and return the next answer; raise CheckFailed for another."""
        while True:
            size = _size(self._heard)
            if size and len(self._heard) >= size:
                break
            chunk = yield said
            said = SILENCE
            if not chunk:
                raise CheckFailed(
                    f"connection closed (waiting for the {self.awaiting})"
                )
            self._heard += chunk
        words = bytes(self._heard[:size])
        del self._heard[:size]
        try:
            message, _ = decoder.decode(words, asn1Spec=LDAPMessage())
            number, answer = int(message["messageID"]), message["protocolOp"]
            kind = answer.getName()
        except (PyAsn1Error, ValueError, RecursionError) as reason:
            raise CheckFailed(f"{quoted(words)} is no LDAP message") from reason
        if number == 0:
            raise CheckFailed(f"the directory hangs up: {_refusal(answer)}")
        if number != self._number or not kind.startswith(wanted):
            raise CheckFailed(f"expected the {self.awaiting}, got {kind} to {number}")
        return answer


def _size(heard: bytearray) -> int:
    """Return how long the message *heard* begins with is, 0 for not yet known.

    Raises CheckFailed for what cannot be one.
    """
    if heard[:1] not in (b"", bytes((_SEQUENCE,))):
        raise CheckFailed(f"{quoted(bytes(heard))} is no LDAP message")
    if len(heard) < 2:  # noqa: PLR2004 (a tag and a length)
        return 0
    length = heard[1]
    head = 2
    if length & _SHORT:
        digits = length & ~_SHORT
        if not 0 < digits <= _LONGEST_LENGTH:
            raise CheckFailed(f"{quoted(bytes(heard))} is no LDAP message")
        if len(heard) < head + digits:
            return 0
        length = int.from_bytes(heard[head : head + digits])
        head += digits
    if length > MESSAGE:
        raise CheckFailed(f"an LDAP message of {length} bytes is too long")
    return head + length


def _refusal(answer: LDAPMessage) -> str:
    """Return why *answer* refuses, in the directory's words, or nothing."""
    result = answer.getComponent()
    code = result["resultCode"]
    if not int(code):
        return ""
    words = bytes(result["errorMessage"])
    return (
        f"{code.prettyPrint()}, {quoted(words)}" if words else f"{code.prettyPrint()}"
    )


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
