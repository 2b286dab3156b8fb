"""Stand-ins for the servers that are checked with a library, each a plain script.

They know just enough of their protocol for one login and one question.
"""

import asyncio
import hashlib
import hmac
import ssl
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from pyasn1.codec.ber import decoder, encoder
from pyasn1_modules.rfc2251 import LDAPMessage
from pyrad.packet import AccessAccept, AccessReject, AuthPacket

from tests.checks_peers import Script

# What everybody's stand-in lets in.
LOGIN = "monitor"
PASSWD = "correct horse"  # noqa: S105
SECRET = "battery staple"  # noqa: S105


def name_server(
    answers: Iterable[str] = (),
    *,
    rcode: dns.rcode.Rcode = dns.rcode.NOERROR,
    cut: bool = False,
) -> Callable[[bytes], bytes]:
    """Return what answers a DNS question with those of *answers* it asks for.

    Each is a line of a zone file: ``www.example.org. 60 IN A 192.0.2.1``.
    """
    rrsets = []
    for line in answers:
        name, ttl, kind, of, data = line.split(maxsplit=4)
        rrsets.append(dns.rrset.from_text(name, int(ttl), kind, of, data))

    def answer(asked: bytes) -> bytes:
        question = dns.message.from_wire(asked)
        reply = dns.message.make_response(question)
        reply.set_rcode(rcode)
        if cut:
            reply.flags |= dns.flags.TC
        else:
            wanted = question.question[0].rdtype
            reply.answer += [each for each in rrsets if each.rdtype == wanted]
        return reply.to_wire()

    return answer


def in_stream(answer: Callable[[bytes], bytes]) -> Script:
    """Return a script that answers one message behind its length (DNS over TCP)."""

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        size = int.from_bytes(await reader.readexactly(2))
        words = answer(await reader.readexactly(size))
        writer.write(len(words).to_bytes(2) + words)
        await writer.drain()

    return script


