"""HTTP and HTTPS, straight or through a proxy: ask, follow, look at the body.

Asks and accepts as libwww-perl does for ldirectord; where ours is stricter
stands in ``docs/compatibility.md``. What arrives is read by
:mod:`lvsha.checks.response`.
"""

from base64 import b64encode
from collections.abc import Container
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from lvsha import VERSION
from lvsha.checks.dialogue import (
    SILENCE,
    Call,
    CheckFailed,
    Dialogue,
    NoAnswer,
    Satisfied,
    bare,
    called,
    quoted,
)
from lvsha.checks.response import SUCCESS, Response
from lvsha.identity import Protocol
from lvsha.model import Check
from lvsha.pattern import compiled

# libwww-perl's max_redirect, and what it follows.
REDIRECTS: Final = 7
_REDIRECT: Final = frozenset((301, 302, 303, 307, 308))

_PORTS: Final = {"http": 80, "https": 443}

# Left as they are in a URL, as libwww-perl's URI does; the rest is encoded.
_PLAIN: Final = ";/?:@&=+$,[]-_.!~*'()%#"


@dataclass(frozen=True, slots=True)
class Errand:
    """One request: whom to call, and what to say there.

    *url* and *words* may hold a password: they stand in no representation.
    """

    call: Call
    url: str = field(repr=False)
    words: bytes = field(repr=False)


def http(check: Check, proxy: Call | None = None) -> Dialogue:
    """Check that the page is given, with the pattern in its body.

    The URL is called, which is the real server's unless its own request is an
    absolute one; with *proxy*, that is called instead.
    """
    wanted = errand(
        check.url,
        check.httpmethod,
        check.virtualhost,
        proxied=bool(proxy),
        headers=check.headers,
    )
    home = wanted.call
    good = _good(check.statuses) if check.statuses else SUCCESS
    hops = 0
    while True:
        response = Response(
            without_body=check.httpmethod == "HEAD",
            partial=bool(check.receive),
            good=good,
        )
        yield proxy if proxy and not wanted.call.sealed else wanted.call
        try:
            heard = yield wanted.words
            while heard and not response.hear(heard):
                heard = yield SILENCE
        except NoAnswer as silence:
            return _cut_short(check, response, str(silence), good)
        if not response.complete and not response.close():
            return _cut_short(check, response, "connection closed", good)
        if (
            response.code not in _REDIRECT
            or response.code in good
            or not response.location
        ):
            return _judged(check, response, good)
        if hops == REDIRECTS:
            raise CheckFailed(f"redirect: more than {REDIRECTS}", response.status)
        hops += 1
        wanted = _redirected(wanted, response, check, home, proxied=bool(proxy))


def http_proxy(check: Check) -> Dialogue:
    """Check that the real server, as a proxy, fetches the page."""
    proxy = called(check)
    if not check.url.startswith("http://"):
        raise CheckFailed("request: a proxy needs an absolute http:// request")
    return (yield from http(check, proxy))


@lru_cache(maxsize=1 << 15)
def errand(  # noqa: PLR0913 - all that a request is made of, by name
    url: str,
    method: str,
    virtualhost: str = "",
    *,
    first: bool = True,
    proxied: bool,
    headers: tuple[tuple[str, str], ...] = (),
) -> Errand:
    """Return the request for *url*, with *headers* besides our own.

    The Host header of the *first* one is *virtualhost*, else the URL's host
    without port; of a redirected or *proxied* one what the URL says. Raises
    CheckFailed for what is no HTTP URL.
    """
    try:
        parts = urlsplit(quote(url, _PLAIN, errors="surrogateescape"))
        port = _PORTS[parts.scheme] if parts.port is None else parts.port
        host = _host(parts.hostname)
    except (KeyError, ValueError) as reason:
        raise CheckFailed("request: not an http:// or https:// URL") from reason
    userinfo, _, authority = parts.netloc.rpartition("@")
    if proxied:
        virtualhost = ""
    elif first:
        authority = virtualhost or (f"[{host}]" if ":" in host else host)
    sealed = parts.scheme == "https"
    name = (bare(virtualhost) if first and virtualhost else "") or host
    page = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if proxied and not sealed:
        page = f"http://{authority}{page}"
    fields = f"User-Agent: lvsha/{VERSION}\r\n{_authorization(userinfo)}"
    if headers:
        fields = _fields(fields, headers)
    words = (
        f"{method} {page} HTTP/1.1\r\nHost: {authority}\r\n{fields}"
        "Connection: close\r\n\r\n"
    ).encode("utf-8", "surrogateescape")
    return Errand(Call(host, port, Protocol.TCP, sealed, name), url, words)


