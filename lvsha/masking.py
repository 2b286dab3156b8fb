r"""Secrets of a check, found in what was said, heard or told, and blotted out. Pure.

A peer may repeat what it was told: as it stands, escaped for a log or a page
(``\x70``, ``%70``, ``&#112;``), in hexadecimal or in Base64, alone or with more
around it. What is made of a secret in another way, a digest, cannot be found
here: see :class:`lvsha.checks.dialogue.Hidden`.
"""

import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from html.entities import codepoint2name
from typing import Final
from urllib.parse import unquote, urlsplit

from lvsha.model import Check

# Where something begins and ends.
Span = tuple[int, int]

# What stands for a secret; the first that has nothing in common with it.
_BLOTS: Final = ("***", "###", "---", "~~~")

# A secret shorter than this is in every second word of Base64 or hexadecimal.
_LEAST: Final = 3

_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{4,}={0,2}")
_LAST_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{2,}=*\Z")
_HEX: Final = re.compile(rb"(?:[0-9A-Fa-f][:\s-]?){6,}")
_LAST_HEX: Final = re.compile(rb"(?:[0-9A-Fa-f][:\s-]?){2,}\Z")
_NO_DIGIT: Final = re.compile(rb"[^0-9A-Fa-f]")
_ALPHABET: Final = bytes.maketrans(b"-_", b"+/")

# A character that the end of the words has cut in two: escaped, it may be so long.
_HALF: Final = rb"[\s\S]{0,20}\Z"

# As many characters of a secret are looked for one by one at an end.
_BEGINNING: Final = 48

# Header fields of a check that let somebody in; others are not secret.
_PRIVATE: Final = re.compile("auth|cookie|token|key|secret|pass", re.IGNORECASE)

# A peer's words in a message that were cut (:func:`lvsha.checks.dialogue.quoted`).
_CUT: Final = re.compile(rb"""['"]\.\.\.""")

# Control characters by the letter that stands for them after a backslash.
_CONTROL: Final = {0: b"0", 7: b"a", 8: b"b", 9: b"t", 10: b"n", 12: b"f", 13: b"r"}


def secrets(check: Check) -> tuple[str, ...]:
    """Return what must never be shown of *check*, longest first."""
    credentials = check.credentials
    found = {credentials.passwd, credentials.secret}
    for url in (check.url, check.request):
        found |= _passwords(url)
    for name, value in check.headers:
        if _PRIVATE.search(name):
            found |= _presented(value)
    return tuple(sorted(found - {""}, key=len, reverse=True))


def concealing(check: Check) -> Callable[[str], str] | None:
    """Return what blots the secrets of *check* out of a text; None if it has none."""
    credentials = check.credentials
    if (
        credentials.passwd
        or credentials.secret
        or check.headers
        or "@" in check.url
        or "@" in check.request
    ):
        return partial(concealed, secrets=secrets(check))
    return None


def concealed(text: str, secrets: Sequence[str]) -> str:
    """Return *text* without any of *secrets*.

    A peer's words that were cut in it may end with the beginning of one.
    """
    if not text or not secrets:
        return text
    words = _encoded(text)
    found = spans(words, secrets)
    for cut in _CUT.finditer(words):
        found += remnants(words[: cut.start()], secrets)
    if not found:
        return text
    blotted = blot(words, found, blot_for(secrets))
    return blotted.decode("utf-8", "backslashreplace")


def blot(words: bytes, found: Iterable[Span], mark: bytes, offset: int = 0) -> bytes:
    """Return *words*, *offset* bytes into what was searched, with what was *found*."""
    told = bytearray()
    at = offset
    end = offset + len(words)
    for first, last in sorted(found):
        if last <= at or first >= end:
            continue
        told += words[at - offset : max(first, at) - offset]
        if first >= at or not told.endswith(mark):
            told += mark
        at = min(last, end)
    return bytes(told + words[at - offset :])


def blot_for(secrets: Sequence[str]) -> bytes:
    """Return what stands for *secrets*: nothing that could be read as a part of one."""
    for mark in _BLOTS:
        if not any(mark[0] in secret for secret in secrets):
            return mark.encode()
    return b""


def spans(words: bytes, secrets: Sequence[str]) -> list[Span]:
    """Return where in *words* one of *secrets* stands, in whichever form."""
    found: list[Span] = []
    for secret in secrets:
        pattern = _anyhow(secret)
        found += [match.span() for match in pattern.finditer(words)]
        if len(secret) < _LEAST:
            continue
        for run, decoded in ((_BASE64, _from_base64), (_HEX, _from_hex)):
            found += [
                match.span()
                for match in run.finditer(words)
                if any(pattern.search(clear) for clear in decoded(match[0]))
            ]
    return found


