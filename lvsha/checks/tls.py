"""TLS between a dialogue and its socket, without owning either."""

import os
import ssl
from functools import lru_cache
from typing import Final

from lvsha.checks.certificate import ends
from lvsha.checks.dialogue import CheckFailed, quoted
from lvsha.model import Tls, TlsVerify

# OpenSSL's largest record.
_RECORD: Final = 16384


class Seal:
    """One TLS connection: what is heard and said goes through it."""

    __slots__ = ("_heard", "_said", "_tls", "ready")

    def __init__(self, tls: Tls, name: str) -> None:
        """Prepare to speak with *name*, whose certificate is looked at as *tls* says.

        A name that is no address is sent for the peer to choose a certificate
        by (SNI). Raises CheckFailed if that cannot be.
        """
        self.ready = False
        self._heard = ssl.MemoryBIO()
        self._said = ssl.MemoryBIO()
        try:
            self._tls = _context(tls, _changed(tls.ca)).wrap_bio(
                self._heard, self._said, server_hostname=name
            )
        except OSError as reason:  # an SSLError, too: the file holds no certificate
            what = reason.strerror or str(reason)
            raise CheckFailed(f"TLS: cannot use {tls.ca!r}: {what}") from reason
        except ValueError as reason:
            raise CheckFailed(f"TLS: {quoted(name)} is no host name") from reason

    def shake(self) -> bool:
        """Go on with the handshake and tell whether it is done.

        Raises CheckFailed, with what to tell the peer still to be sent.
        """
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as reason:
            raise CheckFailed(f"TLS: {_readable(reason)}") from reason
        self.ready = True
        return True

    @property
    def version(self) -> str:
        """What is spoken once the handshake is done: ``TLSv1.3``."""
        return self._tls.version() or ""

    def ends(self) -> float | None:
        """Return when the peer's certificate ends, in seconds since 1970."""
        certificate = self._tls.getpeercert(binary_form=True)
        return None if certificate is None else ends(certificate)

    def hear(self, heard: bytes) -> None:
        """Take in what came from the socket, nothing at its end."""
        if heard:
            self._heard.write(heard)
        else:
            self._heard.write_eof()

    def opened(self) -> bytes | None:
        """Return the next piece in the clear, nothing at the end, None for not yet.

        A peer that hangs up without saying so in TLS has hung up all the same:
        whether something is missing is for the dialogue to know.
        """
        try:
            return self._tls.read(_RECORD)
        except ssl.SSLWantReadError:
            return None
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""
        except ssl.SSLError as reason:
            raise CheckFailed(f"TLS: {_readable(reason)}") from reason

    def say(self, words: bytes) -> bytes:
        """Return what is to be sent for *words* to be heard.

        Raises CheckFailed where nothing can be said any more.
        """
        try:
            self._tls.write(words)
        except ssl.SSLError as reason:
            raise CheckFailed(f"TLS: {_readable(reason)}") from reason
        return self.sealed()

    def sealed(self) -> bytes:
        """Return what is to be sent over the socket now."""
        return self._said.read()


def _changed(ca: str) -> int:
    """Return when *ca* last changed, so that a new one is read."""
    return os.stat(ca).st_mtime_ns if ca else 0  # noqa: PTH116 (no Path needed)


@lru_cache(maxsize=64)
def _context(tls: Tls, changed: int) -> ssl.SSLContext:  # noqa: ARG001 (part of the key)
    """Return the context for *tls*: making one reads every certificate there is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = tls.verify is TlsVerify.FULL
    if tls.alpn:
        context.set_alpn_protocols([tls.alpn])
    if tls.verify is TlsVerify.NOTHING:
        context.verify_mode = ssl.CERT_NONE
    elif tls.ca:
        context.load_verify_locations(tls.ca)
    else:
        context.load_default_certs()
    return context


def _readable(reason: ssl.SSLError) -> str:
    """Return what went wrong, without OpenSSL's source lines."""
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"certificate: {reason.verify_message}"
    if isinstance(reason, ssl.SSLEOFError):
        return "connection closed during the handshake"
    return (reason.reason or str(reason)).lower().replace("_", " ")