@dataclass(frozen=True)
class Directory:
    """An LDAP server with the entries *names* for whatever is asked."""

    names: tuple[str, ...] = ("",)
    bind: int = 0
    done: int = 0
    heard: list[LDAPMessage] | None = None
    left: list[bytes] | None = None
    tls: ssl.SSLContext | None = None

    async def script(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while head := await reader.read(2):
            words = head + await reader.readexactly(head[1])
            if words[5:] == b"\x42\0" and self.left is not None:
                self.left.append(words)
            if words[5:] == b"\x42\0":
                return
            message, _ = decoder.decode(words, asn1Spec=LDAPMessage())
            if self.heard is not None:
                self.heard.append(message)
            for reply in self.answers(message):
                writer.write(reply)
            await writer.drain()
            if message["protocolOp"].getName() == "extendedReq" and self.tls:
                await writer.start_tls(self.tls)

    def answers(self, message: LDAPMessage) -> Iterable[bytes]:
        kind = message["protocolOp"].getName()
        if kind == "bindRequest":
            known = message["protocolOp"]["bindRequest"]
            passwd = bytes(known["authentication"]["simple"])
            code = 49 if passwd not in (b"", PASSWD.encode()) else self.bind
            yield self.reply(message, "bindResponse", code)
        elif kind == "extendedReq":
            yield self.reply(message, "extendedResp", 0 if self.tls else 2)
        elif kind == "searchRequest":
            for name in self.names:
                reply = LDAPMessage()
                reply["messageID"] = message["messageID"]
                entry = reply["protocolOp"]["searchResEntry"]
                entry["objectName"] = name.encode()
                entry["attributes"].clear()
                yield encoder.encode(reply)
            yield self.reply(message, "searchResDone", self.done)

    def heard_out(self, said: bytes) -> bytes:
        """Return all that is answered to what was *said*."""
        message, _ = decoder.decode(said, asn1Spec=LDAPMessage())
        return b"".join(self.answers(message))

    @staticmethod
    def reply(message: LDAPMessage, kind: str, code: int) -> bytes:
        reply = LDAPMessage()
        reply["messageID"] = message["messageID"]
        result = reply["protocolOp"][kind]
        result["resultCode"] = code
        result["matchedDN"] = b""
        result["errorMessage"] = b"as you say" if code else b""
        words: bytes = encoder.encode(reply)
        return words


def radius_server(code: int = 0, *, secret: str = SECRET) -> Callable[[bytes], bytes]:
    """Return what answers an Access-Request with *code*, 0 for what is deserved."""

    def answer(asked: bytes) -> bytes:
        request = AuthPacket(packet=asked, secret=secret.encode())
        try:
            given = request.PwDecrypt(request[2][0])
        except UnicodeDecodeError:  # as an older pyrad has it, with another secret
            given = ""
        known = (request[1][0], given) == (LOGIN.encode(), PASSWD)
        deserved = AccessAccept if known else AccessReject
        head = struct.pack("!BBH", code or deserved, asked[1], 20)
        signed = hashlib.md5(head + asked[4:20] + secret.encode())  # noqa: S324
        return head + signed.digest()

    return answer


def signature_is_right(asked: bytes, secret: str = SECRET) -> bool:
    """Tell whether a request's Message-Authenticator comes first and is right."""
    at = 22
    blank = asked[:at] + bytes(16) + asked[at + 16 :]
    wanted = hmac.digest(secret.encode(), blank, "md5")
    return asked[20:22] == b"\x50\x12" and asked[at : at + 16] == wanted


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server without TLS; *tag* is what a statement is answered with."""

    tag: str = "SELECT 1"
    error: str = ""
    stall: bool = False

    async def script(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await self.startup(reader)
        writer.write(b"N")
        words = await self.startup(reader)
        writer.write(self.message(b"R", struct.pack("!I", 3)))
        passwd = await self.heard(reader)
        if (LOGIN.encode() not in words) or passwd != PASSWD.encode() + b"\0":
            told = f'password authentication failed for user "{LOGIN}"'
            writer.write(self.refusal("28P01", told))
            return
        writer.write(self.message(b"R", struct.pack("!I", 0)))
        writer.write(self.message(b"S", b"server_version\x0015.1\0"))
        writer.write(self.message(b"K", struct.pack("!II", 1, 2)))
        writer.write(self.message(b"Z", b"I"))
        await writer.drain()
        await self.heard(reader)
        if self.stall:
            await reader.read()
        if self.error:
            writer.write(self.refusal("42P01", self.error))
        else:
            if self.tag.endswith(("1", "SHOW")):
                column = b"x\0" + struct.pack("!IhIhih", 0, 0, 25, -1, -1, 0)
                writer.write(self.message(b"T", b"\0\1" + column))
                writer.write(self.message(b"D", b"\0\1" + struct.pack("!I", 1) + b"1"))
            writer.write(self.message(b"C", self.tag.encode() + b"\0"))
        writer.write(self.message(b"Z", b"I"))
        await reader.read()

    @staticmethod
    async def startup(reader: asyncio.StreamReader) -> bytes:
        return await reader.readexactly(int.from_bytes(await reader.readexactly(4)) - 4)

    @staticmethod
    async def heard(reader: asyncio.StreamReader) -> bytes:
        head = await reader.readexactly(5)
        return await reader.readexactly(int.from_bytes(head[1:]) - 4)

    @staticmethod
    def message(kind: bytes, words: bytes) -> bytes:
        return kind + (len(words) + 4).to_bytes(4) + words

    @classmethod
    def refusal(cls, code: str, words: str) -> bytes:
        fields = f"SERROR\0C{code}\0M{words}\0\0"
        return cls.message(b"E", fields.encode())


@dataclass(frozen=True)
class Mysql:
    """A MySQL server of the old password; *rows* answer every statement."""

    rows: int = 1
    error: str = ""
    stall: bool = False
    changed: int | None = None

    async def script(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        salt = b"abcdefghijklmnopqrst"
        writer.write(self.packet(0, self.greeting(salt)))
        words = await self.heard(reader)
        if LOGIN.encode() not in words or self.scrambled(salt) not in words:
            told = f"Access denied for user '{LOGIN}'@'localhost'"
            writer.write(self.packet(2, self.refusal(1045, told)))
            return
        writer.write(self.packet(2, self.fine(0)))
        await writer.drain()
        await self.heard(reader)
        if self.stall:
            await reader.read()
        if self.error:
            writer.write(self.packet(1, self.refusal(1146, self.error)))
        elif self.changed is not None:
            writer.write(self.packet(1, self.fine(self.changed)))
        else:
            end = b"\xfe\0\0\2\0"
            writer.write(self.packet(1, b"\1"))
            writer.write(self.packet(2, self.column()))
            writer.write(self.packet(3, end))
            for number in range(self.rows):
                writer.write(self.packet((4 + number) % 256, b"\x011"))
            writer.write(self.packet((4 + self.rows) % 256, end))
        await reader.read()

    @staticmethod
    def greeting(salt: bytes) -> bytes:
        # protocol 4.1, secure connection, authentication plugins, transactions
        flags = 0x00080000 | 0x8000 | 0x2000 | 0x0200 | 0x8
        return (
            b"\x0a8.0.0-stand-in\0"
            + struct.pack("<I", 1)
            + salt[:8]
            + b"\0"
            + struct.pack("<HBHHB", flags & 0xFFFF, 33, 2, flags >> 16, 21)
            + bytes(10)
            + salt[8:]
            + b"\0mysql_native_password\0"
        )

    @staticmethod
    def scrambled(salt: bytes) -> bytes:
        once = hashlib.sha1(PASSWD.encode()).digest()  # noqa: S324
        twice = hashlib.sha1(once).digest()  # noqa: S324
        mask = hashlib.sha1(salt + twice).digest()  # noqa: S324
        return bytes(a ^ b for a, b in zip(once, mask, strict=True))

    @staticmethod
    async def heard(reader: asyncio.StreamReader) -> bytes:
        head = await reader.readexactly(4)
        return await reader.readexactly(int.from_bytes(head[:3], "little"))

    @staticmethod
    def packet(number: int, words: bytes) -> bytes:
        return len(words).to_bytes(3, "little") + bytes((number,)) + words

    @staticmethod
    def refusal(code: int, words: str) -> bytes:
        return b"\xff" + struct.pack("<H", code) + b"#28000" + words.encode()

    @staticmethod
    def fine(changed: int) -> bytes:
        return b"\0" + bytes((changed,)) + b"\0\2\0\0\0"

    @staticmethod
    def column() -> bytes:
        names = b"\3def" + b"\0" * 3 + b"\1x" + b"\0"
        return names + b"\x0c" + struct.pack("<HIBHBH", 33, 1, 0xFD, 0, 0, 0)
