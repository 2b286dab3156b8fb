"""When a certificate ends: the one field of X.509 that must be known. Pure.

:mod:`ssl` reads a certificate only if it verified it, and most checks of mail and
directory servers do not.
"""

import re
from calendar import timegm
from functools import lru_cache
from typing import Final

# Tags of DER (X.690): what a certificate is made of up to its validity.
_SEQUENCE: Final = 0x30
_VERSION: Final = 0xA0
_UTC_TIME: Final = 0x17
_GENERALIZED_TIME: Final = 0x18

# RFC 5280, 4.1.2.5: no fractions, always in UTC.
_TIME = re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z")

# RFC 5280, 4.1.2.5.1: the years of two digits are those from 1950 on.
_CENTURY: Final = b"50"


@lru_cache(maxsize=256)
def ends(certificate: bytes) -> float | None:
    """Return when *certificate* (DER) ends, in seconds since 1970; None if unreadable.

    Most checks meet the certificate they met before.
    """
    try:
        whole = _inside(certificate, 0, _SEQUENCE)
        signed = _inside(certificate, whole[0], _SEQUENCE)
        at = signed[0]
        if certificate[at] == _VERSION:
            at = _element(certificate, at)[2]
        for _ in range(3):  # serial number, signature algorithm, issuer
            at = _element(certificate, at)[2]
        validity = _inside(certificate, at, _SEQUENCE)
        after = _element(certificate, validity[0])[2]
        tag, start, end = _element(certificate, after)
    except (IndexError, ValueError):
        return None
    return _seconds(tag, certificate[start:end])


def _inside(der: bytes, at: int, wanted: int) -> tuple[int, int]:
    """Return where what is inside the element at *at* begins and ends."""
    tag, start, end = _element(der, at)
    if tag != wanted:
        raise ValueError("another element")
    return start, end


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """Return an element's tag, where its content begins, and where it ends."""
    tag, length = der[at], der[at + 1]
    start = at + 2
    if length & 0x80:
        digits = length & 0x7F
        length = int.from_bytes(der[start : start + digits])
        start += digits
    if start + length > len(der):
        raise ValueError("longer than all there is")
    return tag, start, start + length


def _seconds(tag: int, words: bytes) -> float | None:
    if tag == _UTC_TIME:
        words = (b"19" if words[:2] >= _CENTURY else b"20") + words
    elif tag != _GENERALIZED_TIME:
        return None
    found = _TIME.fullmatch(words)
    if found is None:
        return None
    try:
        return timegm(tuple(int(part) for part in found.groups()))
    except ValueError:
        return None