def _host(host: str | None) -> str:
    if not host:
        raise ValueError("no host")
    return host


def _authorization(userinfo: str) -> str:
    """Return the header field for a URL's ``user:password@``, or nothing."""
    if not userinfo:
        return ""
    return f"Authorization: Basic {b64encode(unquote_to_bytes(userinfo)).decode()}\r\n"


def _fields(fields: str, headers: tuple[tuple[str, str], ...]) -> str:
    """Return our own header *fields* and *headers*, which count for more."""
    theirs = {name.lower() for name, _ in headers}
    kept = [
        line
        for line in fields.splitlines(keepends=True)
        if line.partition(":")[0].lower() not in theirs
    ]
    return "".join([*kept, *(f"{name}: {value}\r\n" for name, value in headers)])


def _redirected(
    wanted: Errand, response: Response, check: Check, home: Call, *, proxied: bool
) -> Errand:
    """Return the errand *response* sends us on."""
    try:
        target = urljoin(wanted.url, response.location.decode("latin-1"))
        return _further(target, check, home, proxied=proxied)
    except (ValueError, CheckFailed) as reason:
        raise CheckFailed(
            f"redirect: cannot follow {quoted(response.location)}", response.status
        ) from reason


def _further(target: str, check: Check, home: Call, *, proxied: bool) -> Errand:
    """Return the errand to *target*.

    Header fields may be meant for *home* alone, a token perhaps: they are sent
    nowhere else. Nothing is kept in the cache, which is for what is asked every
    time: a peer may name another place every time.
    """
    make = errand.__wrapped__
    found: Errand = make(target, check.httpmethod, first=False, proxied=proxied)
    if not check.headers or replace(found.call, name=home.name) != home:
        return found
    again: Errand = make(
        target,
        check.httpmethod,
        first=False,
        proxied=proxied,
        headers=check.headers,
    )
    return again


def _judged(check: Check, response: Response, good: Container[int]) -> Satisfied:
    """Return satisfied if a complete *response* is what the operator asked for."""
    status = response.status
    if response.code not in good:
        expected = _said(check.statuses) or "2xx"
        raise CheckFailed(f"status: expected {expected}, got {quoted(status)}", status)
    if check.receive and not compiled(check.receive).search(response.body):
        raise CheckFailed(f"body: nothing matches {quoted(check.receive)}", status)
    return _up(status)


def _said(statuses: tuple[tuple[int, int], ...]) -> str:
    return ",".join(
        str(low) if low == high else f"{low}-{high}" for low, high in statuses
    )


def _cut_short(
    check: Check, response: Response, why: str, good: Container[int]
) -> Satisfied:
    """Judge a response that will not end: only a match can save it."""
    if not (
        check.receive
        and response.code in good
        and compiled(check.receive).search(response.body)
    ):
        raise CheckFailed(f"{why} (waiting for {response.awaiting})", response.status)
    return _up(response.status)


@lru_cache(maxsize=64)
def _good(statuses: tuple[tuple[int, int], ...]) -> frozenset[int]:
    """Return every status in the ranges *statuses*."""
    return frozenset(code for low, high in statuses for code in range(low, high + 1))


@lru_cache(maxsize=64)
def _up(status: str) -> Satisfied:
    """Return satisfied with *status*, most often the one of the check before."""
    return Satisfied(status=status)