def remnants(words: bytes, secrets: Sequence[str]) -> list[Span]:
    """Return where one of *secrets* may begin that the end of *words* has cut off."""
    found: list[Span] = []
    for secret in secrets:
        pattern = _begun(secret)
        found += [match.span() for match in pattern.finditer(words)]
        if len(secret) < _LEAST:
            continue
        for run, decoded in ((_LAST_BASE64, _from_base64), (_LAST_HEX, _from_hex)):
            last = run.search(words)
            if last and any(pattern.search(clear) for clear in decoded(last[0])):
                found.append(last.span())
    return found


def from_base64(word: bytes) -> Iterator[bytes]:
    """Return what *word* stands for if all of it is Base64."""
    if _BASE64.fullmatch(word):
        yield next(_from_base64(word))


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def _passwords(url: str) -> set[str]:
    """Return the password in *url*, as it is written and as it is meant."""
    if "@" not in url:
        return set()
    try:
        written = urlsplit(url.removeprefix("/")).password or ""
    except ValueError:
        return set()
    return {written, unquote(written, errors="surrogateescape")}


def _presented(value: str) -> set[str]:
    """Return what in the *value* of a header field lets somebody in.

    After the name of a scheme (``Bearer``), or all of it, or what Basic encodes.
    """
    token = value.rsplit(maxsplit=1)[-1] if value.split() else ""
    found = {value.strip(), token}
    if value.lower().startswith("basic ") and len(token) >= _LEAST:
        for clear in _from_base64(token.encode("utf-8", "surrogateescape")):
            found.add(clear.partition(b":")[2].decode("utf-8", "surrogateescape"))
            break
    return found


@lru_cache(maxsize=1024)
def _anyhow(secret: str) -> re.Pattern[bytes]:
    """Return what finds *secret*, each of its characters escaped in any way."""
    return re.compile(b"".join(map(_written, secret)), re.IGNORECASE)


@lru_cache(maxsize=1024)
def _begun(secret: str) -> re.Pattern[bytes]:
    """Return what finds a beginning of *secret* at the very end.

    Of a very long one whatever follows its beginning is taken for the rest.
    """
    pattern = rb"[\s\S]*" if len(secret) > _BEGINNING else b""
    for character in reversed(secret[:_BEGINNING]):
        pattern = b"%b(?:%b)?" % (_written(character), pattern)
    return re.compile(pattern + _HALF, re.IGNORECASE)


@lru_cache(maxsize=256)
def _written(character: str) -> bytes:
    """Return a pattern for every way to write *character*."""
    if "\udc80" <= character <= "\udcff":  # a byte that is not UTF-8
        return _byte(ord(character) & 0xFF)
    code = ord(character)
    ways: list[bytes] = [
        b"".join(map(_byte, character.encode("utf-8", "surrogateescape"))),
        rb"\\u\{?0*%x\}?" % code,
        rb"\\U%08x" % code,
        rb"&#0*%d;?" % code,
        rb"&#x0*%x;?" % code,
    ]
    if code > 0xFFFF:  # noqa: PLR2004 - two of UTF-16
        first, second = divmod(code - 0x10000, 0x400)
        ways.append(rb"\\u%04x\\u%04x" % (0xD800 + first, 0xDC00 + second))
    if code > 0xFF:  # noqa: PLR2004 - neither byte of UTF-16 is zero, or only one
        ways += [re.escape(character.encode(f"utf-16-{end}e")) for end in "lb"]
    if name := codepoint2name.get(code):
        ways.append(b"&%b;" % name.encode())
    if 0x7F < code < 0x100:  # noqa: PLR2004 - what Latin-1 has and ASCII has not
        ways.append(_byte(code))
    if character in "'\"":
        ways.append(re.escape(2 * character.encode()))
    if character == " ":
        ways.append(rb"\+")
    # A zero byte follows each in UTF-16.
    ways.sort(key=len, reverse=True)
    return b"(?:%b)\\x00?" % b"|".join(ways)


def _byte(value: int) -> bytes:
    """Return a pattern for every way to write the byte *value*."""
    ways: list[bytes] = [
        rb"(?:%%(?:25)*|=|\\x)%02x" % value,
        rb"\\%03o" % value,
        rb"\\*" + re.escape(bytes((value,))),
    ]
    if letter := _CONTROL.get(value):
        ways.append(rb"\\+" + letter)
    if value == 0x5C:  # noqa: PLR2004 - a backslash, and as many as escaping makes of it
        ways[-1] = rb"\\+"
    return b"(?:%b)" % b"|".join(ways)


def _from_base64(run: bytes) -> Iterator[bytes]:
    """Return what *run* stands for, wherever in it something begins."""
    letters = run.rstrip(b"=").translate(_ALPHABET)
    for skipped in range(4):
        rest = letters[skipped:]
        if len(rest) % 4 == 1:
            rest = rest[:-1]
        if rest:
            yield binascii.a2b_base64(rest + b"=" * (-len(rest) % 4))


def _from_hex(run: bytes) -> Iterator[bytes]:
    """Return what *run* stands for, whether or not its first digit is half a byte."""
    digits = _NO_DIGIT.sub(b"", run)
    for skipped in range(2):
        rest = digits[skipped:]
        yield binascii.a2b_hex(rest[: len(rest) & ~1])
